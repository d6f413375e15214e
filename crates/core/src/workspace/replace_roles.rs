//! Replacing all roles of a member of a workspace in one step.

use super::events::emit_role_update;
use super::roles::check_covers;
use super::sql::{self, WorkspaceMembershipRole};
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::{MemberId, WorkspaceId, WorkspaceRoleId};
use crate::membership;
use crate::permission::{RequiredWorkspacePermission, Requirement};
use crate::security_log::{Change, Subject};

/// Gives a member of the workspace exactly these roles. See [`membership::ReplaceRoles`].
///
/// # Errors
/// `FORBIDDEN` without `workspace:manage`; `INVALID_FIELD` without roles; `MEMBER_NOT_FOUND`; `ROLE_NOT_FOUND`;
/// `ROLE_EXCEEDS_YOURS` if an added or a removed role has a permission that the caller lacks; `PERMISSION_ARCHIVED` for
/// an added role; `ROLES_PER_MEMBER`; `LAST_ADMIN` if no admin would remain.
#[derive(Debug)]
pub struct ReplaceRoles {
    pub workspace: WorkspaceId,
    /// The id of the workspace membership, of the organization membership, or of the user.
    pub member: MemberId,
    /// Duplicates count once.
    pub roles: Vec<WorkspaceRoleId>,
}

/// The roles of a member before and after [`ReplaceRoles`].
#[derive(Debug)]
pub struct ReplacedRoles {
    pub previous: Vec<WorkspaceMembershipRole>,
    pub current: Vec<WorkspaceMembershipRole>,
}

impl Command for ReplaceRoles {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Manage);
    const ERRORS: &'static [Code] = &[
        Code::InvalidField,
        Code::MemberNotFound,
        Code::RoleNotFound,
        Code::RoleExceedsYours,
        Code::PermissionArchived,
        Code::RolesPerMember,
        Code::LastAdmin,
    ];
    type Out = ReplacedRoles;

    async fn run(&self, cx: &mut Context<'_>) -> Result<ReplacedRoles> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Manage).await?;
        let (organization, workspace) = grant.ids();
        let wanted = membership::check_roles(&self.roles)?;
        let found = cx.tx.optional(sql::FIND_MEMBER, (organization, workspace, self.member)).await?;
        let (membership,) = found.ok_or(Code::MemberNotFound)?;
        cx.subject.target_membership = Some(membership.get());
        let of_member = (organization, workspace, membership);
        let previous = cx.tx.all(sql::ROLES_OF_MEMBER, of_member).await?;
        let removed: Vec<_> = previous.iter().filter(|role| !wanted.contains(&role.id)).collect();
        removed.iter().try_for_each(|role| check_covers(&grant, &role.permissions))?;
        let added: Vec<_> = wanted.iter().filter(|id| previous.iter().all(|role| role.id != **id)).collect();
        let max = usize::try_from(cx.executor.settings.roles.max_per_member).unwrap_or(usize::MAX);
        // The maximum may have been lowered: fewer roles than before are allowed.
        if !added.is_empty() && wanted.len() > max {
            return Err(Code::RolesPerMember.into());
        }
        for id in &added {
            let role = cx.tx.optional(sql::ROLE, (organization, workspace, **id)).await?.ok_or(Code::RoleNotFound)?;
            check_covers(&grant, &role.permissions)?;
            cx.executor.settings.roles.check_assignable(&role.permissions)?;
            cx.tx.execute(sql::ASSIGN_ROLE, (organization, workspace, membership, **id)).await?;
        }
        for role in &removed {
            let assignment = (organization, workspace, membership, role.id);
            cx.tx.optional(sql::REVOKE_ROLE, assignment).await?.ok_or(Code::LastAdmin)?;
        }
        let subject = Subject { user: grant.organization_grant().user(), ..cx.subject };
        if !added.is_empty() {
            cx.log_change(Change::WorkspaceRoleAssigned, subject);
        }
        if !removed.is_empty() {
            cx.log_change(Change::WorkspaceRoleRevoked, subject);
        }
        let current = cx.tx.all(sql::ROLES_OF_MEMBER, of_member).await?;
        if !added.is_empty() || !removed.is_empty() {
            let (added, removed): (Vec<_>, Vec<_>) =
                (added.into_iter().copied().collect(), removed.into_iter().map(|role| role.id).collect());
            emit_role_update(cx, (organization, workspace), membership, (&added, &removed)).await?;
        }
        Ok(ReplacedRoles { previous, current })
    }
}
