//! Authorization: [`authorize`] is the only way to obtain a [`Grant`].
//!
//! Every statement on an organization's data takes its organization from a grant, so that no caller can reach another
//! organization's data by its id.

pub(crate) mod sql;

use std::collections::HashMap;

use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::{MembershipId, OrganizationId, UserId, WorkspaceId};
use crate::permission::{
    ADMIN, AddressList, MemberPermissions, PermissionSet, RequiredPermission, RequiredWorkspacePermission,
};

/// Proof that the caller is authorized in one organization, in the state that this transaction sees.
#[derive(Debug)]
pub struct Grant {
    organization: OrganizationId,
    membership: MembershipId,
    user: UserId,
    permissions: PermissionSet,
}

impl Grant {
    /// The organization of the grant: the only one that statements may use.
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// The caller's membership.
    pub fn membership(&self) -> MembershipId {
        self.membership
    }

    /// The caller.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// The permissions of all the caller's roles in this organization.
    pub fn permissions(&self) -> &PermissionSet {
        &self.permissions
    }
}

/// Checks that the caller has `required` in this organization.
///
/// # Errors
/// `UNAUTHORIZED` without a sign-in. `FORBIDDEN` if the caller is no member or lacks the permission, or if the
/// organization does not exist or was deleted; these cases are indistinguishable, so that a stranger cannot probe for
/// organizations. `ADDRESS_NOT_ALLOWED` if the caller is a member, but the organization does not allow their IP
/// address.
pub async fn authorize(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    required: RequiredPermission,
) -> Result<Grant> {
    cx.subject.organization = Some(organization);
    let user = cx.user()?;
    let cached = cx.access.as_ref().and_then(|access| access.permissions_in(organization).cloned());
    let member = match cached {
        Some(member) => member,
        None => load_member(cx, organization, user).await?.ok_or(Code::Forbidden)?,
    };
    if !member.allows(cx.caller.address) {
        return Err(Code::AddressNotAllowed.into());
    }
    let MemberPermissions { membership, permissions, .. } = member;
    if permissions.satisfies(required) {
        Ok(Grant { organization, membership, user, permissions })
    } else {
        Err(Code::Forbidden.into())
    }
}

async fn load_member(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    user: UserId,
) -> Result<Option<MemberPermissions>> {
    let rows = cx.tx.all(sql::MEMBERSHIP, (organization, user)).await?;
    let first =
        rows.first().map(|first| (first.membership_id, first.restricts_addresses, first.allowed_addresses.clone()));
    Ok(first.map(|(membership, restricts_addresses, allowed_addresses)| MemberPermissions {
        membership,
        restricts_addresses,
        allowed_addresses,
        permissions: PermissionSet::union(rows.into_iter().filter_map(|row| row.permissions)),
    }))
}

/// Proof that the caller is authorized in one workspace, in the state that this transaction sees.
#[derive(Debug)]
pub struct WorkspaceGrant {
    organization: Grant,
    workspace: WorkspaceId,
    /// `None` for an admin of the organization who is not in the workspace.
    permissions: Option<PermissionSet>,
    /// Whether the caller manages every workspace as an admin of the organization.
    is_organization_admin: bool,
}

impl WorkspaceGrant {
    /// The workspace and its organization: the only ones that statements may use.
    pub fn ids(&self) -> (OrganizationId, WorkspaceId) {
        (self.organization.organization, self.workspace)
    }

    /// The caller's grant in the organization.
    pub fn organization_grant(&self) -> &Grant {
        &self.organization
    }

    /// Whether the caller may update the workspace: `workspace:admin`.
    pub fn can_update(&self) -> bool {
        let own = self.permissions.as_ref();
        self.is_organization_admin
            || own.is_some_and(|own| own.satisfies_in_workspace(RequiredWorkspacePermission::Admin))
    }

    /// Whether the caller has all of these permissions in this workspace.
    pub fn covers(&self, granted: &PermissionSet) -> bool {
        self.organization.permissions.covers_in_workspace(self.permissions.as_ref(), granted)
    }
}

/// Checks that the caller has `required` in this workspace. An admin of the organization has every workspace
/// permission, unless `organizations.admins_manage_workspaces` is off.
///
/// # Errors
/// Those of [`authorize`]; `FORBIDDEN` also if the workspace does not exist.
pub async fn authorize_in_workspace(
    cx: &mut Context<'_>,
    workspace: WorkspaceId,
    required: RequiredWorkspacePermission,
) -> Result<WorkspaceGrant> {
    cx.subject.workspace = Some(workspace);
    cx.user()?;
    let row = cx.tx.optional(sql::WORKSPACE, (workspace,)).await?.ok_or(Code::Forbidden)?;
    let organization = authorize(cx, row.organization_id, RequiredPermission::Membership).await?;
    let permissions = workspace_permissions(cx, row.organization_id, workspace, organization.membership).await?;
    let is_organization_admin =
        cx.executor.settings.organizations.admins_manage_workspaces && organization.permissions.contains(ADMIN);
    if !is_organization_admin && !permissions.as_ref().is_some_and(|own| own.satisfies_in_workspace(required)) {
        return Err(Code::Forbidden.into());
    }
    if !AddressList::is_allowed(row.restricts_addresses, &row.allowed_addresses, cx.caller.address) {
        return Err(Code::AddressNotAllowed.into());
    }
    Ok(WorkspaceGrant { organization, workspace, permissions, is_organization_admin })
}

/// The current permissions of a membership in its organization, for checks on members other than the caller.
pub async fn membership_permissions(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    membership: MembershipId,
) -> Result<PermissionSet> {
    let rows = cx.tx.all(sql::MEMBERSHIP_PERMISSIONS, (organization, membership)).await?;
    Ok(PermissionSet::union(rows.into_iter().map(|(permissions,)| permissions)))
}

/// The permissions of a membership in one workspace of its organization. `None` if it is not in that workspace.
pub async fn workspace_permissions(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    workspace: WorkspaceId,
    membership: MembershipId,
) -> Result<Option<PermissionSet>> {
    let rows = cx.tx.all(sql::WORKSPACE_PERMISSIONS, (organization, workspace, membership)).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    Ok(Some(PermissionSet::union(rows.into_iter().filter_map(|(permissions,)| permissions))))
}

/// The permissions of a membership in each workspace that it is in.
pub async fn permissions_by_workspace(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    membership: MembershipId,
) -> Result<HashMap<WorkspaceId, PermissionSet>> {
    let mut permissions: HashMap<WorkspaceId, PermissionSet> = HashMap::new();
    for row in cx.tx.all(sql::PERMISSIONS_BY_WORKSPACE, (organization, membership)).await? {
        permissions.entry(row.workspace_id).or_default().extend(row.permissions.unwrap_or_default());
    }
    Ok(permissions)
}
