//! A workspace's own roles.

use super::sql;
use crate::access::{self, Need, PermissionSet, WORKSPACE_ADMIN};
use crate::context::{Command, Context};
use crate::error::{Code, Result};
use crate::id::{OrganizationId, WorkspaceId, WorkspaceRoleId};
use crate::names::RoleName;

/// Defines a role of a workspace's own.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage the organization's members; `WORKSPACE_NOT_FOUND`;
/// `ROLE_EXCEEDS_YOURS` when it would hold what the caller does not.
#[derive(Debug)]
pub struct DefineRole {
    /// Of which organization.
    pub organization: OrganizationId,
    /// Of which workspace.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: RoleName,
    /// What it allows.
    pub permissions: PermissionSet,
}

impl Command for DefineRole {
    type Out = WorkspaceRoleId;

    async fn run(&self, cx: &mut Context<'_>) -> Result<WorkspaceRoleId> {
        let grant = access::authorize(cx, self.organization, Need::ManageMembers).await?;
        let (organization, membership) = (grant.organization(), grant.membership());
        cx.tx.optional(sql::FIND, (organization, self.workspace)).await?.ok_or(Code::WorkspaceNotFound)?;
        let there = access::held_in_workspace(cx, organization, self.workspace, membership).await?;
        if !grant.held().covers_in_workspace(there.as_ref(), &self.permissions) {
            return Err(Code::RoleExceedsYours.into());
        }
        let (id, permissions, admin) = (cx.id(), self.permissions.to_json(), self.permissions.holds(WORKSPACE_ADMIN));
        let made = (organization, self.workspace, id, self.name.as_str(), permissions.as_str(), admin, cx.now);
        Ok(cx.tx.one(sql::INSERT_ROLE, made).await?.0)
    }
}
