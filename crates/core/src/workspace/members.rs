//! Who is in a workspace: shown, added, removed, and gone by themselves.

use super::join::join;
use super::sql::{self, Workspace, WorkspaceMembership, WorkspaceMembershipRole};
use crate::access;
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context, Query};
use crate::id::{MemberId, OrganizationId, WorkspaceId, WorkspaceMembershipId, WorkspaceRoleId};
use crate::membership;
use crate::permission::{PermissionSet, RequiredWorkspacePermission, Requirement};
use crate::user::{self, PublicUser};

/// Shows a page of members, the newest first.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller is in the workspace, or an admin of its organization.
#[derive(Debug)]
pub struct ListMembers {
    /// Which workspace's.
    pub workspace: WorkspaceId,
    /// Counts from 1.
    pub page: u32,
    /// Members a page.
    pub limit: u32,
    /// Only those whose names or address contain this, without regard to case.
    pub search: Option<String>,
}

/// A page of members.
#[derive(Debug)]
pub struct MembersPage {
    /// The workspace they are in.
    pub workspace: Workspace,
    /// The members of this page.
    pub members: Vec<WorkspaceMember>,
    /// How many there are on all pages.
    pub total: i64,
}

/// A member with their roles.
#[derive(Debug)]
pub struct WorkspaceMember {
    /// The membership.
    pub membership: WorkspaceMembership,
    /// The person.
    pub user: PublicUser,
    /// The roles, oldest first.
    pub roles: Vec<WorkspaceMembershipRole>,
}

impl Query for ListMembers {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Membership);
    const ERRORS: &'static [Code] = &[];
    type Out = MembersPage;

    async fn run(&self, cx: &mut Context<'_>) -> Result<MembersPage> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Membership).await?;
        let (organization, workspace) = grant.ids();
        let shown = cx.tx.one(sql::ONE, (organization, workspace)).await?;
        let before = i64::from(self.page.saturating_sub(1)) * i64::from(self.limit);
        let Some(sought) = &self.search else {
            let members = read(cx, (organization, workspace), i64::from(self.limit), before).await?;
            return Ok(MembersPage { members, total: shown.member_count, workspace: shown });
        };
        let sought = sought.to_lowercase();
        let is_found = |member: &WorkspaceMember| {
            let PublicUser { first_name, last_name, username, email, .. } = &member.user;
            user::is_found(&sought, (first_name, last_name), [username.as_deref(), email.as_deref()])
        };
        let everybody = read(cx, (organization, workspace), i64::MAX, 0).await?;
        let found: Vec<_> = everybody.into_iter().filter(is_found).collect();
        let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
        let skipped = usize::try_from(before).unwrap_or(usize::MAX);
        let members = found.into_iter().skip(skipped).take(self.limit as usize).collect();
        Ok(MembersPage { members, total, workspace: shown })
    }
}

async fn read(
    cx: &mut Context<'_>,
    (organization, workspace): (OrganizationId, WorkspaceId),
    limit: i64,
    before: i64,
) -> Result<Vec<WorkspaceMember>> {
    let page = cx.tx.all(sql::PAGE, (organization, workspace, limit, before)).await?;
    let (Some(newest), Some(oldest)) = (page.first(), page.last()) else {
        return Ok(Vec::new());
    };
    let between = (organization, workspace, oldest.id, newest.id);
    let users = cx.tx.all(sql::USERS_BETWEEN, between).await?;
    let roles = cx.tx.all(sql::ROLES_BETWEEN, between).await?;
    let with_roles = page.into_iter().filter_map(|membership| {
        Some(WorkspaceMember {
            user: users.iter().find(|user| user.id == membership.user_id)?.clone(),
            roles: roles.iter().filter(|role| role.membership_id == membership.id).cloned().collect(),
            membership,
        })
    });
    Ok(with_roles.collect())
}

/// Takes a member of the organization into a workspace.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage the workspace; `MEMBER_NOT_FOUND` when nobody in the
/// organization has the address; `ROLE_NOT_FOUND`; `ROLE_EXCEEDS_YOURS`; `ALREADY_MEMBER`; `WORKSPACE_FULL`.
#[derive(Debug)]
pub struct AddMember {
    /// Into which workspace.
    pub workspace: WorkspaceId,
    /// Whom.
    pub email: EmailAddress,
    /// As what; `None` for the deployment's workspace member.
    pub role: Option<WorkspaceRoleId>,
}

