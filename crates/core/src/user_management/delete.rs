//! Deleting a user.

use super::find;
use crate::account;
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::UserId;
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};

/// Deletes a user and all their memberships. Their verified addresses get a security notice.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`; `LAST_ADMIN`, naming them, if organizations or workspaces would be
/// left without an admin.
#[derive(Debug)]
pub struct DeleteUser {
    pub user: UserId,
}

impl Command for DeleteUser {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound, Code::LastAdmin];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::AccountDeleted)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = find(cx, self.user).await?.id;
        account::delete_user(cx, user).await
    }
}
