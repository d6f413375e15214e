//! Authorization: [`authorize`] is the only way to obtain a [`Grant`].
//!
//! Every statement on an organization's data takes its organization from a grant, so that no caller can reach another
//! organization's data by its id.

mod restrictions;
pub(crate) mod sql;

use std::collections::HashMap;
use std::net::IpAddr;

use crate::assurance::MfaRequirement;
use crate::caller::CurrentSetupLink;
use crate::error::{Code, Problem, Result};
use crate::execution::Context;
use crate::id::{ApiKeyId, MembershipId, OrganizationId, SetupLinkId, UserId, WorkspaceId};
use crate::permission::{
    ADMIN, AccessConditions, AddressList, MemberPermissions, PermissionSet, RequiredPermission,
    RequiredWorkspacePermission,
};
use crate::scope::Scope;

pub(crate) use restrictions::{apply_mfa_change, circumstances, organizations_requiring_sso, require_unrestricted};

/// Proof that the caller is authorized in one organization, in the state that this transaction sees.
#[derive(Debug)]
pub struct Grant {
    organization: OrganizationId,
    actor: Actor,
    permissions: PermissionSet,
}

/// Who acts in an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Member(Member),
    ApiKey(ApiKeyId),
    /// The person who has opened a setup link. They have no permissions, and run the operations for the link's purposes with
    /// the authority of the admin who made it.
    SetupLink(SetupLinkId),
}

/// The caller as a member of an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    pub membership: MembershipId,
    pub user: UserId,
}

impl Grant {
    /// The organization of the grant: the only one that statements may use.
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// The caller's membership. `None` for an API key and a setup link.
    pub fn membership(&self) -> Option<MembershipId> {
        self.member().ok().map(|member| member.membership)
    }

    /// The caller. `None` for an API key and a setup link.
    pub fn user(&self) -> Option<UserId> {
        self.member().ok().map(|member| member.user)
    }

    /// The caller, for an operation that only a person can do.
    ///
    /// # Errors
    /// `FORBIDDEN` for an API key and a setup link.
    pub fn member(&self) -> Result<Member> {
        match self.actor {
            Actor::Member(member) => Ok(member),
            Actor::ApiKey(_) | Actor::SetupLink(_) => Err(Code::Forbidden.into()),
        }
    }

    /// The caller's API key, for an operation that only a backend can do.
    ///
    /// # Errors
    /// `FORBIDDEN` for a member and a setup link.
    pub fn api_key(&self) -> Result<ApiKeyId> {
        match self.actor {
            Actor::ApiKey(key) => Ok(key),
            Actor::Member(_) | Actor::SetupLink(_) => Err(Code::Forbidden.into()),
        }
    }

    /// The permissions of all the caller's roles in this organization, or of the scopes of the API key. None for a setup
    /// link.
    pub fn permissions(&self) -> &PermissionSet {
        &self.permissions
    }

    /// Whether the caller has `required` for this operation: a setup link was checked for the operation's purpose, and has
    /// the authority of an admin for it.
    pub fn satisfies(&self, required: RequiredPermission) -> bool {
        match self.actor {
            Actor::Member(_) | Actor::ApiKey(_) => self.permissions.satisfies(required),
            Actor::SetupLink(_) => true,
        }
    }

    /// Whether the caller may grant these permissions in this organization: nobody grants more than they have. To an
    /// API key, this applies to the built-in permissions: the others mean nothing to the service. A setup link grants none.
    pub fn covers(&self, granted: &PermissionSet) -> bool {
        match self.actor {
            Actor::Member(_) | Actor::SetupLink(_) => self.permissions.covers(granted),
            Actor::ApiKey(_) => self.permissions.covers(&granted.built_in()),
        }
    }

    /// Like [`Self::covers`], in a workspace in which the caller has the permissions `in_workspace`; `None` if they are
    /// not in it.
    pub fn covers_in_workspace(&self, in_workspace: Option<&PermissionSet>, granted: &PermissionSet) -> bool {
        match self.actor {
            Actor::Member(_) | Actor::SetupLink(_) => self.permissions.covers_in_workspace(in_workspace, granted),
            Actor::ApiKey(_) => self.permissions.covers_in_workspace(Some(&self.permissions), &granted.built_in()),
        }
    }
}

