//! The roles of a workspace, and who has them.

use super::events::emit_role_update;
use super::sql::{self, WorkspaceRole};
use crate::access::{self, WorkspaceGrant};
use crate::error::{Code, Result};
use crate::event::{WorkspaceRoleCreated, WorkspaceRoleDeleted};
use crate::execution::{Command, Context, Query};
use crate::id::{MemberId, WorkspaceId, WorkspaceMembershipId, WorkspaceRoleId};
use crate::names::RoleName;
use crate::organization;
use crate::permission::{PermissionSet, RequiredWorkspacePermission, Requirement, WORKSPACE_ADMIN};
use crate::rate_limit;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};

/// Lists the deployment's shared roles and the workspace's own: the default role of members first, because clients
/// preselect the first one, then oldest first.
///
/// # Errors
/// `FORBIDDEN` for a non-member.
#[derive(Debug)]
pub struct ListRoles {
    pub workspace: WorkspaceId,
}

impl Query for ListRoles {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Membership);
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::RolesRead);
    type Out = Vec<WorkspaceRole>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<WorkspaceRole>> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Membership).await?;
        let mut roles = cx.tx.all(sql::ROLES, grant.ids()).await?;
        let member = cx.executor.deployment()?.workspace_member_role_id;
        roles.sort_by_key(|role| role.id != member);
        Ok(roles)
    }
}

/// Lists the deployment's shared roles, in the order of [`ListRoles`].
#[derive(Debug)]
pub struct ListSharedRoles;

impl Query for ListSharedRoles {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::RolesRead);
    type Out = Vec<WorkspaceRole>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<WorkspaceRole>> {
        // No workspace has this id, so the roles are the shared ones.
        let mut roles = cx.tx.all(sql::ROLES, (0.into(), 0.into())).await?;
        let member = cx.executor.deployment()?.workspace_member_role_id;
        roles.sort_by_key(|role| role.id != member);
        Ok(roles)
    }
}

/// Creates a role of the workspace.
///
/// # Errors
/// `FORBIDDEN` without `workspace:manage`; `ROLE_EXCEEDS_YOURS` if it has a permission that the caller lacks;
/// `PERMISSION_ARCHIVED`; `PERMISSION_UNKNOWN`; `ROLE_LIMIT`; `TOO_MANY_REQUESTS`.
#[derive(Debug)]
pub struct CreateRole {
    pub workspace: WorkspaceId,
    pub name: RoleName,
    pub permissions: PermissionSet,
}

impl Command for CreateRole {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Manage);
    const ERRORS: &'static [Code] = &[
        Code::RoleExceedsYours,
        Code::PermissionArchived,
        Code::PermissionUnknown,
        Code::RoleLimit,
        Code::TooManyRequests,
    ];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::RolesWrite);
    type Out = WorkspaceRole;

    fn audit(&self) -> Audit {
        Audit::Change(Change::WorkspaceRoleCreated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<WorkspaceRole> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Manage).await?;
        check_covers(&grant, &self.permissions)?;
        cx.executor.settings.roles.check_definable(&self.permissions)?;
        rate_limit::take_role(cx, grant.organization_grant()).await?;
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
            max: cx.executor.settings.roles.max_per_workspace.into(),
        };
        let role = cx.tx.optional(sql::INSERT_ROLE, role).await?.ok_or(Code::RoleLimit)?;
        cx.emit(WorkspaceRoleCreated {
            organization_id: organization,
            workspace_id: workspace,
            role_id: role.id,
            name: role.name.clone(),
            permissions: role.permissions.to_strings(),
        });
        Ok(role)
    }
}

/// Removes a role of the workspace.
///
/// # Errors
/// `FORBIDDEN` without `workspace:manage`; `ROLE_NOT_FOUND`; `ROLE_IS_SHARED`; `ROLE_EXCEEDS_YOURS`; `ROLE_IN_USE`
/// while a member or an invitation has it.
#[derive(Debug)]
pub struct RemoveRole {
    pub workspace: WorkspaceId,
    pub role: WorkspaceRoleId,
}

impl Command for RemoveRole {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Manage);
    const ERRORS: &'static [Code] = &[Code::RoleNotFound, Code::RoleIsShared, Code::RoleExceedsYours, Code::RoleInUse];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::RolesWrite);
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::WorkspaceRoleRemoved)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Manage).await?;
        let (organization, workspace) = grant.ids();
        let key = (organization, workspace, self.role);
        let role = cx.tx.optional(sql::ROLE, key).await?.ok_or(Code::RoleNotFound)?;
        if role.workspace_id.is_none() {
            return Err(Code::RoleIsShared.into());
        }
        check_covers(&grant, &role.permissions)?;
        let holders = cx.tx.all(sql::ROLE_HOLDERS, key).await?;
        let is_invited = cx.tx.optional(sql::INVITATION_WITH_ROLE, key).await?.is_some();
        if let Some(names) = organization::describe_role_holders(&holders, is_invited) {
            return Err(Code::RoleInUse.with_message(format!("In use by {names}. Remove the role from them first.")));
        }
        let removed = cx.tx.optional(sql::REMOVE_ROLE, (organization, workspace, self.role, cx.now)).await?;
        removed.ok_or(Code::RoleNotFound)?;
        cx.emit(WorkspaceRoleDeleted {
            organization_id: organization,
            workspace_id: workspace,
            role_id: self.role,
            name: role.name,
            permissions: role.permissions.to_strings(),
        });
        Ok(())
    }
}

