//! The roles that can be given in an organization.

use super::sql::{self, Role};
use crate::access::{self, ADMIN, Need, PermissionSet};
use crate::context::{Command, Context, Query};
use crate::error::{Code, Result};
use crate::id::{OrganizationId, RoleId};
use crate::names::RoleName;

/// The deployment's roles and the organization's own, the oldest first.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller is a member.
#[derive(Debug)]
pub struct ListRoles {
    /// Which organization's.
    pub organization: OrganizationId,
}

impl Query for ListRoles {
    type Out = Vec<Role>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Role>> {
        let grant = access::authorize(cx, self.organization, Need::Membership).await?;
        cx.tx.all(sql::ROLES, (grant.organization(),)).await
    }
}

/// Defines a role of an organization's own.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage members; `ROLE_EXCEEDS_YOURS` when it would hold what
/// the caller does not.
#[derive(Debug)]
pub struct DefineRole {
    /// Which organization's.
    pub organization: OrganizationId,
    /// Its name.
    pub name: RoleName,
    /// What it allows.
    pub permissions: PermissionSet,
}

impl Command for DefineRole {
    type Out = RoleId;

    async fn run(&self, cx: &mut Context<'_>) -> Result<RoleId> {
        let grant = access::authorize(cx, self.organization, Need::ManageMembers).await?;
        if !grant.held().covers(&self.permissions) {
            return Err(Code::RoleExceedsYours.into());
        }
        let (id, permissions) = (cx.id(), self.permissions.to_json());
        let made =
            (id, grant.organization(), self.name.as_str(), permissions.as_str(), self.permissions.holds(ADMIN), cx.now);
        Ok(cx.tx.one(sql::INSERT_ROLE, made).await?.0)
    }
}
