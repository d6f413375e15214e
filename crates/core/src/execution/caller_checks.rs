//! What the executor checks of a caller: the scope of an API key, and what an impersonator can run.

use super::Context;
use super::erased::{Operation, Output};
use crate::caller::CurrentApiKey;
use crate::error::{Code, Result};
use crate::scope::ScopeRequirement;

/// Runs an operation, unless the caller is an impersonator to whom it is refused, or an API key without its scope.
///
/// # Errors
/// `IMPERSONATION_NOT_ALLOWED`; `SCOPE_MISSING`, also for an operation that is not for API keys.
pub(super) async fn run_operation(cx: &mut Context<'_>, operation: &dyn Operation) -> Result<Output> {
    if let Some(key) = &cx.api_key {
        check_scope(key, operation.scope())?;
    }
    if let Some(impersonator) = cx.session.as_ref().and_then(|session| session.impersonator_id) {
        cx.caller.impersonator_span.record(impersonator);
        if !operation.allows_impersonator() {
            return Err(Code::ImpersonationNotAllowed.into());
        }
    }
    operation.run(cx).await
}

/// Checks that an API key has the scope of an operation.
///
/// # Errors
/// `SCOPE_MISSING`.
fn check_scope(key: &CurrentApiKey, required: ScopeRequirement) -> Result<()> {
    match required {
        ScopeRequirement::NotForApiKeys => Err(Code::ScopeMissing.into()),
        ScopeRequirement::One(scope) if !key.scopes.contains(scope) => Err(scope.missing()),
        ScopeRequirement::Any | ScopeRequirement::One(_) => Ok(()),
    }
}
