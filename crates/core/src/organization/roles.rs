//! The roles of an organization.

use super::sql::{self, Role};
use crate::access::{self, Grant};
use crate::error::{Code, Result};
use crate::event::{RoleCreated, RoleDeleted};
use crate::execution::{Command, Context, Query};
use crate::id::{OrganizationId, RoleId};
use crate::names::{RoleName, full_name};
use crate::permission::{ADMIN, PermissionSet, RequiredPermission, Requirement};
use crate::rate_limit;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};

/// Lists the deployment's shared roles and the organization's own: the default role of members first, because clients
/// preselect the first one, then oldest first.
///
/// # Errors
/// `FORBIDDEN` for a non-member.
#[derive(Debug)]
pub struct ListRoles {
    pub organization: OrganizationId,
}

impl Query for ListRoles {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Membership);
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::RolesRead);
    type Out = Vec<Role>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Role>> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Membership).await?;
        load_roles(cx, &grant).await
    }
}

/// Loads the roles that can be assigned, in the order of [`ListRoles`].
pub(crate) async fn load_roles(cx: &mut Context<'_>, grant: &Grant) -> Result<Vec<Role>> {
    let mut roles = cx.tx.all(sql::ROLES, (grant.organization(),)).await?;
    let member = cx.executor.deployment()?.member_role_id;
    roles.sort_by_key(|role| role.id != member);
    Ok(roles)
}

/// Lists the deployment's shared roles, in the order of [`ListRoles`].
#[derive(Debug)]
pub struct ListSharedRoles;

impl Query for ListSharedRoles {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::RolesRead);
    type Out = Vec<Role>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Role>> {
        // No organization has this id, so the roles are the shared ones.
        let mut roles = cx.tx.all(sql::ROLES, (0.into(),)).await?;
        let member = cx.executor.deployment()?.member_role_id;
        roles.sort_by_key(|role| role.id != member);
        Ok(roles)
    }
}

/// Creates a role of the organization.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_roles`; `ROLE_EXCEEDS_YOURS` if it has a permission that the caller lacks;
/// `PERMISSION_ARCHIVED`; `PERMISSION_UNKNOWN`; `ROLE_LIMIT`; `TOO_MANY_REQUESTS`.
#[derive(Debug)]
pub struct CreateRole {
    pub organization: OrganizationId,
    pub name: RoleName,
    pub permissions: PermissionSet,
}

impl Command for CreateRole {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageRoles);
    const ERRORS: &'static [Code] = &[
        Code::RoleExceedsYours,
        Code::PermissionArchived,
        Code::PermissionUnknown,
        Code::RoleLimit,
        Code::TooManyRequests,
    ];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::RolesWrite);
    type Out = Role;

    fn audit(&self) -> Audit {
        Audit::Change(Change::RoleCreated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Role> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageRoles).await?;
        check_covers(&grant, &self.permissions)?;
        cx.executor.settings.roles.check_definable(&self.permissions)?;
        rate_limit::take_role(cx, &grant).await?;
        let permissions = self.permissions.to_json();
        let role = sql::NewRole {
            organization: grant.organization(),
            id: cx.id(),
            name: self.name.as_str(),
            permissions: &permissions,
            grants_admin: self.permissions.contains(ADMIN),
            now: cx.now,
            max: cx.executor.settings.roles.max_per_organization.into(),
        };
        let role = cx.tx.optional(sql::INSERT_ROLE, role).await?.ok_or(Code::RoleLimit)?;
        cx.emit(RoleCreated {
            organization_id: grant.organization(),
            role_id: role.id,
            name: role.name.clone(),
            permissions: role.permissions.to_strings(),
        });
        Ok(role)
    }
}

