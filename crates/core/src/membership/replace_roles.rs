//! Replacing all roles of a member in one step.

use std::collections::BTreeSet;

use super::sql::{self, MembershipRole};
use crate::access::{self, Grant};
use crate::error::{Code, Problem, Result};
use crate::event::{Changed, MemberRoleUpdated};
use crate::execution::{Command, Context};
use crate::id::{MemberId, MembershipId, OrganizationId, RoleId};
use crate::organization;
use crate::permission::{PermissionSet, RequiredPermission, Requirement};
use crate::security_log::{Change, Subject};

/// Gives a member exactly these roles. Either all of them are assigned and the others revoked, or nothing changes. With
/// the previous roles that it returns, the same command undoes the change.
///
/// A member keeps at least one role. [`RevokeRole`](super::RevokeRole) can revoke the last one, because clients of the
/// API exchange a role in two calls; pages warn before it.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`; `INVALID_FIELD` without roles; `MEMBER_NOT_FOUND`;
/// `ROLE_NOT_FOUND`; `ROLE_EXCEEDS_YOURS` if an added or a removed role has a permission that the caller lacks;
/// `PERMISSION_ARCHIVED` for an added role; `ROLES_PER_MEMBER`; `LAST_ADMIN` if no admin would remain.
#[derive(Debug)]
pub struct ReplaceRoles {
    pub organization: OrganizationId,
    pub member: MemberId,
    /// Duplicates count once.
    pub roles: Vec<RoleId>,
}

/// The roles of a member before and after [`ReplaceRoles`].
#[derive(Debug)]
pub struct ReplacedRoles {
    pub previous: Vec<MembershipRole>,
    pub current: Vec<MembershipRole>,
}

impl Command for ReplaceRoles {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
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
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        check_roles(&self.roles)?;
        let found = cx.tx.optional(sql::FIND, (grant.organization(), self.member)).await?;
        let (membership,) = found.ok_or(Code::MemberNotFound)?;
        cx.subject.target_membership = Some(membership.get());
        replace(cx, &grant, membership, &self.roles).await
    }
}

/// Gives a member of the grant's organization exactly these roles.
///
/// # Errors
/// Those of [`ReplaceRoles`].
pub(super) async fn replace(
    cx: &mut Context<'_>,
    grant: &Grant,
    membership: MembershipId,
    roles: &[RoleId],
) -> Result<ReplacedRoles> {
    let organization = grant.organization();
    let wanted = check_roles(roles)?;
    let previous = cx.tx.all(sql::ROLES_OF_MEMBER, (organization, membership)).await?;
    let may_change = |permissions: &PermissionSet| -> Result<()> {
        if grant.covers(permissions) { Ok(()) } else { Err(Code::RoleExceedsYours.into()) }
    };
    let removed: Vec<_> = previous.iter().filter(|role| !wanted.contains(&role.id)).collect();
    removed.iter().try_for_each(|role| may_change(&role.permissions))?;
    let added: Vec<_> = wanted.iter().filter(|id| previous.iter().all(|role| role.id != **id)).collect();
    let max = usize::try_from(cx.executor.settings.roles.max_per_member).unwrap_or(usize::MAX);
    // The maximum may have been lowered: fewer roles than before are allowed.
    if !added.is_empty() && wanted.len() > max {
        return Err(Code::RolesPerMember.into());
    }
    // Roles are assigned before others are revoked, so that an admin role can be exchanged for another one.
    for id in &added {
        let role = cx.tx.optional(organization::sql::ROLE, (organization, **id)).await?.ok_or(Code::RoleNotFound)?;
        may_change(&role.permissions)?;
        cx.executor.settings.roles.check_assignable(&role.permissions)?;
        cx.tx.execute(organization::sql::ASSIGN_ROLE, (organization, membership, **id)).await?;
    }
    for role in &removed {
        let assignment = (organization, membership, role.id);
        cx.tx.optional(sql::REVOKE_ROLE, assignment).await?.ok_or(Code::LastAdmin)?;
    }
    let subject = Subject { user: grant.user(), ..cx.subject };
    if !added.is_empty() {
        cx.log_change(Change::RoleAssigned, subject);
    }
    if !removed.is_empty() {
        cx.log_change(Change::RoleRevoked, subject);
    }
    let current = cx.tx.all(sql::ROLES_OF_MEMBER, (organization, membership)).await?;
    if !added.is_empty() || !removed.is_empty() {
        let (user_id,) = cx.tx.one(sql::USER, (organization, membership)).await?;
        let ids = |roles: &[MembershipRole]| roles.iter().map(|role| role.id).collect();
        let role_ids = Changed { before: ids(&previous), after: ids(&current) };
        cx.emit(MemberRoleUpdated { organization_id: organization, membership_id: membership, user_id, role_ids });
    }
    Ok(ReplacedRoles { previous, current })
}

/// Returns the distinct roles.
///
/// # Errors
/// `INVALID_FIELD` for none.
pub(crate) fn check_roles<I: Copy + Ord>(roles: &[I]) -> Result<BTreeSet<I>> {
    let wanted: BTreeSet<I> = roles.iter().copied().collect();
    if wanted.is_empty() {
        return Err(Problem::field("role_ids", "name at least one role, or remove the member."));
    }
    Ok(wanted)
}
