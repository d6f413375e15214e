//! Assigning and revoking a member's roles.

use super::sql;
use crate::access::{self, Grant};
use crate::error::{Code, Result};
use crate::event::{Changed, MemberRoleUpdated};
use crate::execution::{Command, Context};
use crate::id::{MemberId, MembershipId, OrganizationId, RoleId, UserId};
use crate::organization::{self, Role};
use crate::permission::{RequiredPermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};

/// Assigns a role to a member. It is not an error if the member has the role.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`; `ROLE_NOT_FOUND`; `ROLE_EXCEEDS_YOURS`; `MEMBER_NOT_FOUND`;
/// `PERMISSION_ARCHIVED`; `ROLES_PER_MEMBER`.
#[derive(Debug)]
pub struct AssignRole {
    pub organization: OrganizationId,
    pub member: MemberId,
    pub role: RoleId,
}

impl Command for AssignRole {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
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
        Audit::Change(Change::RoleAssigned)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let (membership, role) = check(cx, &grant, self.role, self.member).await?;
        cx.executor.settings.roles.check_assignable(&role.permissions)?;
        let (organization, max) = (grant.organization(), cx.executor.settings.roles.max_per_member.into());
        let arguments = (organization, membership, self.role, max);
        if cx.tx.execute(organization::sql::ASSIGN_ANOTHER_ROLE, arguments).await? == 0 {
            let has_role = cx.tx.optional(sql::HAS_ROLE, (organization, membership, self.role)).await?.is_some();
            cx.subject.is_unchanged = has_role;
            return if has_role { Ok(()) } else { Err(Code::RolesPerMember.into()) };
        }
        emit_role_update(cx, organization, membership, (&[self.role], &[])).await
    }
}

/// Revokes a role of a member. It is not an error if the member does not have the role.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`; `ROLE_NOT_FOUND`; `ROLE_EXCEEDS_YOURS`; `MEMBER_NOT_FOUND`;
/// `LAST_ADMIN` if no admin would remain.
#[derive(Debug)]
pub struct RevokeRole {
    pub organization: OrganizationId,
    pub member: MemberId,
    pub role: RoleId,
}

impl Command for RevokeRole {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] =
        &[Code::RoleNotFound, Code::RoleExceedsYours, Code::MemberNotFound, Code::LastAdmin];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::MembersWrite);
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::RoleRevoked)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let (membership, _) = check(cx, &grant, self.role, self.member).await?;
        let assignment = (grant.organization(), membership, self.role);
        if cx.tx.optional(sql::REVOKE_ROLE, assignment).await?.is_none() {
            if cx.tx.optional(sql::HAS_ROLE, assignment).await?.is_some() {
                return Err(Code::LastAdmin.into());
            }
            cx.subject.is_unchanged = true;
            return Ok(());
        }
        emit_role_update(cx, grant.organization(), membership, (&[], &[self.role])).await
    }
}

/// Emits that roles of a member were added and removed.
async fn emit_role_update(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    membership: MembershipId,
    (added, removed): (&[RoleId], &[RoleId]),
) -> Result<()> {
    let (user_id,) = cx.tx.one(sql::USER, (organization, membership)).await?;
    let after = load_role_ids(cx, organization, membership).await?;
    let mut before: Vec<_> = after.iter().filter(|role| !added.contains(role)).chain(removed).copied().collect();
    before.sort_unstable();
    cx.emit(MemberRoleUpdated {
        organization_id: organization,
        membership_id: membership,
        user_id,
        role_ids: Changed { before, after },
    });
    Ok(())
}

/// The roles of a member before a change, for [`emit_changed_roles`].
pub(crate) async fn load_role_ids(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    membership: MembershipId,
) -> Result<Vec<RoleId>> {
    let roles = cx.tx.all(sql::ROLES_OF_MEMBER, (organization, membership)).await?;
    Ok(roles.iter().map(|role| role.id).collect())
}

/// Emits that the roles of a member have changed, if they have.
pub(crate) async fn emit_changed_roles(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    (membership, user): (MembershipId, UserId),
    before: Vec<RoleId>,
) -> Result<()> {
    let after = load_role_ids(cx, organization, membership).await?;
    if let Some(role_ids) = Changed::new(before, after) {
        let (organization_id, membership_id, user_id) = (organization, membership, user);
        cx.emit(MemberRoleUpdated { organization_id, membership_id, user_id, role_ids });
    }
    Ok(())
}

/// Checks that the caller has every permission of the role, and finds the membership.
///
/// # Errors
/// `ROLE_NOT_FOUND`; `ROLE_EXCEEDS_YOURS`; `MEMBER_NOT_FOUND`.
async fn check(cx: &mut Context<'_>, grant: &Grant, role: RoleId, member: MemberId) -> Result<(MembershipId, Role)> {
    let role =
        cx.tx.optional(organization::sql::ROLE, (grant.organization(), role)).await?.ok_or(Code::RoleNotFound)?;
    if !grant.covers(&role.permissions) {
        return Err(Code::RoleExceedsYours.into());
    }
    let (membership,) = cx.tx.optional(sql::FIND, (grant.organization(), member)).await?.ok_or(Code::MemberNotFound)?;
    cx.subject.target_membership = Some(membership.get());
    Ok((membership, role))
}
