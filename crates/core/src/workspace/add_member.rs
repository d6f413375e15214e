//! Adding a member of the organization to a workspace.

use std::collections::BTreeSet;

use super::WorkspaceMember;
use super::events::emit_role_update;
use super::find_members;
use super::join::join;
use super::roles::check_covers;
use super::sql::{self, WorkspaceMembership};
use crate::access::{self, WorkspaceGrant};
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context};
use crate::id::{MembershipId, UserId, WorkspaceId, WorkspaceRoleId};
use crate::membership;
use crate::permission::{RequiredWorkspacePermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};

/// Adds a member of the organization to the workspace.
///
/// # Errors
/// `FORBIDDEN` without `workspace:manage`; `ROLE_NOT_FOUND`; `ROLE_EXCEEDS_YOURS`; `PERMISSION_ARCHIVED`;
/// `MEMBER_NOT_FOUND` if no member of the organization has verified the address; `ALREADY_MEMBER`; `WORKSPACE_FULL`.
#[derive(Debug)]
pub struct AddMember {
    pub workspace: WorkspaceId,
    pub email: EmailAddress,
    /// `None` for the deployment's member role.
    pub role: Option<WorkspaceRoleId>,
}

impl Command for AddMember {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Manage);
    const ERRORS: &'static [Code] = &[
        Code::RoleNotFound,
        Code::RoleExceedsYours,
        Code::PermissionArchived,
        Code::MemberNotFound,
        Code::AlreadyMember,
        Code::WorkspaceFull,
    ];
    type Out = WorkspaceMembership;

    fn audit(&self) -> Audit {
        Audit::Change(Change::WorkspaceMemberAdded)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<WorkspaceMembership> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Manage).await?;
        let (organization, _) = grant.ids();
        let roles = check_roles(cx, &grant, self.role.as_slice()).await?;
        let member = cx.tx.optional(membership::sql::BY_EMAIL, (organization, self.email.key())).await?;
        let member = member.ok_or(Code::MemberNotFound)?;
        add(cx, &grant, (member.membership_id, member.user_id), &roles).await
    }
}

/// Adds a member of the organization to the workspace, with several roles.
///
/// # Errors
/// Those of [`AddMember`]; `MEMBER_NOT_FOUND` if the user is not a member of the organization; `ROLES_PER_MEMBER`.
#[derive(Debug)]
pub struct AddUser {
    pub workspace: WorkspaceId,
    pub user: UserId,
    /// Duplicates count once. Empty for the deployment's member role.
    pub roles: Vec<WorkspaceRoleId>,
}

impl Command for AddUser {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Manage);
    const ERRORS: &'static [Code] = &[
        Code::RoleNotFound,
        Code::RoleExceedsYours,
        Code::PermissionArchived,
        Code::RolesPerMember,
        Code::MemberNotFound,
        Code::AlreadyMember,
        Code::WorkspaceFull,
    ];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::MembersWrite);
    type Out = WorkspaceMember;

    fn audit(&self) -> Audit {
        Audit::Change(Change::WorkspaceMemberAdded)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<WorkspaceMember> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Manage).await?;
        let (organization, _) = grant.ids();
        let roles = check_roles(cx, &grant, &self.roles).await?;
        let member = cx.tx.optional(membership::sql::OF_USER, (organization, self.user)).await?;
        let (member,) = member.ok_or(Code::MemberNotFound)?;
        let joined = add(cx, &grant, (member, self.user), &roles).await?;
        let details = find_members::load(cx, &grant, vec![joined]).await?.pop();
        details.ok_or_else(|| Problem::internal("the new member of the workspace is gone"))
    }
}

/// Returns the distinct roles, which the caller may assign; without any, the deployment's member role.
async fn check_roles(
    cx: &mut Context<'_>,
    grant: &WorkspaceGrant,
    roles: &[WorkspaceRoleId],
) -> Result<BTreeSet<WorkspaceRoleId>> {
    let (organization, workspace) = grant.ids();
    let mut wanted: BTreeSet<_> = roles.iter().copied().collect();
    if wanted.is_empty() {
        wanted.insert(cx.executor.deployment()?.workspace_member_role_id);
    }
    let max = usize::try_from(cx.executor.settings.roles.max_per_member).unwrap_or(usize::MAX);
    if wanted.len() > max.max(1) {
        return Err(Code::RolesPerMember.into());
    }
    for id in &wanted {
        let role = cx.tx.optional(sql::ROLE, (organization, workspace, *id)).await?.ok_or(Code::RoleNotFound)?;
        check_covers(grant, &role.permissions)?;
        cx.executor.settings.roles.check_assignable(&role.permissions)?;
    }
    Ok(wanted)
}

/// Adds a member of the organization with roles that are checked.
async fn add(
    cx: &mut Context<'_>,
    grant: &WorkspaceGrant,
    (member, user): (MembershipId, UserId),
    roles: &BTreeSet<WorkspaceRoleId>,
) -> Result<WorkspaceMembership> {
    let (organization, workspace) = grant.ids();
    cx.subject.target_user = Some(user);
    let first = roles.first().ok_or_else(|| Problem::internal("a new member of a workspace has a role"))?;
    let joined = join(cx, (organization, workspace), (member, user), *first).await?.ok_or(Code::AlreadyMember)?;
    for role in roles.iter().skip(1) {
        cx.tx.execute(sql::ASSIGN_ROLE, (organization, workspace, joined.id, *role)).await?;
    }
    let others: Vec<_> = roles.iter().skip(1).copied().collect();
    if !others.is_empty() {
        emit_role_update(cx, (organization, workspace), joined.id, (&others, &[])).await?;
    }
    Ok(joined)
}
