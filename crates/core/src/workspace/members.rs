//! The members of a workspace: listing and removing them.

use std::collections::HashMap;

use super::events::emit_removed;
use super::sql::{self, Workspace, WorkspaceMembership, WorkspaceMembershipRole};
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::grouping::group_by;
use crate::id::{MemberId, OrganizationId, WorkspaceId, WorkspaceMembershipId};
use crate::permission::{PermissionSet, RequiredWorkspacePermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};
use crate::search::{self, SearchTerm};
use crate::security_log::{Audit, Change};
use crate::user::PublicUser;

/// Lists a page of members, newest first.
///
/// # Errors
/// `FORBIDDEN` for a non-member.
#[derive(Debug)]
pub struct ListMembers {
    pub workspace: WorkspaceId,
    /// Starts at 1.
    pub page: u32,
    pub limit: u32,
    /// A part of a name, user name or primary address.
    pub search: Option<SearchTerm>,
}

#[derive(Debug)]
pub struct MembersPage {
    pub workspace: Workspace,
    pub members: Vec<WorkspaceMember>,
    /// The number of members on all pages.
    pub total: i64,
}

/// A member with their roles.
#[derive(Debug)]
pub struct WorkspaceMember {
    pub membership: WorkspaceMembership,
    pub user: PublicUser,
    pub roles: Vec<WorkspaceMembershipRole>,
}

impl Query for ListMembers {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Membership);
    const ERRORS: &'static [Code] = &[];
    type Out = MembersPage;

    async fn run(&self, cx: &mut Context<'_>) -> Result<MembersPage> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Membership).await?;
        let (organization, workspace) = grant.ids();
        let details = cx.tx.one(sql::WORKSPACE, (organization, workspace)).await?.visible_to(grant.can_update());
        let offset = i64::from(self.page.saturating_sub(1)) * i64::from(self.limit);
        let Some(term) = &self.search else {
            let members = load_page(cx, (organization, workspace), i64::from(self.limit), offset).await?;
            return Ok(MembersPage { members, total: details.member_count, workspace: details });
        };
        let matches_search = |member: &WorkspaceMember| {
            let PublicUser { first_name, last_name, username, email, .. } = &member.user;
            search::matches_person(term, (first_name, last_name), [username.as_deref(), email.as_deref()])
        };
        let all = load_page(cx, (organization, workspace), i64::MAX, 0).await?;
        let found: Vec<_> = all.into_iter().filter(matches_search).collect();
        let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
        let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
        let members = found.into_iter().skip(skipped).take(self.limit as usize).collect();
        Ok(MembersPage { members, total, workspace: details })
    }
}

async fn load_page(
    cx: &mut Context<'_>,
    (organization, workspace): (OrganizationId, WorkspaceId),
    limit: i64,
    offset: i64,
) -> Result<Vec<WorkspaceMember>> {
    let page = cx.tx.all(sql::PAGE, (organization, workspace, limit, offset)).await?;
    let (Some(newest), Some(oldest)) = (page.first(), page.last()) else {
        return Ok(Vec::new());
    };
    let between = (organization, workspace, oldest.id, newest.id);
    let users = cx.tx.all(sql::USERS_BETWEEN, between).await?;
    let roles = cx.tx.all(sql::ROLES_BETWEEN, between).await?;
    let mut users: HashMap<_, _> = users.into_iter().map(|user| (user.id, user)).collect();
    let mut roles = group_by(roles, |role| role.membership_id);
    let with_roles = page.into_iter().filter_map(|membership| {
        let user = users.remove(&membership.user_id)?;
        Some(WorkspaceMember { user, roles: roles.remove(&membership.id).unwrap_or_default(), membership })
    });
    Ok(with_roles.collect())
}

/// Shows a member of the workspace.
///
/// # Errors
/// `FORBIDDEN` for a non-member; `MEMBER_NOT_FOUND`.
#[derive(Debug)]
pub struct ShowMember {
    pub workspace: WorkspaceId,
    /// The id of the workspace membership, of the organization membership, or of the user.
    pub member: MemberId,
}

