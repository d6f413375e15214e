//! Changing a role of a workspace, and who would be affected.

use super::roles::check_covers;
use super::sql::{self, WorkspaceRole};
use crate::access;
use crate::error::{Code, Result};
use crate::event::{Changed, WorkspaceRoleUpdated};
use crate::execution::{Command, Context, Query};
use crate::id::{WorkspaceId, WorkspaceRoleId};
use crate::names::RoleName;
use crate::organization::RoleUsage;
use crate::permission::{PermissionSet, RequiredWorkspacePermission, Requirement, WORKSPACE_ADMIN};
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};

/// Changes the name or the permissions of a role of the workspace. `None` leaves a part unchanged. See
/// [`organization::UpdateRole`](crate::organization::UpdateRole).
///
/// # Errors
/// `FORBIDDEN` without `workspace:manage`; `ROLE_NOT_FOUND`; `ROLE_IS_SHARED`; `ROLE_EXCEEDS_YOURS` if the role has, or
/// would have, a permission that the caller lacks; `PERMISSION_ARCHIVED` and `PERMISSION_UNKNOWN` for an added
/// permission; `LAST_ADMIN` if no admin of the workspace would remain.
#[derive(Debug)]
pub struct UpdateRole {
    pub workspace: WorkspaceId,
    pub role: WorkspaceRoleId,
    pub name: Option<RoleName>,
    pub permissions: Option<PermissionSet>,
}

impl Command for UpdateRole {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Manage);
    const ERRORS: &'static [Code] = &[
        Code::RoleNotFound,
        Code::RoleIsShared,
        Code::RoleExceedsYours,
        Code::PermissionArchived,
        Code::PermissionUnknown,
        Code::LastAdmin,
    ];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::RolesWrite);
    type Out = WorkspaceRole;

    fn audit(&self) -> Audit {
        Audit::Change(Change::WorkspaceRoleUpdated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<WorkspaceRole> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Manage).await?;
        let (organization, workspace) = grant.ids();
        let key = (organization, workspace, self.role);
        let role = cx.tx.optional(sql::ROLE, key).await?.ok_or(Code::RoleNotFound)?;
        if role.workspace_id.is_none() {
            return Err(Code::RoleIsShared.into());
        }
        check_covers(&grant, &role.permissions)?;
        let permissions = self.permissions.as_ref().unwrap_or(&role.permissions);
        check_covers(&grant, permissions)?;
        cx.executor.settings.roles.check_definable(&permissions.without(&role.permissions))?;
        let name = self.name.as_ref().map_or(role.name.as_str(), RoleName::as_str);
        if name == role.name && *permissions == role.permissions {
            cx.subject.is_unchanged = true;
            return Ok(role);
        }
        let json = permissions.to_json();
        let update = sql::WorkspaceRoleUpdate {
            organization,
            workspace,
            id: self.role,
            name,
            permissions: &json,
            grants_admin: permissions.contains(WORKSPACE_ADMIN),
            now: cx.now,
        };
        let updated = cx.tx.optional(sql::UPDATE_ROLE, update).await?.ok_or(Code::LastAdmin)?;
        cx.emit(WorkspaceRoleUpdated {
            organization_id: organization,
            workspace_id: workspace,
            role_id: self.role,
            name: Changed::new(role.name.as_str(), name),
            permissions: Changed::new(role.permissions.to_strings(), permissions.to_strings()),
        });
        Ok(updated)
    }
}

/// Shows a role, and how many members of the workspace and pending invitations have it.
///
/// # Errors
/// `FORBIDDEN` without `workspace:manage`; `ROLE_NOT_FOUND`.
#[derive(Debug)]
pub struct ShowRole {
    pub workspace: WorkspaceId,
    pub role: WorkspaceRoleId,
}

/// A role with who would be affected by a change of it.
#[derive(Debug)]
pub struct WorkspaceRoleDetails {
    pub role: WorkspaceRole,
    pub usage: RoleUsage,
}

impl Query for ShowRole {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Manage);
    const ERRORS: &'static [Code] = &[Code::RoleNotFound];
    type Out = WorkspaceRoleDetails;

    async fn run(&self, cx: &mut Context<'_>) -> Result<WorkspaceRoleDetails> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Manage).await?;
        let (organization, workspace) = grant.ids();
        let key = (organization, workspace, self.role);
        let role = cx.tx.optional(sql::ROLE, key).await?.ok_or(Code::RoleNotFound)?;
        Ok(WorkspaceRoleDetails { role, usage: cx.tx.one(sql::ROLE_USAGE, key).await? })
    }
}
