//! What the executor checks of a caller: the scope of an API key, the purpose of a setup link, and what an impersonator can
//! run.

use super::Context;
use super::erased::{Operation, Output};
use crate::caller::{CurrentApiKey, CurrentSetupLink};
use crate::error::{Code, Result};
use crate::scope::ScopeRequirement;
use crate::setup_purpose::SetupPurpose;

/// Runs an operation, unless the caller is an impersonator to whom it is refused, an API key without its scope, or a setup
/// link without its purpose.
///
/// # Errors
/// `IMPERSONATION_NOT_ALLOWED`, also for every operation by a setup link; `SCOPE_MISSING`, also for an operation that is not
/// for API keys; `FORBIDDEN`, also for an operation that is not for setup links.
pub(super) async fn run_operation(cx: &mut Context<'_>, operation: &dyn Operation) -> Result<Output> {
    if let Some(key) = &cx.api_key {
        check_scope(key, operation.scope())?;
    }
    if let Some(link) = &cx.setup_link {
        check_purpose(link, operation.setup())?;
    }
    if let Some(impersonator) = cx.session.as_ref().and_then(|session| session.impersonator_id) {
        cx.caller.impersonator_span.record(impersonator);
        if cx.setup_link.is_some() || !operation.allows_impersonator() {
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

/// Checks that a setup link has the purpose of an operation.
///
/// # Errors
/// `FORBIDDEN`.
fn check_purpose(link: &CurrentSetupLink, required: Option<SetupPurpose>) -> Result<()> {
    match required {
        Some(purpose) if link.purposes.contains(purpose) => Ok(()),
        Some(_) | None => Err(Code::Forbidden.into()),
    }
}
