//! The caller's workspace memberships.

use std::collections::HashMap;

use super::sql::{Workspace, WorkspaceMembership, WorkspaceMembershipRole, own as sql};
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::grouping::group_by;
use crate::id::{MembershipId, OrganizationId, UserId};
use crate::membership;
use crate::organization::{self, Organization};
use crate::permission::{
    ADMIN, PermissionSet, RequiredPermission, RequiredWorkspacePermission, Requirement, Restriction,
};

/// Lists the caller's workspace memberships, newest first. A workspace that does not admit the caller's address, or
/// requires another or a stronger sign-in, shows its id and name only.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ListOwn {
    /// Restricts the list to one organization.
    pub organization: Option<OrganizationId>,
}

/// One of the caller's workspace memberships.
#[derive(Debug)]
pub struct OwnWorkspaceMembership {
    pub membership: WorkspaceMembership,
    pub workspace: Workspace,
    pub organization: Organization,
    /// Empty if there is a restriction.
    pub roles: Vec<WorkspaceMembershipRole>,
    /// Why the caller cannot use the workspace now: that of the organization and that of the workspace.
    pub restriction: Restriction,
}

impl Query for ListOwn {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<OwnWorkspaceMembership>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<OwnWorkspaceMembership>> {
        let user = cx.user()?;
        let loaded = load_of_user(cx, user).await?;
        let organizations = cx.tx.all(organization::sql::OF_USER, (user,)).await?;
        let organization_roles = cx.tx.all(membership::sql::ROLES_OF_USER, (user,)).await?;
        let admins_manage_workspaces = cx.executor.settings.organizations.admins_manage_workspaces;
        let is_required = organizations.iter().any(|organization| organization.requires_sso);
        let requiring = access::organizations_requiring_sso(cx, user, is_required).await?;
        let circumstances = access::circumstances(cx);
        let organizations: HashMap<_, _> =
            organizations.into_iter().map(|organization| (organization.id, organization)).collect();
        let mut permissions: HashMap<MembershipId, PermissionSet> = HashMap::new();
        for role in organization_roles {
            permissions.entry(role.membership_id).or_default().extend(role.permissions);
        }
        let own = loaded.into_iter().filter_map(|(membership, workspace, roles)| {
            let organization = organizations.get(&membership.organization_id)?;
            let in_organization = permissions.entry(membership.organization_membership_id).or_default();
            let in_workspace = PermissionSet::union(roles.iter().map(|role| role.permissions.clone()));
            let can_update = in_workspace.satisfies_in_workspace(RequiredWorkspacePermission::Admin)
                || (admins_manage_workspaces && in_organization.satisfies(RequiredPermission::Admin));
            let (requires_sso, is_admin) = (requiring.contains(&organization.id), in_organization.contains(ADMIN));
            let conditions = organization.access_conditions(requires_sso, is_admin);
            let of_organization = conditions.restriction(&circumstances);
            let restriction = of_organization.and(workspace.access_conditions().restriction(&circumstances));
            let organization = organization.clone();
            let organization = if of_organization.is_none() {
                organization.visible_to(in_organization)
            } else {
                organization.name_only()
            };
            Some(if restriction.is_none() {
                OwnWorkspaceMembership {
                    workspace: workspace.visible_to(can_update),
                    roles,
                    restriction,
                    organization,
                    membership,
                }
            } else {
                OwnWorkspaceMembership {
                    membership: WorkspaceMembership { public_metadata: "{}".to_owned(), ..membership },
                    workspace: workspace.name_only(),
                    roles: Vec::new(),
                    restriction,
                    organization,
                }
            })
        });
        let is_included =
            |own: &OwnWorkspaceMembership| self.organization.is_none_or(|id| own.membership.organization_id == id);
        Ok(own.filter(is_included).collect())
    }
}

/// Loads the workspace memberships of a user, newest first.
pub(crate) async fn load_of_user(
    cx: &mut Context<'_>,
    user: UserId,
) -> Result<Vec<(WorkspaceMembership, Workspace, Vec<WorkspaceMembershipRole>)>> {
    let memberships = cx.tx.all(sql::ALL_OF_USER, (user,)).await?;
    let workspaces = cx.tx.all(sql::OF_USER, (user,)).await?;
    let roles = cx.tx.all(sql::ROLES_OF_USER, (user,)).await?;
    let mut workspaces: HashMap<_, _> = workspaces.into_iter().map(|workspace| (workspace.id, workspace)).collect();
    let mut roles = group_by(roles, |role| role.membership_id);
    let loaded = memberships.into_iter().filter_map(|membership| {
        let workspace = workspaces.remove(&membership.workspace_id)?;
        let roles = roles.remove(&membership.id).unwrap_or_default();
        Some((membership, workspace, roles))
    });
    Ok(loaded.collect())
}