/// Checks that the caller has `required` in this organization.
///
/// # Errors
/// `UNAUTHORIZED` without a sign-in. `FORBIDDEN` if the caller is no member or lacks the permission, or if the
/// organization does not exist or was deleted; these cases are indistinguishable, so that a stranger cannot probe for
/// organizations. `ADDRESS_NOT_ALLOWED` if the caller is a member, but the organization does not allow their IP
/// address, `SSO_REQUIRED` if they have to sign in through its identity provider, and `MFA_REQUIRED` if it requires a
/// stronger sign-in. `ORGANIZATION_NOT_FOUND` for an API key, also if it is for another organization. What an API key may do
/// depends on its scopes, and what a setup link may do on its purposes, which were checked for the whole operation.
pub async fn authorize(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    required: RequiredPermission,
) -> Result<Grant> {
    cx.subject.organization = Some(organization);
    if let Some(key) = &cx.api_key {
        let (key, bound_to, permissions) = (key.id, key.organization_id, key.scopes.permissions());
        // Cached access is for an organization that exists and that the key may name.
        if cx.access.as_ref().and_then(|access| access.revision_of(organization)).is_none() {
            check_organization_of_key(cx, organization, bound_to).await?;
        }
        return Ok(Grant { organization, actor: Actor::ApiKey(key), permissions });
    }
    if let Some(link) = &cx.setup_link {
        return authorize_link(link, organization, cx.caller.address);
    }
    let user = cx.user()?;
    let cached = cx.access.as_ref().and_then(|access| access.permissions_in(organization).cloned());
    let member = match cached {
        Some(member) => member,
        None => load_member(cx, organization, user).await?.ok_or(Code::Forbidden)?,
    };
    let restriction = member.restriction(&circumstances(cx));
    require_unrestricted(cx, organization, restriction).await?;
    let MemberPermissions { membership, permissions, .. } = member;
    if permissions.satisfies(required) {
        Ok(Grant { organization, actor: Actor::Member(Member { membership, user }), permissions })
    } else {
        Err(Code::Forbidden.into())
    }
}

/// The grant of a setup link. The addresses that the organization allows bind it as they bind its creator.
///
/// # Errors
/// `FORBIDDEN` in another organization; `ADDRESS_NOT_ALLOWED`.
fn authorize_link(link: &CurrentSetupLink, organization: OrganizationId, address: IpAddr) -> Result<Grant> {
    if link.organization_id != organization {
        return Err(Code::Forbidden.into());
    }
    if !AddressList::is_allowed(link.restricts_addresses, &link.allowed_addresses, address) {
        return Err(Code::AddressNotAllowed.into());
    }
    Ok(Grant { organization, actor: Actor::SetupLink(link.id), permissions: PermissionSet::default() })
}

/// Returns the organization for a query that only an API key can run, if the key can access it. [`authorize`] costs a
/// statement more: the query's own statements have to check that the organization exists.
///
/// # Errors
/// `FORBIDDEN` without an API key; `ORGANIZATION_NOT_FOUND` if it is for another organization.
pub(crate) fn organization_of_key(cx: &mut Context<'_>, organization: OrganizationId) -> Result<OrganizationId> {
    cx.subject.organization = Some(organization);
    let key = cx.api_key.as_ref().ok_or(Code::Forbidden)?;
    if is_allowed(key.organization_id, organization) {
        Ok(organization)
    } else {
        Err(Code::OrganizationNotFound.into())
    }
}

fn is_allowed(bound_to: Option<OrganizationId>, organization: OrganizationId) -> bool {
    bound_to.is_none_or(|bound_to| bound_to == organization)
}

async fn check_organization_of_key(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    bound_to: Option<OrganizationId>,
) -> Result<()> {
    if is_allowed(bound_to, organization) && cx.tx.optional(sql::ORGANIZATION, (organization,)).await?.is_some() {
        Ok(())
    } else {
        Err(Code::OrganizationNotFound.into())
    }
}

/// Checks that the caller's API key is for all organizations, for an operation on the installation.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`.
pub fn require_unbound_key(cx: &Context<'_>) -> Result<()> {
    match &cx.api_key {
        Some(key) if key.organization_id.is_some() => Err(Code::KeyBoundToOrganization.into()),
        _ => Ok(()),
    }
}

/// Checks that the caller's API key, if there is one, has a scope, for an operation whose scope depends on its
/// arguments.
///
/// # Errors
/// `SCOPE_MISSING`.
pub fn require_scope(cx: &Context<'_>, scope: Scope) -> Result<()> {
    match &cx.api_key {
        Some(key) if !key.scopes.contains(scope) => Err(scope.missing()),
        _ => Ok(()),
    }
}