/// Assigns a role to a member of the workspace. It is not an error if the member has the role.
///
/// # Errors
/// `FORBIDDEN` without `workspace:manage`; `ROLE_NOT_FOUND`; `ROLE_EXCEEDS_YOURS`; `MEMBER_NOT_FOUND`;
/// `PERMISSION_ARCHIVED`; `ROLES_PER_MEMBER`.
#[derive(Debug)]
pub struct AssignRole {
    pub workspace: WorkspaceId,
    /// The id of the workspace membership, of the organization membership, or of the user.
    pub member: MemberId,
    pub role: WorkspaceRoleId,
}

impl Command for AssignRole {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Manage);
    const ERRORS: &'static [Code] = &[
        Code::RoleNotFound,
        Code::RoleExceedsYours,
        Code::MemberNotFound,
        Code::PermissionArchived,
        Code::RolesPerMember,
    ];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::MembersWrite);
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::WorkspaceRoleAssigned)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let (grant, membership, role) = check(cx, self.workspace, self.member, self.role).await?;
        cx.executor.settings.roles.check_assignable(&role.permissions)?;
        let (organization, workspace) = grant.ids();
        let max = cx.executor.settings.roles.max_per_member.into();
        let arguments = (organization, workspace, membership, self.role, max);
        if cx.tx.execute(sql::ASSIGN_ANOTHER_ROLE, arguments).await? == 0 {
            let key = (organization, workspace, membership, self.role);
            let has_role = cx.tx.optional(sql::HAS_ROLE, key).await?.is_some();
            cx.subject.is_unchanged = has_role;
            return if has_role { Ok(()) } else { Err(Code::RolesPerMember.into()) };
        }
        emit_role_update(cx, (organization, workspace), membership, (&[self.role], &[])).await
    }
}

/// Revokes a role of a member of the workspace. It is not an error if the member does not have the role.
///
/// # Errors
/// `FORBIDDEN` without `workspace:manage`; `ROLE_NOT_FOUND`; `ROLE_EXCEEDS_YOURS`; `MEMBER_NOT_FOUND`; `LAST_ADMIN` if
/// no admin would remain.
#[derive(Debug)]
pub struct RevokeRole {
    pub workspace: WorkspaceId,
    /// The id of the workspace membership, of the organization membership, or of the user.
    pub member: MemberId,
    pub role: WorkspaceRoleId,
}

impl Command for RevokeRole {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Manage);
    const ERRORS: &'static [Code] =
        &[Code::RoleNotFound, Code::RoleExceedsYours, Code::MemberNotFound, Code::LastAdmin];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::MembersWrite);
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::WorkspaceRoleRevoked)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let (grant, membership, _) = check(cx, self.workspace, self.member, self.role).await?;
        let (organization, workspace) = grant.ids();
        let assignment = (organization, workspace, membership, self.role);
        if cx.tx.optional(sql::REVOKE_ROLE, assignment).await?.is_none() {
            if cx.tx.optional(sql::HAS_ROLE, assignment).await?.is_some() {
                return Err(Code::LastAdmin.into());
            }
            cx.subject.is_unchanged = true;
            return Ok(());
        }
        emit_role_update(cx, (organization, workspace), membership, (&[], &[self.role])).await
    }
}

/// Checks that the caller may manage the workspace and has every permission of the role, and finds the membership.
///
/// # Errors
/// `ROLE_NOT_FOUND`; `ROLE_EXCEEDS_YOURS`; `MEMBER_NOT_FOUND`.
async fn check(
    cx: &mut Context<'_>,
    workspace: WorkspaceId,
    member: MemberId,
    role: WorkspaceRoleId,
) -> Result<(WorkspaceGrant, WorkspaceMembershipId, WorkspaceRole)> {
    let grant = access::authorize_in_workspace(cx, workspace, RequiredWorkspacePermission::Manage).await?;
    let (organization, workspace) = grant.ids();
    let role = cx.tx.optional(sql::ROLE, (organization, workspace, role)).await?.ok_or(Code::RoleNotFound)?;
    check_covers(&grant, &role.permissions)?;
    let found = cx.tx.optional(sql::FIND_MEMBER, (organization, workspace, member)).await?;
    let (membership,) = found.ok_or(Code::MemberNotFound)?;
    cx.subject.target_membership = Some(membership.get());
    Ok((grant, membership, role))
}

pub(super) fn check_covers(grant: &WorkspaceGrant, permissions: &PermissionSet) -> Result<()> {
    if grant.covers(permissions) { Ok(()) } else { Err(Code::RoleExceedsYours.into()) }
}
