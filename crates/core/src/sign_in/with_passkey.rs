//! Signing in with a passkey, which needs no address, no password and no other factor.

use std::sync::Arc;

use vestibule_db::TransactionMode;

use super::{CompletedAttempt, CompletedKind, SignedIn, Strategy};
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Reply};
use crate::passkey::{self, ChallengeUse, CheckedPasskey};
use crate::permission::Requirement;
use crate::secret::SessionToken;
use crate::security_log::{Audit, Authentication};
use crate::settings::Settings;
use crate::webauthn::{AssertionCredential, RequestOptions};
use crate::{domain, rate_limit, second_factor, session};

/// The codes of [`begin_passkey_sign_in`].
pub const BEGIN_PASSKEY_SIGN_IN_ERRORS: &[Code] =
    &[Code::ImpersonationNotAllowed, Code::PasskeysNotAvailable, Code::TooManyRequests];

/// A sign-in with a passkey that was started.
#[derive(Debug)]
pub struct BegunPasskeySignIn {
    /// What to ask the browser for.
    pub options: RequestOptions,
    /// The token of a new session; `None` if the caller had one.
    pub token: Option<SessionToken>,
}

/// Starts a sign-in with a passkey, in the caller's session or a new one. The browser offers what passkeys it has: the
/// result is the same for everyone.
///
/// # Errors
/// [`BEGIN_PASSKEY_SIGN_IN_ERRORS`].
pub async fn begin_passkey_sign_in(executor: &Arc<Executor>, caller: &Caller) -> Reply<BegunPasskeySignIn> {
    executor.run(caller, Begin).await
}

#[derive(Debug)]
struct Begin;

impl Command for Begin {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::PasskeysNotAvailable, Code::TooManyRequests];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = BegunPasskeySignIn;

    fn audit(&self) -> Audit {
        Audit::AuthenticationStep(Authentication::SignIn)
    }

    // Concurrent requests of one network wait for the counter's row lock.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<BegunPasskeySignIn> {
        let rp_id = passkey::require_available(&cx.executor.settings)?;
        rate_limit::record_passkey_challenge(cx).await?;
        let token = session::ensure(cx).await?;
        let challenge = passkey::start(cx, ChallengeUse::SignIn).await?;
        Ok(BegunPasskeySignIn { options: RequestOptions::new(rp_id, &challenge, Vec::new()), token })
    }
}

/// The codes of [`with_passkey`].
pub const WITH_PASSKEY_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::PasskeysNotAvailable,
    Code::PasskeyChallengeExpired,
    Code::PasskeyNotFound,
    Code::InvalidPasskey,
    Code::UserDisabled,
    Code::UserAlreadySignedIn,
];

/// Signs a user in with a passkey. The challenge is spent first, and the signature is verified outside of a transaction.
/// It opens an account with an unverified address too, as a password does.
///
/// # Errors
/// [`WITH_PASSKEY_ERRORS`]: `PASSKEY_NOT_FOUND` if no account has the passkey, for example because it was removed;
/// `USER_DISABLED` requires a valid signature.
pub async fn with_passkey(
    executor: &Arc<Executor>,
    caller: &Caller,
    credential: AssertionCredential,
) -> Reply<SignedIn> {
    match passkey::check(executor, caller, &credential, ChallengeUse::SignIn).await {
        Ok(checked) => executor.run(caller, Complete { checked }).await,
        Err(reply) => reply,
    }
}

/// Signs in the user whose passkey was checked.
#[derive(Debug)]
struct Complete {
    checked: CheckedPasskey,
}

impl Command for Complete {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidPasskey, Code::UserDisabled, Code::UserAlreadySignedIn];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = SignedIn;

    fn audit(&self) -> Audit {
        Audit::Authentication(Authentication::SignIn)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<SignedIn> {
        let user = self.checked.user;
        cx.subject.user = Some(user);
        if self.checked.is_disabled {
            return Err(Code::UserDisabled.into());
        }
        // A reset that is due removes the passkey, so that it opens the account no more.
        second_factor::apply_due(cx, user).await?;
        passkey::record_use(cx, &self.checked).await?;
        domain::auto_join(cx, user).await?;
        // It also ends the user's sign-in that waits for a second factor in this session.
        let token = session::create_passkey_sign_in(cx, user).await?;
        let attempt = CompletedAttempt::immediate(cx, CompletedKind::SignIn(Strategy::Passkey), "")?;
        SignedIn::completed(cx, token, attempt).await
    }
}
