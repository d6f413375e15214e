//! What an API key does with the passkeys of a user. Only the user can add one.

use super::find_factors;
use super::for_backend::begin_change;
use super::passkeys::{remove, rename};
use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::id::{PasskeyId, UserId};
use crate::names::PasskeyName;
use crate::passkey::{self, Passkey};
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};
use crate::session;

/// Lists the passkeys of a user, oldest first.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`.
#[derive(Debug)]
pub struct ListPasskeysOfUser {
    pub user: UserId,
}

impl Query for ListPasskeysOfUser {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersRead);
    type Out = Vec<Passkey>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Passkey>> {
        find_factors(cx, self.user).await?;
        passkey::list(cx, self.user).await
    }
}

/// Renames a passkey of a user.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`; `PASSKEY_NOT_FOUND`.
#[derive(Debug)]
pub struct RenamePasskeyOfUser {
    pub user: UserId,
    pub passkey: PasskeyId,
    pub name: PasskeyName,
}

impl Command for RenamePasskeyOfUser {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound, Code::PasskeyNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = Passkey;

    fn audit(&self) -> Audit {
        Audit::Change(Change::PasskeyRenamed)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Passkey> {
        find_factors(cx, self.user).await?;
        rename(cx, self.user, self.passkey, &self.name).await
    }
}

/// Removes a passkey of a user.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`; `SECOND_FACTOR_RESET_DELAYED`; `PASSKEY_NOT_FOUND`.
#[derive(Debug)]
pub struct DeletePasskeyOfUser {
    pub user: UserId,
    pub passkey: PasskeyId,
}

impl Command for DeletePasskeyOfUser {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] =
        &[Code::KeyBoundToOrganization, Code::UserNotFound, Code::SecondFactorResetDelayed, Code::PasskeyNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::PasskeyRemoved)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        begin_change(cx, self.user).await?;
        remove(cx, self.user, self.passkey).await?;
        session::end_pending_sign_ins(cx, self.user).await
    }
}
