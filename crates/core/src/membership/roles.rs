//! The roles a membership has: giving one, and taking one.

use super::sql;
use crate::access::{self, Grant};
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::{MemberId, MembershipId, OrganizationId, RoleId};
use crate::organization::{self, Role};
use crate::permission::{RequiredPermission, Requirement};

/// Gives a member a role; one they have already stays as it is.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage members; `ROLE_NOT_FOUND`; `ROLE_EXCEEDS_YOURS`;
/// `MEMBER_NOT_FOUND`.
#[derive(Debug)]
pub struct AssignRole {
    /// Of which organization.
    pub organization: OrganizationId,
    /// To whom.
    pub member: MemberId,
    /// Which role.
    pub role: RoleId,
}

impl Command for AssignRole {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[Code::RoleNotFound, Code::RoleExceedsYours, Code::MemberNotFound];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let (membership, role) = check(cx, &grant, self.role, self.member).await?;
        cx.executor.settings.roles.check_assignable(&role.permissions)?;
        cx.tx.execute(organization::sql::GIVE_ROLE, (grant.organization(), membership, self.role)).await?;
        Ok(())
    }
}

/// Takes a role from a member; one they do not have is as good as taken.
///
/// Errors: as for [`AssignRole`]; `LAST_ADMIN` when the organization would be left without an admin.
#[derive(Debug)]
pub struct RevokeRole {
    /// Of which organization.
    pub organization: OrganizationId,
    /// From whom.
    pub member: MemberId,
    /// Which role.
    pub role: RoleId,
}

impl Command for RevokeRole {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[Code::LastAdmin];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let (membership, _) = check(cx, &grant, self.role, self.member).await?;
        let given = (grant.organization(), membership, self.role);
        if cx.tx.optional(sql::TAKE_ROLE, given).await?.is_none()
            && cx.tx.optional(sql::HAS_ROLE, given).await?.is_some()
        {
            return Err(Code::LastAdmin.into());
        }
        Ok(())
    }
}

/// Nobody gives or takes what they do not hold. Gives the member's membership, and the role.
async fn check(cx: &mut Context<'_>, grant: &Grant, role: RoleId, member: MemberId) -> Result<(MembershipId, Role)> {
    let role =
        cx.tx.optional(organization::sql::ROLE, (grant.organization(), role)).await?.ok_or(Code::RoleNotFound)?;
    if !grant.permissions().covers(&role.permissions) {
        return Err(Code::RoleExceedsYours.into());
    }
    let found = cx.tx.optional(sql::FIND, (grant.organization(), member)).await?;
    Ok((found.ok_or(Code::MemberNotFound)?.0, role))
}