async fn load_member(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    user: UserId,
) -> Result<Option<MemberPermissions>> {
    let rows = cx.tx.all(sql::MEMBERSHIP, (organization, user)).await?;
    let first = rows.first().map(|first| {
        let mfa = MfaRequirement::new(first.enforce_mfa, first.minimum_assurance, first.mfa_enforced_from);
        (first.membership_id, first.restricts_addresses, first.allowed_addresses.clone(), first.requires_sso, mfa)
    });
    Ok(first.map(|(membership, restricts_addresses, allowed_addresses, requires_sso, mfa)| MemberPermissions {
        organization,
        membership,
        restricts_addresses,
        allowed_addresses,
        requires_sso,
        mfa,
        permissions: PermissionSet::union(rows.into_iter().filter_map(|row| row.permissions)),
    }))
}

/// Proof that the caller is authorized in one workspace, in the state that this transaction sees.
#[derive(Debug)]
pub struct WorkspaceGrant {
    organization: Grant,
    workspace: WorkspaceId,
    /// `None` for an API key, and for an admin of the organization who is not in the workspace.
    permissions: Option<PermissionSet>,
    /// Whether the caller manages every workspace: as an admin of the organization, or as an API key.
    manages_all: bool,
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
        self.manages_all || own.is_some_and(|own| own.satisfies_in_workspace(RequiredWorkspacePermission::Admin))
    }

    /// Whether the caller has all of these permissions in this workspace.
    pub fn covers(&self, granted: &PermissionSet) -> bool {
        self.organization.covers_in_workspace(self.permissions.as_ref(), granted)
    }
}

/// Checks that the caller has `required` in this workspace. An admin of the organization has every workspace
/// permission, unless `organizations.admins_manage_workspaces` is off.
///
/// # Errors
/// Those of [`authorize`]; `FORBIDDEN` also if the workspace does not exist; `WORKSPACE_NOT_FOUND` for an API key then.
pub async fn authorize_in_workspace(
    cx: &mut Context<'_>,
    workspace: WorkspaceId,
    required: RequiredWorkspacePermission,
) -> Result<WorkspaceGrant> {
    cx.subject.workspace = Some(workspace);
    if cx.api_key.is_none() {
        cx.user()?;
    }
    let unknown = if cx.api_key.is_some() { Code::WorkspaceNotFound } else { Code::Forbidden };
    let row = cx.tx.optional(sql::WORKSPACE, (workspace,)).await?.ok_or(unknown)?;
    let organization = authorize(cx, row.organization_id, RequiredPermission::Membership).await;
    // A key for another organization learns no more than one for an unknown workspace.
    let is_foreign = |problem: &Problem| problem.code() == Code::OrganizationNotFound;
    let organization = organization.map_err(|problem| if is_foreign(&problem) { unknown.into() } else { problem })?;
    let member = match organization.actor {
        Actor::Member(member) => member,
        Actor::ApiKey(_) => {
            return Ok(WorkspaceGrant { organization, workspace, permissions: None, manages_all: true });
        }
        Actor::SetupLink(_) => return Err(Code::Forbidden.into()),
    };
    let permissions = workspace_permissions(cx, row.organization_id, workspace, member.membership).await?;
    let manages_all =
        cx.executor.settings.organizations.admins_manage_workspaces && organization.permissions.contains(ADMIN);
    if !manages_all && !permissions.as_ref().is_some_and(|own| own.satisfies_in_workspace(required)) {
        return Err(Code::Forbidden.into());
    }
    require_admitted(cx, &row).await?;
    Ok(WorkspaceGrant { organization, workspace, permissions, manages_all })
}

/// Checks that a workspace of the grant's organization, which exists, admits the caller, before they use permissions in
/// the organization to let others into it. It admits every API key.
///
/// # Errors
/// `ADDRESS_NOT_ALLOWED`; `MFA_REQUIRED`; `WORKSPACE_NOT_FOUND`.
pub(crate) async fn require_admitted_to_workspace(
    cx: &mut Context<'_>,
    grant: &Grant,
    workspace: WorkspaceId,
) -> Result<()> {
    if grant.user().is_none() {
        return Ok(());
    }
    let found = cx.tx.optional(sql::WORKSPACE, (workspace,)).await?;
    let row = found.filter(|row| row.organization_id == grant.organization()).ok_or(Code::WorkspaceNotFound)?;
    require_admitted(cx, &row).await
}

async fn require_admitted(cx: &mut Context<'_>, workspace: &sql::WorkspaceRow) -> Result<()> {
    let conditions = AccessConditions {
        organization: workspace.organization_id,
        restricts_addresses: workspace.restricts_addresses,
        allowed_addresses: &workspace.allowed_addresses,
        requires_sso: false,
        is_admin: false,
        mfa: MfaRequirement::new(workspace.enforce_mfa, workspace.minimum_assurance, workspace.mfa_enforced_from),
    };
    let restriction = conditions.restriction(&circumstances(cx));
    require_unrestricted(cx, workspace.organization_id, restriction).await
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
