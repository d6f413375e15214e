//! Re-authentication with a code of an authenticator app or a backup code.

use std::sync::Arc;

use super::{FailedAt, Reauthenticated, notify_of_last_try, record_proof};
use crate::access::sql::SECOND_FACTORS;
use crate::assurance::SecondFactorMethod;
use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Command, Context, Executor, Query, Reply};
use crate::id::UserId;
use crate::permission::Requirement;
use crate::proof::ProofMethod;
use crate::secret::SubmittedFactorCode;
use crate::security_log::{Audit, Authentication};
use crate::{backup_code, rate_limit, totp};

/// The codes of [`prove_with_factor`].
pub const PROVE_WITH_FACTOR_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::Unauthorized,
    Code::UnsupportedStrategy,
    Code::TooManyRequests,
    Code::InvalidVerificationCode,
];

/// Re-authenticates the caller with a code of their authenticator or one of their backup codes. The attempt is recorded
/// first, in a transaction of its own, so that concurrent guesses are all counted.
///
/// # Errors
/// [`PROVE_WITH_FACTOR_ERRORS`]: `UNSUPPORTED_STRATEGY` if the caller does not have the factor, and for passkeys.
pub async fn prove_with_factor(
    executor: &Arc<Executor>,
    caller: &Caller,
    method: SecondFactorMethod,
    code: SubmittedFactorCode,
) -> Reply<Reauthenticated> {
    let found = executor.query(caller, &FindFactor { method }).await;
    if let Err(problem) = found.result {
        return Reply { session: found.session, ..Reply::failed(problem) };
    }
    let recorded = executor.run(caller, rate_limit::RecordSecondFactor).await;
    let tried = match recorded.result {
        Ok(tried) => tried,
        Err(problem) => return Reply { session: recorded.session, ..Reply::failed(problem) },
    };
    let proved = executor.run(caller, ProveWithFactor { method, code }).await;
    let failure = proved.result.as_ref().err().map(Problem::code);
    notify_of_last_try(executor, caller, tried, FailedAt::Reauthentication, failure).await;
    proved
}

/// Requires that the caller has a factor.
async fn require_factor(cx: &mut Context<'_>, method: SecondFactorMethod) -> Result<()> {
    let user = cx.user()?;
    let (factors,) = cx.tx.one(SECOND_FACTORS, (user,)).await?;
    if factors.methods().contains(&method) {
        return Ok(());
    }
    Err(match method {
        SecondFactorMethod::Authenticator => {
            Code::UnsupportedStrategy.with_message("Your account has no authenticator app.")
        }
        SecondFactorMethod::BackupCode => Code::UnsupportedStrategy.with_message("Your account has no backup codes."),
        SecondFactorMethod::Passkey => Code::UnsupportedStrategy.with_message("Your account has no passkey."),
    })
}

struct FindFactor {
    method: SecondFactorMethod,
}

impl Query for FindFactor {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::UnsupportedStrategy];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        require_factor(cx, self.method).await
    }
}

#[derive(Debug)]
struct ProveWithFactor {
    method: SecondFactorMethod,
    code: SubmittedFactorCode,
}

impl Command for ProveWithFactor {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::UnsupportedStrategy, Code::InvalidVerificationCode];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Reauthenticated;

    fn audit(&self) -> Audit {
        Audit::Authentication(Authentication::Reauthentication)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Reauthenticated> {
        // The active user may be another one since the attempt was recorded.
        require_factor(cx, self.method).await?;
        let user = cx.user()?;
        let proof = check_factor(cx, user, self.method, &self.code).await?;
        record_proof(cx, proof, "").await
    }
}

/// Checks a code of a user's second factor, which it uses up, and clears the count of attempts. The attempt must have
/// been recorded before, in a transaction of its own.
///
/// # Errors
/// `INVALID_VERIFICATION_CODE`, also for a code that was used before; `UNSUPPORTED_STRATEGY` for a passkey, which has no
/// code.
pub(crate) async fn check_factor(
    cx: &mut Context<'_>,
    user: UserId,
    method: SecondFactorMethod,
    code: &SubmittedFactorCode,
) -> Result<ProofMethod> {
    match method {
        SecondFactorMethod::Authenticator => {
            if !totp::check(cx, user, code).await? {
                return Err(Code::InvalidVerificationCode.with_message(
                    "This is not the code, or it was used before. Type the one that your app shows now.",
                ));
            }
        }
        SecondFactorMethod::BackupCode => {
            let Some(left) = backup_code::spend(cx, user, code).await? else {
                return Err(Code::InvalidVerificationCode
                    .with_message("This is not one of your backup codes, or it was used before."));
            };
            backup_code::report(cx, user, left).await?;
        }
        SecondFactorMethod::Passkey => {
            return Err(Code::UnsupportedStrategy.with_message("A passkey has no code to type."));
        }
    }
    rate_limit::clear_second_factor_attempts(cx, user).await?;
    Ok(method.into())
}