/// A member of a workspace with their roles.
#[derive(Debug)]
pub struct WorkspaceMemberDetails {
    pub membership: WorkspaceMembershipId,
    pub user: PublicUser,
    pub roles: Vec<WorkspaceMembershipRole>,
}

impl Query for ShowMember {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Membership);
    const ERRORS: &'static [Code] = &[Code::MemberNotFound];
    type Out = WorkspaceMemberDetails;

    async fn run(&self, cx: &mut Context<'_>) -> Result<WorkspaceMemberDetails> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Membership).await?;
        let (organization, workspace) = grant.ids();
        let found = cx.tx.optional(sql::FIND_MEMBER, (organization, workspace, self.member)).await?;
        let (membership,) = found.ok_or(Code::MemberNotFound)?;
        let only = (organization, workspace, membership, membership);
        let user = cx.tx.optional(sql::USERS_BETWEEN, only).await?.ok_or(Code::MemberNotFound)?;
        let roles = cx.tx.all(sql::ROLES_OF_MEMBER, (organization, workspace, membership)).await?;
        Ok(WorkspaceMemberDetails { membership, user, roles })
    }
}

/// Removes a member from the workspace, but not from the organization.
///
/// # Errors
/// `FORBIDDEN` without `workspace:manage`; `MEMBER_NOT_FOUND`; `ROLE_EXCEEDS_YOURS` if they have a permission that the
/// caller lacks; `LAST_ADMIN`.
#[derive(Debug)]
pub struct RemoveMember {
    pub workspace: WorkspaceId,
    /// The id of the workspace membership, of the organization membership, or of the user.
    pub member: MemberId,
}

impl Command for RemoveMember {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Manage);
    const ERRORS: &'static [Code] = &[Code::MemberNotFound, Code::RoleExceedsYours, Code::LastAdmin];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::MembersWrite);
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::WorkspaceMemberRemoved)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Manage).await?;
        let (organization, workspace) = grant.ids();
        let found = cx.tx.optional(sql::FIND_MEMBER, (organization, workspace, self.member)).await?;
        let (membership,) = found.ok_or(Code::MemberNotFound)?;
        cx.subject.target_membership = Some(membership.get());
        let permissions = cx.tx.all(sql::PERMISSIONS_OF_MEMBERSHIP, (organization, workspace, membership)).await?;
        if !grant.covers(&PermissionSet::union(permissions.into_iter().map(|(permissions,)| permissions))) {
            return Err(Code::RoleExceedsYours.into());
        }
        end_membership(cx, (organization, workspace), membership, "manager").await
    }
}

/// Ends the caller's membership of a workspace.
///
/// # Errors
/// `FORBIDDEN` for a non-member; `LAST_ADMIN`.
#[derive(Debug)]
pub struct Leave {
    pub workspace: WorkspaceId,
}

impl Command for Leave {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Membership);
    const ERRORS: &'static [Code] = &[Code::LastAdmin];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::WorkspaceMemberLeft)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Membership).await?;
        let (organization, workspace) = grant.ids();
        let member = (organization, workspace, grant.organization_grant().member()?.membership);
        // An admin of the organization has access without being a member, and has nothing to leave.
        let membership = cx.tx.optional(sql::OF_MEMBER, member).await?.ok_or(Code::Forbidden)?;
        end_membership(cx, (organization, workspace), membership.id, "member").await
    }
}

async fn end_membership(
    cx: &mut Context<'_>,
    (organization, workspace): (OrganizationId, WorkspaceId),
    membership: WorkspaceMembershipId,
    removed_by: &'static str,
) -> Result<()> {
    emit_removed(cx, (organization, workspace), membership, removed_by).await?;
    let ended = cx.tx.optional(sql::DELETE_MEMBERSHIP, (organization, workspace, membership)).await?;
    ended.ok_or(Code::LastAdmin)?;
    cx.tx.execute(sql::DECREMENT_MEMBER_COUNT, (organization, workspace, cx.now)).await?;
    Ok(())
}
