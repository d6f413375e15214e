//! Signing in: by passkey, or by password, mailed code or magic link, and then by the second factor of those who have one.

mod by_email;
mod claim_account;
mod complete;
mod completed_attempt;
mod find_second_factors;
mod finish;
mod identify;
mod with_invitation;
mod with_passkey;
mod with_second_factor;

use std::sync::Arc;

use self::claim_account::claim_account;
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Command, Context, Executor, Query, Reply};
use crate::id::{AttemptId, UserId};
use crate::names::Username;
use crate::password::{Password, PasswordDigest, Verified};
use crate::permission::Requirement;
use crate::proof::ProofMethod;
use crate::secret::{SessionToken, SubmittedChallenge};
use crate::security_log::{Audit, Authentication, Subject};
use crate::session::{SessionDetails, Show};
use crate::user::sql::{self, PasswordRow};
use crate::{challenge, enterprise_connection, rate_limit};

pub use by_email::{
    LinkUser, START_WITH_EMAIL_ERRORS, StartedSignIn, WITH_CODE_ERRORS, WITH_LINK_ERRORS, start_with_email, with_code,
    with_link,
};
pub(crate) use complete::find_account;
pub use completed_attempt::{CompletedAttempt, CompletedKind};
pub use find_second_factors::FindSecondFactors;
pub(crate) use finish::{Attempted, finish};
pub use identify::{FirstFactor, Identify};
pub(crate) use with_invitation::accept_invitation;
pub use with_passkey::{
    BEGIN_PASSKEY_SIGN_IN_ERRORS, BegunPasskeySignIn, WITH_PASSKEY_ERRORS, begin_passkey_sign_in, with_passkey,
};
pub use with_second_factor::{PrepareSecondFactor, WITH_SECOND_FACTOR_ERRORS, with_second_factor};

pub use crate::session::Strategy;

#[derive(Clone, Debug)]
pub enum Identifier {
    Email(EmailAddress),
    Username(Username),
}

impl Identifier {
    fn key(&self) -> &str {
        match self {
            Self::Email(address) => address.key(),
            Self::Username(name) => name.key(),
        }
    }
}

/// Whether an account has this address or user name. Always `false` unless the settings reveal account existence.
#[derive(Debug)]
pub struct IdentifierExists {
    pub identifier: Identifier,
}

impl Query for IdentifierExists {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = bool;

    async fn run(&self, cx: &mut Context<'_>) -> Result<bool> {
        if !cx.executor.settings.reveal_account_existence {
            return Ok(false);
        }
        Ok(FindPassword(&self.identifier).run(cx).await?.is_some())
    }
}

/// A session after a sign-in was completed or started.
#[derive(Debug)]
pub struct SignedIn {
    /// The new session token for the cookie; `None` if the token did not change.
    pub token: Option<SessionToken>,
    pub session: SessionDetails,
    /// `None` if the sign-in was started only, or waits for the second factor.
    pub completed: Option<CompletedAttempt>,
}

impl SignedIn {
    /// Loads the session in which `attempt` has just been started, or is to go on with the second factor. It is the last
    /// one of the session, also if the clock of another process is ahead: clients continue with the last one.
    pub(crate) async fn started(cx: &mut Context<'_>, token: Option<SessionToken>, attempt: AttemptId) -> Result<Self> {
        let mut started = Self::load(cx, token, None).await?;
        let attempts = &mut started.session.attempts;
        if let Some(position) = attempts.iter().position(|listed| listed.id() == attempt) {
            attempts[position..].rotate_left(1);
        }
        Ok(started)
    }

    /// Loads the session after its user was signed in.
    pub(crate) async fn completed(
        cx: &mut Context<'_>,
        token: SessionToken,
        attempt: CompletedAttempt,
    ) -> Result<Self> {
        enterprise_connection::record_admin_sign_in(cx).await?;
        Self::load(cx, Some(token), Some(attempt)).await
    }

    async fn load(
        cx: &mut Context<'_>,
        token: Option<SessionToken>,
        completed: Option<CompletedAttempt>,
    ) -> Result<Self> {
        let session = Show.run(cx).await?.ok_or_else(|| Problem::internal("the new session does not exist"))?;
        Ok(Self { token, session, completed })
    }
}

/// The codes of [`with_password`].
pub const WITH_PASSWORD_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::ChallengeRequired,
    Code::ChallengeFailed,
    Code::TooManyRequests,
    Code::InvalidCredentials,
    Code::UserDisabled,
    Code::UserAlreadySignedIn,
];