impl Command for AddMember {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Manage);
    const ERRORS: &'static [Code] =
        &[Code::MemberNotFound, Code::RoleNotFound, Code::RoleExceedsYours, Code::AlreadyMember, Code::WorkspaceFull];
    type Out = WorkspaceMembership;

    async fn run(&self, cx: &mut Context<'_>) -> Result<WorkspaceMembership> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Manage).await?;
        let (organization, workspace) = grant.ids();
        let role = self.role.unwrap_or(cx.executor.deployment()?.workspace_member_role_id);
        let role = cx.tx.optional(sql::ROLE, (organization, workspace, role)).await?.ok_or(Code::RoleNotFound)?;
        if !grant.covers(&role.permissions) {
            return Err(Code::RoleExceedsYours.into());
        }
        cx.executor.settings.roles.check_assignable(&role.permissions)?;
        let member = cx.tx.optional(membership::sql::OF_ADDRESS, (organization, self.email.key())).await?;
        let (member,) = member.ok_or(Code::MemberNotFound)?;
        let owner = cx.tx.optional(user::sql::ADDRESS_OWNER, (self.email.key(),)).await?;
        let (owner,) = owner.ok_or_else(|| Problem::internal("a member has an address"))?;
        let joined = join(cx, (organization, workspace), (member, owner), role.id).await?;
        Ok(joined.ok_or(Code::AlreadyMember)?)
    }
}

/// Ends somebody's membership of a workspace; of the organization they stay a member.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage the workspace; `MEMBER_NOT_FOUND`;
/// `ROLE_EXCEEDS_YOURS` when they hold what the caller does not; `LAST_ADMIN`.
#[derive(Debug)]
pub struct RemoveMember {
    /// From which workspace.
    pub workspace: WorkspaceId,
    /// Whom: by the membership of the workspace or of the organization, or by the user.
    pub member: MemberId,
}

impl Command for RemoveMember {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Manage);
    const ERRORS: &'static [Code] = &[Code::MemberNotFound, Code::RoleExceedsYours, Code::LastAdmin];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Manage).await?;
        let (organization, workspace) = grant.ids();
        let found = cx.tx.optional(sql::FIND_MEMBER, (organization, workspace, self.member)).await?;
        let (membership,) = found.ok_or(Code::MemberNotFound)?;
        let held = cx.tx.all(sql::HELD_BY, (organization, workspace, membership)).await?;
        if !grant.covers(&PermissionSet::union(held.into_iter().map(|(permissions,)| permissions))) {
            return Err(Code::RoleExceedsYours.into());
        }
        end(cx, (organization, workspace), membership).await
    }
}

/// Ends the caller's membership of a workspace. Errors: `UNAUTHORIZED`; `FORBIDDEN` for who is not in it; `LAST_ADMIN`.
#[derive(Debug)]
pub struct Leave {
    /// Which one.
    pub workspace: WorkspaceId,
}

impl Command for Leave {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Membership);
    const ERRORS: &'static [Code] = &[Code::LastAdmin];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Membership).await?;
        let (organization, workspace) = grant.ids();
        let member = (organization, workspace, grant.organization_grant().membership());
        // An admin of the organization may look in without being in it, and has nothing to leave.
        let membership = cx.tx.optional(sql::OF_MEMBER, member).await?.ok_or(Code::Forbidden)?;
        end(cx, (organization, workspace), membership.id).await
    }
}

async fn end(
    cx: &mut Context<'_>,
    (organization, workspace): (OrganizationId, WorkspaceId),
    membership: WorkspaceMembershipId,
) -> Result<()> {
    let ended = cx.tx.optional(sql::DELETE_MEMBERSHIP, (organization, workspace, membership)).await?;
    ended.ok_or(Code::LastAdmin)?;
    cx.tx.execute(sql::GIVE_UP_SEAT, (organization, workspace, cx.now)).await?;
    Ok(())
}
