//! What happened to the account of a user.

use super::find;
use crate::audit::{AuditLogPage, Filter, INSTALLATION, read_page};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::{AuditEntryId, UserId};
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::time::Timestamp;

/// Lists a page of the entries about the account of a user, newest first: those that
/// [`ListOwnEntries`](crate::audit::ListOwnEntries) lists for the user.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`.
#[derive(Clone, Debug)]
pub struct ListUserEntries {
    pub user: UserId,
    pub actor: Option<i64>,
    pub action: Option<String>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// The last entry of the previous page.
    pub after: Option<AuditEntryId>,
    pub limit: u16,
}

impl Query for ListUserEntries {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::AuditLogRead);
    type Out = AuditLogPage;

    async fn run(&self, cx: &mut Context<'_>) -> Result<AuditLogPage> {
        let target = Some(find(cx, self.user).await?.id.get());
        let filter = Filter { actor: self.actor, action: self.action.clone(), target, from: self.from, to: self.to };
        read_page(cx, INSTALLATION, &filter, (self.after, self.limit)).await
    }
}
