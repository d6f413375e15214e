//! How many members of a workspace have each role.

use std::collections::HashMap;

use super::sql::lists::ROLE_MEMBER_COUNTS;
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::WorkspaceId;
use crate::listing::{MAX_COUNTED, Total};
use crate::organization::totals;
use crate::permission::{RequiredWorkspacePermission, Requirement};

/// Counts the members of each role that can be assigned in a workspace, by the id of the role.
///
/// # Errors
/// `FORBIDDEN` without `workspace:manage`.
#[derive(Debug)]
pub struct CountRoleMembers {
    pub workspace: WorkspaceId,
}

impl Query for CountRoleMembers {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Manage);
    const ERRORS: &'static [Code] = &[];
    type Out = HashMap<i64, Total>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<HashMap<i64, Total>> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Manage).await?;
        let (organization, workspace) = grant.ids();
        Ok(totals(cx.tx.all(ROLE_MEMBER_COUNTS, (organization, workspace, MAX_COUNTED + 1)).await?))
    }
}
