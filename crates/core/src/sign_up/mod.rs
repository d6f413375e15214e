//! Creating an account.

mod admission;

use std::sync::Arc;

use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Query, Reply};
use crate::invitation;
use crate::names::{PersonName, Username};
use crate::password::{ContextWords, NewPassword, PasswordDigest};
use crate::permission::Requirement;
use crate::proof::ProofMethod;
use crate::secret::{InvitationToken, SignUpToken, SubmittedChallenge};
use crate::security_log::{Audit, Authentication, Subject};
use crate::session;
use crate::sign_in::{Attempted, SignedIn, finish};
use crate::user::{NewUser, sql};
use crate::verification::{self, Method, Purpose, SignUpProfile, insert_attempt};
use crate::{challenge, domain, membership, rate_limit};

use self::admission::refusal;
pub(crate) use admission::{Admission, admit};

/// The data of a sign-up.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// Unverified, unless the invitation's mailed token verifies it.
    pub email: EmailAddress,
    pub first_name: PersonName,
    pub last_name: PersonName,
    pub username: Option<Username>,
    pub password: NewPassword,
    /// The mailed form of the token verifies the address; the bare form does not.
    pub invitation: Option<SignUpToken>,
}

/// The codes of [`sign_up`].
pub const SIGN_UP_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::SignupRestricted,
    Code::SignupWaitlistOnly,
    Code::ChallengeRequired,
    Code::ChallengeFailed,
    Code::TooManyRequests,
    Code::InvalidPassword,
    Code::InvalidInvitationToken,
    Code::InvitationExpired,
    Code::InvitationSuspended,
    Code::BadRequestBody,
    Code::EmailExists,
    Code::UsernameExists,
];

/// Creates an account and signs its owner in. An invitation is not accepted by it. If the settings require verified
/// addresses and this one is unverified, a verification attempt is started instead, whether or not the address is
/// taken.
///
/// # Errors
/// [`SIGN_UP_ERRORS`]: `SIGNUP_RESTRICTED` or `SIGNUP_WAITLIST_ONLY` without an invitation, depending on the settings,
/// `INVALID_PASSWORD` if the policy refuses the password, `BAD_REQUEST_BODY` if the invitation is for another address,
/// and `INVITATION_SUSPENDED` for a suspended one unless sign-up is public.
pub async fn sign_up(
    executor: &Arc<Executor>,
    caller: &Caller,
    sign_up: SignUp,
    challenge: &SubmittedChallenge,
) -> Reply<SignedIn> {
    let refusal = refusal(executor.settings.sign_up);
    // An invitation overrides the mode. `CreateAccount` validates it.
    if let Some(refusal) = refusal.filter(|_| sign_up.invitation.is_none()) {
        let problem = refusal.into();
        let audit = Audit::Authentication(Authentication::SignUp);
        executor.log_outcome(caller, audit, &Subject::default(), Some(&problem));
        return Reply::failed(problem);
    }
    if let Err(problem) = challenge::require(executor, caller, challenge).await {
        return Reply::failed(problem);
    }
    let Reply { session, result: recorded, .. } = executor.run(caller, rate_limit::RecordSignUp).await;
    let digest = match recorded {
        Ok(()) => digest_new_password(executor, caller, &sign_up).await,
        Err(problem) => Err(problem),
    };
    match digest {
        Ok(digest) => executor.run(caller, CreateAccount { sign_up, digest }).await,
        Err(problem) => Reply { session, ..Reply::failed(problem) },
    }
}

async fn digest_new_password(executor: &Arc<Executor>, caller: &Caller, sign_up: &SignUp) -> Result<PasswordDigest> {
    let SignUp { email, first_name, last_name, username, password, invitation } = sign_up;
    let mut words = match invitation {
        Some(SignUpToken::Organization(token)) => executor.query(caller, &FindInvitationWords { token }).await.result?,
        Some(SignUpToken::Deployment(_)) | None => executor.password_policy.context_words(),
    };
    words.add(first_name.as_str());
    words.add(last_name.as_str());
    words.add(username.as_ref().map_or("", Username::as_str));
    words.add_address(email.key());
    let accepted = executor.password_policy.accept(password.clone(), &words).await?;
    executor.passwords.digest(accepted, executor.random.as_ref()).await
}

/// Loads the context words of the product and of the organization of an invitation. A wrong token adds no words:
/// `CreateAccount` rejects it.
struct FindInvitationWords<'a> {
    token: &'a InvitationToken,
}

