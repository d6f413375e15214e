//! Re-authentication with one of the user's passkeys.

use std::sync::Arc;

use super::{Reauthenticated, record_proof};
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Reply};
use crate::passkey::{self, ChallengeUse, CheckedPasskey};
use crate::permission::Requirement;
use crate::proof::ProofMethod;
use crate::security_log::{Audit, Authentication};
use crate::webauthn::{AssertionCredential, RequestOptions};

/// The codes of [`begin_passkey_proof`].
pub const BEGIN_PASSKEY_PROOF_ERRORS: &[Code] =
    &[Code::ImpersonationNotAllowed, Code::Unauthorized, Code::PasskeysNotAvailable, Code::UnsupportedStrategy];

/// Starts a re-authentication with one of the caller's passkeys: the result is what to ask the browser for.
///
/// # Errors
/// [`BEGIN_PASSKEY_PROOF_ERRORS`]: `UNSUPPORTED_STRATEGY` for an account without a passkey.
pub async fn begin_passkey_proof(executor: &Arc<Executor>, caller: &Caller) -> Reply<RequestOptions> {
    executor.run(caller, Begin).await
}

#[derive(Debug)]
struct Begin;

impl Command for Begin {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::PasskeysNotAvailable, Code::UnsupportedStrategy];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = RequestOptions;

    async fn run(&self, cx: &mut Context<'_>) -> Result<RequestOptions> {
        let user = cx.user()?;
        let rp_id = passkey::require_available(&cx.executor.settings)?;
        let own = passkey::descriptors(cx, user).await?;
        if own.is_empty() {
            return Err(Code::UnsupportedStrategy.with_message("Your account has no passkey."));
        }
        let challenge = passkey::start(cx, ChallengeUse::Reauthentication).await?;
        Ok(RequestOptions::new(rp_id, &challenge, own))
    }
}

/// The codes of [`prove_with_passkey`].
pub const PROVE_WITH_PASSKEY_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::Unauthorized,
    Code::PasskeysNotAvailable,
    Code::PasskeyChallengeExpired,
    Code::PasskeyNotFound,
    Code::InvalidPasskey,
];

/// Re-authenticates the caller with one of their passkeys. The proof is valid for no address: the browser shows none.
///
/// # Errors
/// [`PROVE_WITH_PASSKEY_ERRORS`]: `PASSKEY_NOT_FOUND` also for the passkey of another user.
pub async fn prove_with_passkey(
    executor: &Arc<Executor>,
    caller: &Caller,
    credential: AssertionCredential,
) -> Reply<Reauthenticated> {
    match passkey::check(executor, caller, &credential, ChallengeUse::Reauthentication).await {
        Ok(checked) => executor.run(caller, ProveWithPasskey { checked }).await,
        Err(reply) => reply,
    }
}

#[derive(Debug)]
struct ProveWithPasskey {
    checked: CheckedPasskey,
}

impl Command for ProveWithPasskey {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::PasskeyNotFound, Code::InvalidPasskey];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Reauthenticated;

    fn audit(&self) -> Audit {
        Audit::Authentication(Authentication::Reauthentication)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Reauthenticated> {
        if cx.user()? != self.checked.user {
            return Err(Code::PasskeyNotFound.into());
        }
        passkey::record_use(cx, &self.checked).await?;
        record_proof(cx, ProofMethod::Passkey, "").await
    }
}
