//! A workspace's roles: its own, and the deployment's; and who has them.

use super::sql::{self, WorkspaceRole};
use crate::access::{self, WorkspaceGrant};
use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::id::{MemberId, WorkspaceId, WorkspaceMembershipId, WorkspaceRoleId};
use crate::names::RoleName;
use crate::organization;
use crate::permission::{PermissionSet, RequiredWorkspacePermission, Requirement, WORKSPACE_ADMIN};

/// The deployment's roles and the workspace's own, the oldest first.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller is in the workspace, or an admin of its organization.
#[derive(Debug)]
pub struct ListRoles {
    /// Which workspace's.
    pub workspace: WorkspaceId,
}

impl Query for ListRoles {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Membership);
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<WorkspaceRole>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<WorkspaceRole>> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Membership).await?;
        Ok(cx.tx.all(sql::ROLES, grant.ids()).await?)
    }
}

/// Defines a role of a workspace's own.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage the workspace; `ROLE_EXCEEDS_YOURS` when it would hold
/// what the caller does not.
#[derive(Debug)]
pub struct CreateRole {
    /// Of which workspace.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: RoleName,
    /// What it allows.
    pub permissions: PermissionSet,
}

impl Command for CreateRole {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Manage);
    const ERRORS: &'static [Code] = &[Code::RoleExceedsYours];
    type Out = WorkspaceRole;

    async fn run(&self, cx: &mut Context<'_>) -> Result<WorkspaceRole> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Manage).await?;
        covered(&grant, &self.permissions)?;
        cx.executor.settings.roles.check_definable(&self.permissions)?;
        let (organization, workspace) = grant.ids();
        let permissions = self.permissions.to_json();
        let role = sql::NewWorkspaceRole {
            organization,
            workspace,
            id: cx.id(),
            name: self.name.as_str(),
            permissions: &permissions,
            grants_admin: self.permissions.contains(WORKSPACE_ADMIN),
            now: cx.now,
        };
        Ok(cx.tx.one(sql::INSERT_ROLE, role).await?)
    }
}

/// Removes a role of a workspace's own: it can be given no more.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage the workspace; `ROLE_NOT_FOUND`; `ROLE_IS_SHARED`;
/// `ROLE_EXCEEDS_YOURS`; `ROLE_IN_USE` while somebody has it or is invited with it.
#[derive(Debug)]
pub struct RemoveRole {
    /// Of which workspace.
    pub workspace: WorkspaceId,
    /// Which role.
    pub role: WorkspaceRoleId,
}

impl Command for RemoveRole {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Manage);
    const ERRORS: &'static [Code] = &[Code::RoleNotFound, Code::RoleIsShared, Code::RoleExceedsYours, Code::RoleInUse];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Manage).await?;
        let (organization, workspace) = grant.ids();
        let named = (organization, workspace, self.role);
        let role = cx.tx.optional(sql::ROLE, named).await?.ok_or(Code::RoleNotFound)?;
        if role.workspace_id.is_none() {
            return Err(Code::RoleIsShared.into());
        }
        covered(&grant, &role.permissions)?;
        let holders = cx.tx.all(sql::ROLE_HOLDERS, named).await?;
        let is_invited = cx.tx.optional(sql::ROLE_INVITED, named).await?.is_some();
        if let Some(names) = organization::holders_by_name(&holders, is_invited) {
            return Err(Code::RoleInUse.with_message(format!("In use by {names}. Take it from them first.")));
        }
        let removed = cx.tx.optional(sql::REMOVE_ROLE, (organization, workspace, self.role, cx.now)).await?;
        removed.ok_or(Code::RoleNotFound)?;
        Ok(())
    }
}

/// Gives a member of the workspace a role; one they have already stays as it is.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage the workspace; `ROLE_NOT_FOUND`; `ROLE_EXCEEDS_YOURS`;
/// `MEMBER_NOT_FOUND`.
#[derive(Debug)]
pub struct AssignRole {
    /// In which workspace.
    pub workspace: WorkspaceId,
    /// To whom: by the membership of the workspace or of the organization, or by the user.
    pub member: MemberId,
    /// Which role.
    pub role: WorkspaceRoleId,
}

impl Command for AssignRole {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::Forbidden, Code::RoleNotFound, Code::RoleExceedsYours, Code::MemberNotFound];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let (grant, membership, role) = check(cx, self.workspace, self.member, self.role).await?;
        cx.executor.settings.roles.check_assignable(&role.permissions)?;
        let (organization, workspace) = grant.ids();
        cx.tx.execute(sql::GIVE_ROLE, (organization, workspace, membership, self.role)).await?;
        Ok(())
    }
}

/// Takes a role from a member of the workspace; one they do not have is as good as taken.
///
/// Errors: as for [`AssignRole`]; `LAST_ADMIN` when the workspace would be left without an admin.
#[derive(Debug)]
pub struct RevokeRole {
    /// In which workspace.
    pub workspace: WorkspaceId,
    /// From whom: by the membership of the workspace or of the organization, or by the user.
    pub member: MemberId,
    /// Which role.
    pub role: WorkspaceRoleId,
}

impl Command for RevokeRole {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::LastAdmin];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let (grant, membership, _) = check(cx, self.workspace, self.member, self.role).await?;
        let (organization, workspace) = grant.ids();
        let given = (organization, workspace, membership, self.role);
        if cx.tx.optional(sql::TAKE_ROLE, given).await?.is_none()
            && cx.tx.optional(sql::HAS_ROLE, given).await?.is_some()
        {
            return Err(Code::LastAdmin.into());
        }
        Ok(())
    }
}

/// Nobody gives or takes what they do not hold. Gives the member's membership of the workspace, and the role.
async fn check(
    cx: &mut Context<'_>,
    workspace: WorkspaceId,
    member: MemberId,
    role: WorkspaceRoleId,
) -> Result<(WorkspaceGrant, WorkspaceMembershipId, WorkspaceRole)> {
    let grant = access::authorize_in_workspace(cx, workspace, RequiredWorkspacePermission::Manage).await?;
    let (organization, workspace) = grant.ids();
    let role = cx.tx.optional(sql::ROLE, (organization, workspace, role)).await?.ok_or(Code::RoleNotFound)?;
    covered(&grant, &role.permissions)?;
    let found = cx.tx.optional(sql::FIND_MEMBER, (organization, workspace, member)).await?;
    Ok((grant, found.ok_or(Code::MemberNotFound)?.0, role))
}

fn covered(grant: &WorkspaceGrant, permissions: &PermissionSet) -> Result<()> {
    if grant.covers(permissions) { Ok(()) } else { Err(Code::RoleExceedsYours.into()) }
}
