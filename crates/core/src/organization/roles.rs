//! The roles that can be given in an organization.

use super::sql::{self, Role};
use crate::access::{self, Grant};
use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::id::{OrganizationId, RoleId};
use crate::names::RoleName;
use crate::permission::{ADMIN, PermissionSet, RequiredPermission, Requirement};

/// The deployment's roles and the organization's own, the oldest first.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller is a member.
#[derive(Debug)]
pub struct ListRoles {
    /// Which organization's.
    pub organization: OrganizationId,
}

impl Query for ListRoles {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Membership);
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<Role>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Role>> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Membership).await?;
        Ok(cx.tx.all(sql::ROLES, (grant.organization(),)).await?)
    }
}

/// Defines a role of an organization's own.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage roles; `ROLE_EXCEEDS_YOURS` when it would hold what the
/// caller does not; `PERMISSION_UNKNOWN`, `PERMISSION_ARCHIVED`.
#[derive(Debug)]
pub struct CreateRole {
    /// Which organization's.
    pub organization: OrganizationId,
    /// Its name.
    pub name: RoleName,
    /// What it allows.
    pub permissions: PermissionSet,
}

impl Command for CreateRole {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageRoles);
    const ERRORS: &'static [Code] = &[Code::RoleExceedsYours, Code::PermissionUnknown, Code::PermissionArchived];
    type Out = Role;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Role> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageRoles).await?;
        if !grant.permissions().covers(&self.permissions) {
            return Err(Code::RoleExceedsYours.into());
        }
        cx.executor.settings.roles.check_definable(&self.permissions)?;
        let (id, permissions) = (cx.id(), self.permissions.to_json());
        let made = (
            id,
            grant.organization(),
            self.name.as_str(),
            permissions.as_str(),
            self.permissions.contains(ADMIN),
            cx.now,
        );
        Ok(cx.tx.one(sql::INSERT_ROLE, made).await?)
    }
}

/// Removes a role of an organization's own: it can be given no more. Whoever has it, or is invited with it, gets the
/// replacement instead.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage roles; `ROLE_NOT_FOUND`, for the replacement too;
/// `ROLE_IS_SHARED`; `ROLE_EXCEEDS_YOURS` when the role, or its replacement, holds what the caller does not; `ROLE_IN_USE`
/// without a replacement, with who has it; `LAST_ADMIN` when the replacement would leave nobody an admin.
#[derive(Debug)]
pub struct RemoveRole {
    /// Which organization's.
    pub organization: OrganizationId,
    /// Which role.
    pub role: RoleId,
    /// What those get who have it.
    pub replacement: Option<RoleId>,
}

impl Command for RemoveRole {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageRoles);
    const ERRORS: &'static [Code] =
        &[Code::RoleNotFound, Code::RoleIsShared, Code::RoleExceedsYours, Code::RoleInUse, Code::LastAdmin];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageRoles).await?;
        let organization = grant.organization();
        let role = cx.tx.optional(sql::ROLE, (organization, self.role)).await?.ok_or(Code::RoleNotFound)?;
        if role.organization_id.is_none() {
            return Err(Code::RoleIsShared.into());
        }
        covered(&grant, &role)?;
        match self.replacement.filter(|replacement| *replacement != self.role) {
            Some(replacement) => {
                let found = cx.tx.optional(sql::ROLE, (organization, replacement)).await?;
                let found = found.ok_or(Code::RoleNotFound)?;
                covered(&grant, &found)?;
                cx.executor.settings.roles.check_assignable(&found.permissions)?;
                cx.tx.execute(sql::REPLACE_ROLE, (organization, self.role, replacement)).await?;
                cx.tx.execute(sql::REPLACE_INVITED_ROLE, (organization, self.role, replacement, cx.now)).await?;
            }
            None => self.refuse_in_use(cx, organization).await?,
        }
        cx.tx.execute(sql::TAKE_FROM_ALL, (organization, self.role)).await?;
        cx.tx.optional(sql::HAS_ADMIN, (organization,)).await?.ok_or(Code::LastAdmin)?;
        cx.tx.optional(sql::REMOVE_ROLE, (organization, self.role, cx.now)).await?.ok_or(Code::RoleNotFound)?;
        Ok(())
    }
}

impl RemoveRole {
    async fn refuse_in_use(&self, cx: &mut Context<'_>, organization: OrganizationId) -> Result<()> {
        let holders = cx.tx.all(sql::ROLE_HOLDERS, (organization, self.role)).await?;
        let is_invited = cx.tx.optional(sql::ROLE_INVITED, (organization, self.role)).await?.is_some();
        match holders_by_name(&holders, is_invited) {
            None => Ok(()),
            Some(names) => Err(Code::RoleInUse
                .with_message(format!("In use by {names}. Name another role for them as replacement_role_id."))),
        }
    }
}

/// Who has a role, for whoever wants to remove it; `None` when nobody has.
pub(crate) fn holders_by_name(holders: &[sql::Holder], is_invited: bool) -> Option<String> {
    let names = holders.iter().map(|holder| {
        let name = format!("{} {}", holder.first_name, holder.last_name).trim().to_owned();
        if name.is_empty() { format!("member {}", holder.membership_id) } else { name }
    });
    let names: Vec<_> = names.chain(is_invited.then(|| "somebody who is invited".to_owned())).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn covered(grant: &Grant, role: &Role) -> Result<()> {
    if grant.permissions().covers(&role.permissions) { Ok(()) } else { Err(Code::RoleExceedsYours.into()) }
}
