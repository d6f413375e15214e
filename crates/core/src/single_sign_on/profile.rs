//! Completing the profile of a person whom a social provider has identified.

use std::sync::Arc;

use super::begin::require_configured;
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Command, Context, Executor, Reply};
use crate::id::AttemptId;
use crate::identity::{self, NewIdentity, Profile, Source};
use crate::names::{PersonName, Username};
use crate::permission::Requirement;
use crate::proof::ProofMethod;
use crate::rate_limit;
use crate::security_log::{Audit, Authentication};
use crate::session::{self, PendingProfile, Strategy};
use crate::sign_in::{Attempted, SignedIn, finish};
use crate::sign_up::{Admission, admit, require_free_username};
use crate::user::NewUser;
use crate::verification::{Method, Purpose, SignUpProfile, insert_attempt};

/// What a person completes their profile with. What is missing is taken from the provider.
#[derive(Debug)]
pub struct CompleteProfile {
    /// The attempt that waits for it.
    pub attempt: AttemptId,
    pub email: Option<EmailAddress>,
    pub first_name: Option<PersonName>,
    pub last_name: Option<PersonName>,
    pub username: Option<Username>,
}

/// The codes of [`complete_profile`].
pub const COMPLETE_PROFILE_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::TooManyRequests,
    Code::BadSignInAttempt,
    Code::ProviderNotConfigured,
    Code::RequiredField,
    Code::MailNotAvailable,
    Code::SignupRestricted,
    Code::SignupWaitlistOnly,
    Code::InvalidInvitationToken,
    Code::InvitationExpired,
    Code::InvitationSuspended,
    Code::BadRequestBody,
    Code::EmailExists,
    Code::UsernameExists,
    Code::SocialAccountAlreadyConnected,
    Code::UserAlreadySignedIn,
];

/// Completes the profile that an attempt of the caller's session waits for, and starts the verification of its address.
/// The account is created, with the identity, once the address is verified. Whether the address is taken only its owner
/// learns, by mail. Without mail, the account is created at once.
///
/// # Errors
/// [`COMPLETE_PROFILE_ERRORS`]: `BAD_SIGN_IN_ATTEMPT` for an attempt that waits for no profile, has expired, or belongs to
/// another session; `REQUIRED_FIELD` without an address; `MAIL_NOT_AVAILABLE` if an address must be verified and no mail
/// is configured.
pub async fn complete_profile(executor: &Arc<Executor>, caller: &Caller, profile: CompleteProfile) -> Reply<SignedIn> {
    let Reply { session, result: recorded, .. } = executor.run(caller, rate_limit::RecordSignUp).await;
    match recorded {
        Ok(()) => executor.run(caller, Complete { profile }).await,
        Err(problem) => Reply { session, ..Reply::failed(problem) },
    }
}

#[derive(Debug)]
struct Complete {
    profile: CompleteProfile,
}

impl Command for Complete {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[
        Code::BadSignInAttempt,
        Code::ProviderNotConfigured,
        Code::RequiredField,
        Code::MailNotAvailable,
        Code::SignupRestricted,
        Code::SignupWaitlistOnly,
        Code::InvalidInvitationToken,
        Code::InvitationExpired,
        Code::InvitationSuspended,
        Code::BadRequestBody,
        Code::EmailExists,
        Code::UsernameExists,
        Code::SocialAccountAlreadyConnected,
        Code::UserAlreadySignedIn,
    ];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = SignedIn;

    fn audit(&self) -> Audit {
        Audit::Authentication(Authentication::SignUp)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<SignedIn> {
        let pending = session::find_profile(cx, self.profile.attempt).await?;
        if !require_configured(&cx.executor.settings, &pending.provider)?.allows_sign_up {
            return Err(Code::SignupRestricted.into());
        }
        let email = self.profile.email.clone().or_else(|| pending.address());
        let email = email.ok_or_else(|| Problem::required("email"))?;
        let first_name = self.profile.first_name.clone().unwrap_or_else(|| stored_name(&pending.first_name));
        let last_name = self.profile.last_name.clone().unwrap_or_else(|| stored_name(&pending.last_name));
        let admission = self.admit(cx, &pending, &email).await?;
        let account = NewUser {
            email: Some(&email),
            first_name: &first_name,
            last_name: &last_name,
            username: self.profile.username.as_ref(),
            password: None,
            language: Some(cx.caller.language),
        };
        match (cx.executor.mail_transport.is_some(), cx.executor.settings.verify_addresses) {
            (true, _) => start_verification(cx, &pending, &account, &email).await,
            (false, true) => Err(Code::MailNotAvailable.into()),
            (false, false) => create_unverified(cx, &pending, &account, admission).await,
        }
    }
}

impl Complete {
    /// Decides whether the person may create an account.
    async fn admit(
        &self,
        cx: &mut Context<'_>,
        pending: &PendingProfile,
        email: &EmailAddress,
    ) -> Result<Option<Admission>> {
        let invitation = pending.open_invitation(cx)?;
        let checked = match &invitation {
            Some(token) => Some(Admission::check(cx, token, email).await),
            None => None,
        };
        admit(cx.executor.settings.sign_up, checked)
    }
}

fn stored_name(name: &str) -> PersonName {
    PersonName::from_stored(name.to_owned())
}

/// Starts the verification of the address. It sends no mail.
async fn start_verification(
    cx: &mut Context<'_>,
    pending: &PendingProfile,
    account: &NewUser<'_>,
    email: &EmailAddress,
) -> Result<SignedIn> {
    require_free_username(cx, account.username).await?;
    let profile = SignUpProfile {
        first_name: Some(account.first_name),
        last_name: Some(account.last_name),
        username: account.username,
        password: None,
    };
    // The account does not exist yet.
    cx.subject.is_unchanged = true;
    let attempt = insert_attempt(cx, Purpose::SignUp, Method::EmailOtp, email, None, &profile).await?;
    session::extend_profile(cx, pending.id, attempt.id, attempt.expires_at).await?;
    SignedIn::started(cx, None, attempt.id).await
}

/// Creates the account with its address unverified, as a sign-up does that sends no mail.
async fn create_unverified(
    cx: &mut Context<'_>,
    pending: &PendingProfile,
    account: &NewUser<'_>,
    admission: Option<Admission>,
) -> Result<SignedIn> {
    if let Some(admission) = admission {
        admission.use_up(cx).await?;
    }
    let taken = session::take_profile(cx, pending.id).await?;
    let user = account.insert(cx, false).await?;
    let profile = Profile::new(taken.address(), &taken.first_name, &taken.last_name);
    let source = Source::Social(taken.provider.clone());
    let new = NewIdentity {
        id: taken.identity(),
        source: &source,
        issuer: &taken.issuer,
        subject: &taken.subject,
        profile: &profile,
        tokens: taken.tokens.as_deref(),
    };
    identity::link(cx, user, &new).await?;
    let attempted = Attempted::Provider {
        strategy: Strategy::Sso,
        provider: taken.provider.as_str(),
        address: account.email.map_or("", EmailAddress::key),
        connection: None,
        is_new_account: true,
    };
    finish(cx, user, ProofMethod::Social, attempted).await
}