/// Signs a user in with a password, or asks them for the second factor.
///
/// # Errors
/// [`WITH_PASSWORD_ERRORS`]: those of a challenge before anything else, `INVALID_CREDENTIALS` for a wrong password, an
/// unknown user and a user without a password, each after hashing once, so that timing reveals nothing. `USER_DISABLED`
/// requires the right password.
pub async fn with_password(
    executor: &Arc<Executor>,
    caller: &Caller,
    identifier: Identifier,
    password: Password,
    challenge: &SubmittedChallenge,
) -> Reply<SignedIn> {
    if let Err(problem) = challenge::require(executor, caller, challenge).await {
        return Reply::failed(problem);
    }
    let Reply { session, result: recorded, .. } =
        executor.run(caller, rate_limit::RecordSignIn { account: identifier.key().to_owned() }).await;
    let verified = match recorded {
        Ok(()) => verify_password(executor, caller, &identifier, password).await,
        Err(problem) => Err(problem),
    };
    match verified {
        Ok(verified) => executor.run(caller, verified).await,
        Err(problem) => Reply { session, ..Reply::failed(problem) },
    }
}

async fn verify_password(
    executor: &Arc<Executor>,
    caller: &Caller,
    identifier: &Identifier,
    password: Password,
) -> Result<CompletePasswordSignIn> {
    let found = executor.query(caller, &FindPassword(identifier)).await.result?;
    let digest = found.as_ref().and_then(|row| row.password_digest.as_ref());
    let (is_correct, upgraded) = match executor.passwords.verify_forms(password, digest).await? {
        Verified::Wrong => (false, None),
        Verified::Right => (true, None),
        Verified::RightOutdated(password) => {
            (true, Some(executor.passwords.digest(password, executor.random.as_ref()).await?))
        }
    };
    let user = found.as_ref().map(|row| row.user_id);
    let verified = match found {
        _ if !is_correct => Err(Code::InvalidCredentials.into()),
        Some(PasswordRow { disabled: true, .. }) => Err(Code::UserDisabled.into()),
        Some(PasswordRow { user_id, password_digest: Some(digest), .. }) => {
            Ok(CompletePasswordSignIn { user: user_id, digest, upgraded, identifier: identifier.clone() })
        }
        _ => Err(Code::InvalidCredentials.into()),
    };
    if let Err(problem) = &verified {
        let audit = Audit::Authentication(Authentication::SignIn);
        executor.log_outcome(caller, audit, &Subject::of_user(user), Some(problem));
    }
    verified
}

struct FindPassword<'a>(&'a Identifier);

impl Query for FindPassword<'_> {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Option<PasswordRow>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<PasswordRow>> {
        match self.0 {
            Identifier::Email(address) => Ok(cx.tx.optional(sql::PASSWORD_BY_EMAIL, (address.key(),)).await?),
            Identifier::Username(name) => Ok(cx.tx.optional(sql::PASSWORD_BY_USERNAME, (name.key(),)).await?),
        }
    }
}

/// Signs in the user whose password was verified.
#[derive(Debug)]
struct CompletePasswordSignIn {
    user: UserId,
    digest: PasswordDigest,
    /// The digest that replaces `digest`, if that one is outdated.
    upgraded: Option<PasswordDigest>,
    identifier: Identifier,
}

impl Command for CompletePasswordSignIn {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidCredentials, Code::UserAlreadySignedIn];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = SignedIn;

    fn audit(&self) -> Audit {
        Audit::Authentication(Authentication::SignIn)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<SignedIn> {
        cx.subject.user = Some(self.user);
        // The password may have changed while it was being verified.
        if cx.tx.optional(sql::ENABLED_WITH_DIGEST, (self.user, self.digest.as_str())).await?.is_none() {
            return Err(Code::InvalidCredentials.into());
        }
        if let Some(upgraded) = &self.upgraded {
            let replaced = (self.user, self.digest.as_str(), upgraded.as_str());
            cx.tx.execute(sql::REPLACE_PASSWORD_DIGEST, replaced).await?;
        }
        rate_limit::clear_account_attempts(cx, self.identifier.key()).await?;
        let (strategy, address) = match &self.identifier {
            Identifier::Email(address) => (Strategy::PlainEmail, address.key()),
            Identifier::Username(_) => (Strategy::PlainUsername, ""),
        };
        finish(cx, self.user, ProofMethod::Password, Attempted::Password { strategy, address }).await
    }
}
