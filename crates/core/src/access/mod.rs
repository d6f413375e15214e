//! Who may do what: permissions, the rule that nobody gives more than they hold, and [`authorize`], which alone makes a
//! [`Grant`]. Every statement on an organization's things takes its organization from a grant or carries the same id.

pub(crate) mod sql;

use std::collections::HashMap;

use crate::permission::{
    ADMIN, AddressList, MemberPermissions, PermissionSet, RequiredPermission, RequiredWorkspacePermission,
};

use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::{MembershipId, OrganizationId, UserId, WorkspaceId};

/// Proof that the caller was allowed to do something in one organization, at the instant of this transaction.
#[derive(Debug)]
pub struct Grant {
    organization: OrganizationId,
    membership: MembershipId,
    user: UserId,
    held: PermissionSet,
}

impl Grant {
    /// The organization it is for: the only one that may stand in a statement behind it.
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

    /// All that the caller's roles hold in this organization.
    pub fn held(&self) -> &PermissionSet {
        &self.held
    }
}

/// Asks whether the signed-in caller has what `required` asks for in this organization.
///
/// Errors: `UNAUTHORIZED` without a sign-in; `FORBIDDEN` for who is no member, has no such permission, or names an
/// organization that does not exist or was deleted: all the same, so that a stranger learns nothing (decision 4);
/// `ADDRESS_NOT_ALLOWED` for a member who comes from elsewhere than the organization lets in.
pub async fn authorize(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    required: RequiredPermission,
) -> Result<Grant> {
    let user = cx.user()?;
    let found = cx.access.as_ref().and_then(|access| access.permissions_in(organization).cloned());
    let permissions = match found {
        Some(permissions) => permissions,
        None => permissions(cx, organization, user).await?.ok_or(Code::Forbidden)?,
    };
    if !permissions.allows(cx.caller.address) {
        return Err(Code::AddressNotAllowed.into());
    }
    let MemberPermissions { membership, held, .. } = permissions;
    if held.satisfies(required) {
        Ok(Grant { organization, membership, user, held })
    } else {
        Err(Code::Forbidden.into())
    }
}

async fn permissions(
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
        held: PermissionSet::union(rows.into_iter().filter_map(|row| row.permissions)),
    }))
}

/// Proof that the caller was allowed to do something in one workspace, at the instant of this transaction.
#[derive(Debug)]
pub struct WorkspaceGrant {
    organization: Grant,
    workspace: WorkspaceId,
    held: Option<PermissionSet>,
}

impl WorkspaceGrant {
    /// The workspace with its organization: the only ones that may stand in a statement behind it.
    pub fn place(&self) -> (OrganizationId, WorkspaceId) {
        (self.organization.organization, self.workspace)
    }

    /// What the caller may do in the organization.
    pub fn in_organization(&self) -> &Grant {
        &self.organization
    }

    /// Whether the caller holds all of this, here.
    pub fn covers(&self, granted: &PermissionSet) -> bool {
        self.organization.held.covers_in_workspace(self.held.as_ref(), granted)
    }
}

/// Asks whether the signed-in caller has what `required` asks for in this workspace. An admin of the organization has all of it
/// there, unless the settings say otherwise.
///
/// Errors: those of [`authorize`]; `FORBIDDEN` also for a workspace that does not exist.
pub async fn authorize_in_workspace(
    cx: &mut Context<'_>,
    workspace: WorkspaceId,
    required: RequiredWorkspacePermission,
) -> Result<WorkspaceGrant> {
    cx.user()?;
    let gate = cx.tx.optional(sql::WORKSPACE, (workspace,)).await?.ok_or(Code::Forbidden)?;
    let organization = authorize(cx, gate.organization_id, RequiredPermission::Membership).await?;
    let held = held_in_workspace(cx, gate.organization_id, workspace, organization.membership).await?;
    let is_above = cx.executor.settings.organizations.admins_manage_workspaces && organization.held.holds(ADMIN);
    if !is_above && !held.as_ref().is_some_and(|held| held.satisfies_in_workspace(required)) {
        return Err(Code::Forbidden.into());
    }
    if !AddressList::is_allowed(gate.restricts_addresses, &gate.allowed_addresses, cx.caller.address) {
        return Err(Code::AddressNotAllowed.into());
    }
    Ok(WorkspaceGrant { organization, workspace, held })
}

/// What a membership holds in its organization, now: for asking again about somebody who is not the caller.
pub async fn held_by(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    membership: MembershipId,
) -> Result<PermissionSet> {
    let rows = cx.tx.all(sql::HELD_BY_MEMBERSHIP, (organization, membership)).await?;
    Ok(PermissionSet::union(rows.into_iter().map(|(permissions,)| permissions)))
}

/// What a membership holds in one of its organization's workspaces; `None` when it is not in that workspace.
pub async fn held_in_workspace(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    workspace: WorkspaceId,
    membership: MembershipId,
) -> Result<Option<PermissionSet>> {
    let rows = cx.tx.all(sql::HELD_IN_WORKSPACE, (organization, workspace, membership)).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    Ok(Some(PermissionSet::union(rows.into_iter().filter_map(|(permissions,)| permissions))))
}

/// The same for every workspace of the organization that the membership is in.
pub async fn held_in_workspaces(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    membership: MembershipId,
) -> Result<HashMap<WorkspaceId, PermissionSet>> {
    let mut held: HashMap<WorkspaceId, PermissionSet> = HashMap::new();
    for row in cx.tx.all(sql::HELD_IN_WORKSPACES, (organization, membership)).await? {
        let there = held.entry(row.workspace_id).or_default();
        *there = PermissionSet::union([std::mem::take(there)].into_iter().chain(row.permissions));
    }
    Ok(held)
}