impl Query for FindInvitationWords<'_> {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ContextWords;

    async fn run(&self, cx: &mut Context<'_>) -> Result<ContextWords> {
        let mut words = cx.executor.password_policy.context_words();
        if let Some(invitation) = invitation::find_by_token(cx, self.token).await? {
            let organization = cx.tx.one(membership::sql::ORGANIZATION, (invitation.organization_id,)).await?;
            words.add(&organization.name);
        }
        Ok(words)
    }
}

#[derive(Debug)]
struct CreateAccount {
    sign_up: SignUp,
    digest: PasswordDigest,
}

impl Command for CreateAccount {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[
        Code::InvalidInvitationToken,
        Code::InvitationExpired,
        Code::InvitationSuspended,
        Code::BadRequestBody,
        Code::EmailExists,
        Code::UsernameExists,
    ];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = SignedIn;

    fn audit(&self) -> Audit {
        Audit::Authentication(Authentication::SignUp)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<SignedIn> {
        let is_verified = self.is_verified_by_invitation(cx).await?;
        if !is_verified && self.requires_verification(cx).await? {
            return self.start_verification(cx).await;
        }
        // The invitation's mail proves the mailbox, an unverified address does not.
        let user = self.account(cx).insert(cx, is_verified).await?;
        if is_verified {
            match &self.sign_up.invitation {
                // Accepting the invitation, which comes next, activates its organization.
                Some(SignUpToken::Organization(_)) => {
                    domain::auto_join_inactive(cx, user).await?;
                }
                Some(SignUpToken::Deployment(_)) | None => domain::auto_join(cx, user).await?,
            }
        }
        finish(cx, user, ProofMethod::SignUp, Attempted::SignUp { address: self.sign_up.email.key() }).await
    }
}

impl CreateAccount {
    /// Validates the invitation, if there is one, and returns whether it verifies the address.
    async fn is_verified_by_invitation(&self, cx: &mut Context<'_>) -> Result<bool> {
        let Some(token) = &self.sign_up.invitation else { return Ok(false) };
        let admission = Admission::check(cx, token, &self.sign_up.email).await?;
        // An invitation to sign up is used up by the account. While the address is still to be verified, it stays.
        if admission.is_to_sign_up() && (admission.is_mailed || !self.requires_verification(cx).await?) {
            admission.use_up(cx).await?;
        }
        Ok(admission.is_mailed)
    }

    /// Whether the address has to be verified before the account is created. Without the setting, only if the address
    /// is the unverified login name of an account that has a verified address: the owner of the mailbox has no access
    /// to that account, and takes the address over by verifying it. To any other unverified account they get access
    /// with a mailed code.
    async fn requires_verification(&self, cx: &mut Context<'_>) -> Result<bool> {
        if cx.executor.settings.verify_addresses || cx.executor.mail_transport.is_none() {
            return Ok(cx.executor.settings.verify_addresses);
        }
        let owner = cx.tx.optional(verification::sql::ADDRESS_OWNER, (self.sign_up.email.key(),)).await?;
        Ok(owner.is_some_and(|owner| owner.verified_at.is_none() && owner.has_other_verified))
    }

    /// Starts the verification of the address; the account is created once it is verified. Whether the address is taken
    /// is not checked here: only its owner learns that, by mail.
    async fn start_verification(&self, cx: &mut Context<'_>) -> Result<SignedIn> {
        let SignUp { email, first_name, last_name, username, .. } = &self.sign_up;
        require_free_username(cx, username.as_ref()).await?;
        let profile = SignUpProfile {
            first_name: Some(first_name),
            last_name: Some(last_name),
            username: username.as_ref(),
            password: Some(&self.digest),
        };
        // The account does not exist yet.
        cx.subject.is_unchanged = true;
        let token = session::ensure(cx).await?;
        let attempt = insert_attempt(cx, Purpose::SignUp, Method::EmailOtp, email, None, &profile).await?;
        SignedIn::started(cx, token, attempt.id).await
    }

    fn account(&self, cx: &Context<'_>) -> NewUser<'_> {
        let SignUp { email, first_name, last_name, username, .. } = &self.sign_up;
        let (password, language) = (Some(&self.digest), Some(cx.caller.language));
        NewUser { email: Some(email), first_name, last_name, username: username.as_ref(), password, language }
    }
}

/// Requires that a user name is free, before the verification of an address is started. The unique key decides when the
/// account is created.
///
/// # Errors
/// `USERNAME_EXISTS`.
pub(crate) async fn require_free_username(cx: &mut Context<'_>, username: Option<&Username>) -> Result<()> {
    match username {
        Some(username) if cx.tx.optional(sql::USERNAME_OWNER, (username.key(),)).await?.is_some() => {
            Err(Code::UsernameExists.into())
        }
        _ => Ok(()),
    }
}
