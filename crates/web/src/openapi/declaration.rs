//! What a call requires of its caller and the error codes it can answer, as its commands and queries declare them.

use vestibule_core::Code;
use vestibule_core::execution::{Command, Query};
use vestibule_core::permission::{RequiredPermission, RequiredWorkspacePermission, Requirement};
use vestibule_core::scope::{Scope, ScopeRequirement};

/// The declarations of the operation that a handler runs.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    pub(super) requirement: Requirement,
    /// What it requires of an API key, instead of `requirement`.
    pub(super) scope: ScopeRequirement,
    pub(super) errors: Vec<Code>,
    /// Whether it changes data.
    pub(super) is_write: bool,
}

/// A handler that runs one command.
pub(crate) fn command<C: Command>() -> Declaration {
    let errors = with_impersonator_refused(C::ERRORS, C::ALLOWS_IMPERSONATOR);
    Declaration { requirement: C::REQUIRES, scope: C::SCOPE, errors, is_write: true }
}

/// Adds the code with which an impersonator is refused, also by what requires a recent proof of identity.
fn with_impersonator_refused(errors: &[Code], allows_impersonator: bool) -> Vec<Code> {
    let is_refused = !allows_impersonator || errors.contains(&Code::ReauthenticationRequired);
    errors.iter().copied().chain(is_refused.then_some(Code::ImpersonationNotAllowed)).collect()
}

/// A handler that runs one query.
pub(crate) fn query<Q: Query>() -> Declaration {
    let errors = with_impersonator_refused(Q::ERRORS, Q::ALLOWS_IMPERSONATOR);
    Declaration { requirement: Q::REQUIRES, scope: Q::SCOPE, errors, is_write: false }
}

/// A handler that runs a function of the core with several commands.
pub(crate) fn commands(requirement: Requirement, errors: &[Code]) -> Declaration {
    let scope = ScopeRequirement::NotForApiKeys;
    Declaration { requirement, scope, errors: with_impersonator_refused(errors, true), is_write: true }
}

/// A handler that runs no command or query.
pub(crate) fn nothing() -> Declaration {
    let scope = ScopeRequirement::NotForApiKeys;
    Declaration { requirement: Requirement::Nothing, scope, errors: Vec::new(), is_write: false }
}

impl Declaration {
    /// Sets what a function with several commands requires of an API key.
    pub(crate) fn with_scope(self, scope: Scope) -> Self {
        Self { scope: ScopeRequirement::One(scope), ..self }
    }

    /// Adds the codes with which the handler itself refuses, or those of another command that it can run.
    pub(crate) fn with_errors(mut self, errors: &[Code]) -> Self {
        self.errors.extend(errors);
        self
    }

    /// Removes codes that the command does not answer with this handler's fields.
    pub(crate) fn without_errors(mut self, errors: &[Code]) -> Self {
        self.errors.retain(|code| !errors.contains(code));
        self
    }

    /// The scope's name; `any` if every API key can run it, and `none` if no key can.
    pub(super) const fn scope(&self) -> &'static str {
        match self.scope {
            ScopeRequirement::NotForApiKeys => "none",
            ScopeRequirement::Any => "any",
            ScopeRequirement::One(scope) => scope.as_str(),
        }
    }

    /// The permission's name in `docs/api.md`.
    pub(super) const fn permission(&self) -> &'static str {
        match self.requirement {
            Requirement::Nothing => "none",
            Requirement::SignIn => "signed in",
            Requirement::Organization(RequiredPermission::Membership) => "member",
            Requirement::Organization(RequiredPermission::ManageMembers) => "organization:manage_members",
            Requirement::Organization(RequiredPermission::ManageRoles) => "organization:manage_roles",
            Requirement::Organization(RequiredPermission::ManageSettings) => "organization:manage_settings",
            Requirement::Organization(RequiredPermission::ViewAuditLog) => "organization:view_audit_log",
            Requirement::Organization(RequiredPermission::Admin) => "organization:admin",
            Requirement::Workspace(RequiredWorkspacePermission::Membership) => "workspace member",
            Requirement::Workspace(RequiredWorkspacePermission::Manage) => "workspace:manage",
            Requirement::Workspace(RequiredWorkspacePermission::Admin) => "workspace:admin",
            Requirement::Operator => "operator",
        }
    }
}
