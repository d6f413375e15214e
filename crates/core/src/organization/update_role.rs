//! Changing a role of an organization, and who would be affected.

use super::roles::check_covers;
use super::sql::{self, Role, RoleUsage};
use crate::access;
use crate::error::{Code, Result};
use crate::event::{Changed, RoleUpdated};
use crate::execution::{Command, Context, Query};
use crate::id::{OrganizationId, RoleId};
use crate::names::RoleName;
use crate::permission::{ADMIN, PermissionSet, RequiredPermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};

/// Changes the name or the permissions of a role of the organization. `None` leaves a part unchanged. The change takes
/// effect at once for every member with the role, and for the pending invitations with it: an invitation whose inviter
/// lacks an added permission is suspended.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_roles`; `ROLE_NOT_FOUND`; `ROLE_IS_SHARED`; `ROLE_EXCEEDS_YOURS` if the role
/// has, or would have, a permission that the caller lacks; `PERMISSION_ARCHIVED` and `PERMISSION_UNKNOWN` for an added
/// permission; `LAST_ADMIN` if no admin would remain.
#[derive(Debug)]
pub struct UpdateRole {
    pub organization: OrganizationId,
    pub role: RoleId,
    pub name: Option<RoleName>,
    pub permissions: Option<PermissionSet>,
}

impl Command for UpdateRole {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageRoles);
    const ERRORS: &'static [Code] = &[
        Code::RoleNotFound,
        Code::RoleIsShared,
        Code::RoleExceedsYours,
        Code::PermissionArchived,
        Code::PermissionUnknown,
        Code::LastAdmin,
    ];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::RolesWrite);
    type Out = Role;

    fn audit(&self) -> Audit {
        Audit::Change(Change::RoleUpdated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Role> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageRoles).await?;
        let organization = grant.organization();
        let role = cx.tx.optional(sql::ROLE, (organization, self.role)).await?.ok_or(Code::RoleNotFound)?;
        if role.organization_id.is_none() {
            return Err(Code::RoleIsShared.into());
        }
        check_covers(&grant, &role.permissions)?;
        let permissions = self.permissions.as_ref().unwrap_or(&role.permissions);
        check_covers(&grant, permissions)?;
        // A permission that was archived since the role was created may stay in it.
        cx.executor.settings.roles.check_definable(&permissions.without(&role.permissions))?;
        let name = self.name.as_ref().map_or(role.name.as_str(), RoleName::as_str);
        if name == role.name && *permissions == role.permissions {
            cx.subject.is_unchanged = true;
            return Ok(role);
        }
        let json = permissions.to_json();
        let update = sql::RoleUpdate {
            organization,
            id: self.role,
            name,
            permissions: &json,
            grants_admin: permissions.contains(ADMIN),
            now: cx.now,
        };
        // The transaction has read the role, so no other reason is left.
        let updated = cx.tx.optional(sql::UPDATE_ROLE, update).await?.ok_or(Code::LastAdmin)?;
        cx.emit(RoleUpdated {
            organization_id: organization,
            role_id: self.role,
            name: Changed::new(role.name.as_str(), name),
            permissions: Changed::new(role.permissions.to_strings(), permissions.to_strings()),
        });
        Ok(updated)
    }
}

/// Shows a role, and how many members and pending invitations have it.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_roles`; `ROLE_NOT_FOUND`.
#[derive(Debug)]
pub struct ShowRole {
    pub organization: OrganizationId,
    pub role: RoleId,
}

/// A role with who would be affected by a change of it.
#[derive(Debug)]
pub struct RoleDetails {
    pub role: Role,
    pub usage: RoleUsage,
}

impl Query for ShowRole {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageRoles);
    const ERRORS: &'static [Code] = &[Code::RoleNotFound];
    type Out = RoleDetails;

    async fn run(&self, cx: &mut Context<'_>) -> Result<RoleDetails> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageRoles).await?;
        let key = (grant.organization(), self.role);
        let role = cx.tx.optional(sql::ROLE, key).await?.ok_or(Code::RoleNotFound)?;
        Ok(RoleDetails { role, usage: cx.tx.one(sql::ROLE_USAGE, key).await? })
    }
}
