//! Type-erased commands and queries, so that the execution code (transactions, retries, timeouts, tasks) is compiled
//! once instead of once per type. The function that erases a type also restores the output's type.

use std::any::Any;
use std::pin::Pin;

use vestibule_db::TransactionMode;

use super::{Command, Context, Query, Reply};
#[cfg(feature = "test-hooks")]
use crate::error::Code;
use crate::error::{Problem, Result};
use crate::id::OrganizationId;
use crate::permission::Requirement;
use crate::scope::ScopeRequirement;
use crate::security_log::Audit;
use crate::settings::Settings;
use crate::setup_purpose::SetupPurpose;

/// The erased output of an operation.
pub(super) type Output = Box<dyn Any + Send>;

type Running<'a> = Pin<Box<dyn Future<Output = Result<Output>> + Send + 'a>>;

/// A command or a query.
pub(super) trait Operation: Send + Sync {
    fn transaction_mode(&self, settings: &Settings) -> TransactionMode;

    /// The organization whose cached access may be used.
    fn organization(&self, settings: &Settings) -> Option<OrganizationId>;

    fn audit(&self) -> Audit;

    fn requires(&self) -> Requirement;

    /// What it requires of an API key.
    fn scope(&self) -> ScopeRequirement;

    /// The purpose of the setup links that can run it.
    fn setup(&self) -> Option<SetupPurpose>;

    /// Whether an impersonator can run it.
    fn allows_impersonator(&self) -> bool;

    /// Its name, and the codes that it declares.
    #[cfg(feature = "test-hooks")]
    fn declaration(&self) -> (&'static str, &'static [Code]);

    fn run<'a>(&'a self, cx: &'a mut Context<'_>) -> Running<'a>;
}

pub(super) struct CommandOperation<C>(pub(super) C);

impl<C: Command> Operation for CommandOperation<C> {
    fn transaction_mode(&self, settings: &Settings) -> TransactionMode {
        self.0.transaction_mode(settings)
    }

    fn organization(&self, settings: &Settings) -> Option<OrganizationId> {
        self.0.organization().filter(|_| self.0.transaction_mode(settings) != TransactionMode::Serializable)
    }

    fn audit(&self) -> Audit {
        self.0.audit()
    }

    fn requires(&self) -> Requirement {
        C::REQUIRES
    }

    fn scope(&self) -> ScopeRequirement {
        C::SCOPE
    }

    fn setup(&self) -> Option<SetupPurpose> {
        C::SETUP
    }

    fn allows_impersonator(&self) -> bool {
        C::ALLOWS_IMPERSONATOR
    }

    #[cfg(feature = "test-hooks")]
    fn declaration(&self) -> (&'static str, &'static [Code]) {
        (std::any::type_name::<C>(), C::ERRORS)
    }

    fn run<'a>(&'a self, cx: &'a mut Context<'_>) -> Running<'a> {
        Box::pin(async move { Ok(Box::new(self.0.run(cx).await?) as Output) })
    }
}

pub(super) struct QueryOperation<'q, Q>(pub(super) &'q Q);

impl<Q: Query> Operation for QueryOperation<'_, Q> {
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadOnly
    }

    fn organization(&self, _: &Settings) -> Option<OrganizationId> {
        self.0.organization()
    }

    fn audit(&self) -> Audit {
        Audit::RefusalsOnly
    }

    fn requires(&self) -> Requirement {
        Q::REQUIRES
    }

    fn scope(&self) -> ScopeRequirement {
        Q::SCOPE
    }

    fn setup(&self) -> Option<SetupPurpose> {
        Q::SETUP
    }

    fn allows_impersonator(&self) -> bool {
        Q::ALLOWS_IMPERSONATOR
    }

    #[cfg(feature = "test-hooks")]
    fn declaration(&self) -> (&'static str, &'static [Code]) {
        (std::any::type_name::<Q>(), Q::ERRORS)
    }

    fn run<'a>(&'a self, cx: &'a mut Context<'_>) -> Running<'a> {
        Box::pin(async move { Ok(Box::new(self.0.run(cx).await?) as Output) })
    }
}

/// Restores the type of an operation's output.
pub(super) fn downcast<T: 'static>(reply: Reply<Output>) -> Reply<T> {
    let Reply { session, api_key, result, stats, is_touch_due, subject } = reply;
    let downcast = |output: Output| {
        output.downcast().map_err(|_| Problem::internal("the output of an operation has an unexpected type"))
    };
    let result = result.and_then(downcast).map(|output| *output);
    Reply { session, api_key, result, stats, is_touch_due, subject }
}

/// Panics if an operation failed with a code that it does not declare, which fails the test.
#[cfg(feature = "test-hooks")]
pub(super) fn assert_declared(operation: &dyn Operation, cx: &Context<'_>, result: &Result<Output>) {
    let ((name, errors), requires) = (operation.declaration(), operation.requires());
    let Err(problem) = result else { return };
    for (code, _) in problem.errors() {
        let is_required = requires.codes().contains(&code) || requires.codes_for_api_key().contains(&code);
        let is_impersonator_refused = code == Code::ImpersonationNotAllowed
            && (!operation.allows_impersonator() || errors.contains(&Code::ReauthenticationRequired));
        let is_key_refused = code == Code::ScopeMissing && operation.scope() != ScopeRequirement::Any;
        let is_link_refused =
            cx.setup_link.is_some() && matches!(code, Code::Forbidden | Code::ImpersonationNotAllowed);
        let is_refused = is_impersonator_refused || is_key_refused || is_link_refused;
        let is_declared = errors.contains(&code) || is_required || is_refused || code.is_common();
        assert!(is_declared, "{name} failed with {}, which its ERRORS do not declare", code.as_str());
    }
}
