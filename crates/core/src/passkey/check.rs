//! Checking the use of a passkey, to sign in or to confirm who one is.

use std::sync::Arc;

use super::sql::{self, StoredKey};
use super::{ChallengeUse, require_available, spend, user_handle};
use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Context, Executor, Query, Reply};
use crate::id::{PasskeyId, UserId};
use crate::permission::Requirement;
use crate::security_log::{Audit, Authentication, Subject};
use crate::webauthn::{AssertionCredential, ClientData, Expected, Registered, WebauthnError, verify_assertion};

/// A use of a passkey with a valid signature. [`record_use`] checks its counter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CheckedPasskey {
    pub(crate) passkey: PasskeyId,
    pub(crate) user: UserId,
    pub(crate) is_disabled: bool,
    sign_count: u32,
    is_backed_up: bool,
}

/// Spends the challenge of a credential, and verifies it with the stored key. What fails is logged.
///
/// # Errors
/// `PASSKEYS_NOT_AVAILABLE`; `PASSKEY_CHALLENGE_EXPIRED`; `PASSKEY_NOT_FOUND` if no account has the passkey;
/// `INVALID_PASSKEY`; `UNAUTHORIZED` for a re-authentication.
pub(crate) async fn check<T>(
    executor: &Arc<Executor>,
    caller: &Caller,
    credential: &AssertionCredential,
    purpose: ChallengeUse,
) -> Result<CheckedPasskey, Reply<T>> {
    let rp_id = require_available(&executor.settings).map_err(Reply::<T>::failed)?;
    let challenge = ClientData::find_challenge(&credential.client_data)
        .map_err(|error| fail::<T>(executor, caller, purpose, None, invalid(error)))?;
    let Reply { session, result, .. } = spend(executor, caller, challenge, purpose).await;
    result.map_err(|problem| Reply { session, ..Reply::<T>::failed(problem) })?;
    let fail = |user, problem| Reply { session, ..fail::<T>(executor, caller, purpose, user, problem) };
    let found = executor.query(caller, &FindKey { credential: &credential.id }).await.result;
    let found = found.and_then(|found| found.ok_or_else(|| Code::PasskeyNotFound.into()));
    let key = found.map_err(|problem| fail(None, problem))?;
    // The credential has found the user. A handle of another one means that the authenticator has mixed them up.
    if credential.user_handle.as_ref().is_some_and(|handle| *handle != user_handle(key.user_id)) {
        return Err(fail(Some(key.user_id), Code::InvalidPasskey.into()));
    }
    let origins = executor.settings.passkey_origins();
    let expected = Expected { challenge: &challenge, rp_id, origins: &origins };
    let registered = Registered { public_key: &key.public_key, is_backup_eligible: key.backup_eligible };
    let assertion =
        verify_assertion(credential, registered, &expected).map_err(|error| fail(Some(key.user_id), invalid(error)))?;
    Ok(CheckedPasskey {
        passkey: key.id,
        user: key.user_id,
        is_disabled: key.user_is_disabled,
        sign_count: assertion.sign_count,
        is_backed_up: assertion.is_backed_up,
    })
}

pub(crate) fn invalid(error: WebauthnError) -> Problem {
    Problem::with_source(Code::InvalidPasskey, error)
}

/// Logs a failure that no command logs.
fn fail<T>(
    executor: &Executor,
    caller: &Caller,
    purpose: ChallengeUse,
    user: Option<UserId>,
    problem: Problem,
) -> Reply<T> {
    let audit = match purpose {
        ChallengeUse::Registration => Audit::RefusalsOnly,
        ChallengeUse::SignIn => Audit::Authentication(Authentication::SignIn),
        ChallengeUse::Reauthentication => Audit::Authentication(Authentication::Reauthentication),
    };
    executor.log_outcome(caller, audit, &Subject::of_user(user), Some(&problem));
    Reply::failed(problem)
}

struct FindKey<'a> {
    credential: &'a [u8],
}

impl Query for FindKey<'_> {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Option<StoredKey>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<StoredKey>> {
        Ok(cx.tx.optional(sql::BY_CREDENTIAL, (self.credential,)).await?)
    }
}

/// Stores a use of a passkey.
///
/// # Errors
/// `INVALID_PASSKEY` if its counter says that a copy of it was used before, if it was removed since it was checked, or
/// if its user was disabled.
pub(crate) async fn record_use(cx: &mut Context<'_>, checked: &CheckedPasskey) -> Result<()> {
    let row = sql::PasskeyUse {
        id: checked.passkey,
        user: checked.user,
        sign_count: checked.sign_count.into(),
        backed_up: checked.is_backed_up,
        now: cx.now,
    };
    cx.tx.optional(sql::RECORD_USE, row).await?.ok_or(Code::InvalidPasskey)?;
    Ok(())
}
