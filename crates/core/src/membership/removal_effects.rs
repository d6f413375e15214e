//! What removing a member, or one of their roles, would do. Pages explain it before they ask.

use super::sql;
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::{MemberId, OrganizationId};
use crate::organization;
use crate::permission::{ADMIN, RequiredPermission, Requirement};

/// Shows what depends on a member and their roles.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`; `MEMBER_NOT_FOUND`.
#[derive(Debug)]
pub struct ShowRemovalEffects {
    pub organization: OrganizationId,
    pub member: MemberId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovalEffects {
    /// Without the last role, a member has no permission but those of every member.
    pub has_one_role: bool,
    /// Whether no other enabled user is an admin. The member cannot be removed then, and keeps an admin role.
    pub is_last_admin: bool,
    /// The names of the workspaces in which nobody else is an admin, up to 20. The member cannot be removed then.
    pub sole_admin_workspaces: Vec<String>,
}

impl Query for ShowRemovalEffects {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[Code::MemberNotFound];
    type Out = RemovalEffects;

    async fn run(&self, cx: &mut Context<'_>) -> Result<RemovalEffects> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let organization = grant.organization();
        let found = cx.tx.optional(sql::FIND, (organization, self.member)).await?;
        let (membership,) = found.ok_or(Code::MemberNotFound)?;
        let roles = cx.tx.all(sql::ROLES_OF_MEMBER, (organization, membership)).await?;
        let is_admin = roles.iter().any(|role| role.permissions.contains(ADMIN));
        let has_other_admin =
            cx.tx.optional(organization::sql::OTHER_ADMIN, (organization, membership)).await?.is_some();
        let workspaces = cx.tx.all(sql::SOLE_ADMIN_WORKSPACES, (organization, membership)).await?;
        Ok(RemovalEffects {
            has_one_role: roles.len() == 1,
            is_last_admin: is_admin && !has_other_admin,
            sole_admin_workspaces: workspaces.into_iter().map(|(name,)| name).collect(),
        })
    }
}