/// Removes a role of the organization. Members and invitees with the role get the replacement.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_roles`; `ROLE_NOT_FOUND`, also for the replacement; `ROLE_IS_SHARED`;
/// `ROLE_EXCEEDS_YOURS` if the role or its replacement has a permission that the caller lacks; `PERMISSION_ARCHIVED`
/// for the replacement; `ROLE_IN_USE` without a replacement, naming the holders; `LAST_ADMIN` if no admin would remain.
#[derive(Debug)]
pub struct RemoveRole {
    pub organization: OrganizationId,
    pub role: RoleId,
    /// Assigned to every member and invitee who has the role.
    pub replacement: Option<RoleId>,
}

impl Command for RemoveRole {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageRoles);
    const ERRORS: &'static [Code] = &[
        Code::RoleNotFound,
        Code::RoleIsShared,
        Code::RoleExceedsYours,
        Code::PermissionArchived,
        Code::RoleInUse,
        Code::LastAdmin,
    ];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::RolesWrite);
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::RoleRemoved)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageRoles).await?;
        let organization = grant.organization();
        let role = cx.tx.optional(sql::ROLE, (organization, self.role)).await?.ok_or(Code::RoleNotFound)?;
        if role.organization_id.is_none() {
            return Err(Code::RoleIsShared.into());
        }
        check_covers(&grant, &role.permissions)?;
        match self.replacement.filter(|replacement| *replacement != self.role) {
            Some(replacement) => {
                let found = cx.tx.optional(sql::ROLE, (organization, replacement)).await?;
                let found = found.ok_or(Code::RoleNotFound)?;
                check_covers(&grant, &found.permissions)?;
                cx.executor.settings.roles.check_assignable(&found.permissions)?;
                cx.tx.execute(sql::REPLACE_ROLE, (organization, self.role, replacement)).await?;
                cx.tx.execute(sql::REPLACE_INVITED_ROLE, (organization, self.role, replacement, cx.now)).await?;
            }
            None => self.refuse_in_use(cx, organization).await?,
        }
        let revoked = cx.tx.execute(sql::REVOKE_ROLE_FROM_ALL, (organization, self.role)).await?;
        // An organization that an API key has created may have no admin yet.
        if revoked > 0 && role.permissions.contains(ADMIN) {
            cx.tx.optional(sql::HAS_ADMIN, (organization,)).await?.ok_or(Code::LastAdmin)?;
        }
        cx.tx.optional(sql::REMOVE_ROLE, (organization, self.role, cx.now)).await?.ok_or(Code::RoleNotFound)?;
        cx.emit(RoleDeleted {
            organization_id: organization,
            role_id: self.role,
            name: role.name,
            permissions: role.permissions.to_strings(),
            replacement_role_id: self.replacement.filter(|replacement| *replacement != self.role),
        });
        Ok(())
    }
}

impl RemoveRole {
    async fn refuse_in_use(&self, cx: &mut Context<'_>, organization: OrganizationId) -> Result<()> {
        let holders = cx.tx.all(sql::ROLE_HOLDERS, (organization, self.role)).await?;
        let is_invited = cx.tx.optional(sql::INVITATION_WITH_ROLE, (organization, self.role)).await?.is_some();
        match describe_role_holders(&holders, is_invited) {
            None => Ok(()),
            Some(names) => Err(Code::RoleInUse
                .with_message(format!("In use by {names}. Name another role for them as replacement_role_id."))),
        }
    }
}

/// The names of a role's holders, for the `ROLE_IN_USE` message; `None` if there are none.
pub(crate) fn describe_role_holders(holders: &[sql::RoleHolder], is_invited: bool) -> Option<String> {
    let names = holders.iter().map(|holder| {
        let name = full_name(&holder.first_name, &holder.last_name);
        if name.is_empty() { format!("member {}", holder.membership_id) } else { name }
    });
    let names: Vec<_> = names.chain(is_invited.then(|| "a pending invitation".to_owned())).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

pub(super) fn check_covers(grant: &Grant, permissions: &PermissionSet) -> Result<()> {
    if grant.covers(permissions) { Ok(()) } else { Err(Code::RoleExceedsYours.into()) }
}
