//! Completing an attempt whose code or link was right.

use super::SignedIn;
use super::finish::{Attempted, finish};
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context};
use crate::id::{AttemptId, UserId};
use crate::identity::{self, NewIdentity, Profile, Source};
use crate::names::{PersonName, Username};
use crate::permission::Requirement;
use crate::proof::ProofMethod;
use crate::secret::SignUpToken;
use crate::security_log::{Audit, Authentication};
use crate::settings::SignUpMode;
use crate::verification::sql::{self, Attempt, Owner};
use crate::verification::{Method, Purpose};
use crate::{deployment_invitation, rate_limit, session, user};

/// Signs in the owner of the verified address, or creates their account.
#[derive(Debug)]
pub(super) struct Complete {
    pub(super) attempt: Attempt,
}

/// A sign-in or sign-up that was completed.
#[derive(Debug)]
pub(super) struct Completed {
    pub(super) signed_in: SignedIn,
    /// The invitation that was passed to the identity provider with which the sign-up began.
    pub(super) invitation: Option<SignUpToken>,
}

impl Command for Complete {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[
        Code::BadSignInAttempt,
        Code::InvalidVerificationCode,
        Code::UserDisabled,
        Code::UsernameExists,
        Code::UserAlreadySignedIn,
    ];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Completed;

    fn audit(&self) -> Audit {
        match self.attempt.purpose {
            Purpose::SignUp => Audit::Authentication(Authentication::SignUp),
            Purpose::SignIn | Purpose::Address | Purpose::Password | Purpose::Reauthentication => {
                Audit::Authentication(Authentication::SignIn)
            }
        }
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Completed> {
        let attempt = &self.attempt;
        cx.tx.optional(sql::COMPLETE, (attempt.id, attempt.generation, cx.now)).await?.ok_or(Code::BadSignInAttempt)?;
        let (user, invitation) = match attempt.purpose {
            Purpose::SignIn => (find_account(cx, &attempt.address_key).await?.user_id, None),
            Purpose::SignUp => create_account(cx, attempt).await?,
            Purpose::Address | Purpose::Password | Purpose::Reauthentication => {
                return Err(Code::BadSignInAttempt.into());
            }
        };
        rate_limit::clear_account_attempts(cx, &attempt.address_key).await?;
        rate_limit::clear_code_attempts(cx, &attempt.address_key).await?;
        let signed_in = finish(cx, user, proof_method(attempt), Attempted::Verification(attempt)).await?;
        Ok(Completed { signed_in, invitation })
    }
}

const fn proof_method(attempt: &Attempt) -> ProofMethod {
    match (attempt.purpose, attempt.method) {
        (Purpose::SignUp, _) => ProofMethod::SignUp,
        (_, Method::EmailOtp) => ProofMethod::EmailOtp,
        (_, Method::MagicLink) => ProofMethod::MagicLink,
    }
}

/// Finds the account of a verified mailbox. If its address was unverified, the account is claimed: see
/// [`super::claim_account()`].
///
/// # Errors
/// `INVALID_VERIFICATION_CODE` if the address grants access to no account, or not yet; `USER_DISABLED`.
pub(crate) async fn find_account(cx: &mut Context<'_>, address_key: &str) -> Result<Owner> {
    let found = cx.tx.optional(sql::ADDRESS_OWNER, (address_key,)).await?;
    let grants_access = |owner: &Owner| owner.grants_access(cx.now, &cx.executor.settings);
    let owner = found.filter(grants_access).ok_or(Code::InvalidVerificationCode)?;
    cx.subject.user = Some(owner.user_id);
    if owner.disabled {
        return Err(Code::UserDisabled.into());
    }
    if owner.verified_at.is_none() {
        super::claim_account(cx, owner.user_id, owner.email_id).await?;
    }
    Ok(owner)
}

/// Creates the account of a sign-up. Returns the invitation too that was passed along, if there is one.
async fn create_account(cx: &mut Context<'_>, attempt: &Attempt) -> Result<(UserId, Option<SignUpToken>)> {
    let found = cx.tx.optional(sql::ADDRESS_OWNER, (&attempt.address_key,)).await?;
    if found.is_some_and(|owner| owner.verified_at.is_some()) {
        // Another account has verified the address.
        return Err(Code::InvalidVerificationCode.into());
    }
    let invalid = |_| Problem::internal("a stored attempt does not parse");
    let email = EmailAddress::from_stored(attempt.address.clone(), attempt.address_key.clone());
    let first_name = PersonName::parse("first_name", &attempt.first_name).map_err(invalid)?;
    let last_name = PersonName::parse("last_name", &attempt.last_name).map_err(invalid)?;
    let username = attempt.username.as_deref().map(|name| Username::parse("username", name)).transpose();
    let username = username.map_err(invalid)?;
    let account = user::NewUser {
        email: Some(&email),
        first_name: &first_name,
        last_name: &last_name,
        username: username.as_ref(),
        password: attempt.password_digest.as_ref(),
        language: Some(attempt.language),
    };
    // The code proves the mailbox, an unverified address does not.
    let user = account.insert(cx, true).await?;
    let invitation = link_identity(cx, user, attempt.id).await?;
    if cx.executor.settings.sign_up != SignUpMode::Public {
        // It is used up, if the person signed up by one.
        cx.tx.execute(deployment_invitation::sql::DELETE_OF_ADDRESS, (&attempt.address_key,)).await?;
    }
    Ok((user, invitation))
}

/// Links the identity with which this sign-up has begun, if there is one. If another account has it by now, the new
/// account is created without it: its owner has verified the address. Returns the invitation that was passed along.
async fn link_identity(cx: &mut Context<'_>, user: UserId, attempt: AttemptId) -> Result<Option<SignUpToken>> {
    let Some(pending) = session::take_profile_of_attempt(cx, attempt).await? else { return Ok(None) };
    let profile = Profile::new(pending.address(), &pending.first_name, &pending.last_name);
    let source = Source::Social(pending.provider.clone());
    let new = NewIdentity {
        id: pending.identity(),
        source: &source,
        issuer: &pending.issuer,
        subject: &pending.subject,
        profile: &profile,
        tokens: pending.tokens.as_deref(),
    };
    identity::link_if_free(cx, user, &new).await?;
    pending.open_invitation(cx)
}
