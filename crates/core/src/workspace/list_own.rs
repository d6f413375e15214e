//! The caller's workspace memberships.

use super::sql::{self, Workspace, WorkspaceMembership, WorkspaceMembershipRole};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::OrganizationId;
use crate::organization::{self, Organization};
use crate::permission::{AddressList, Requirement};

/// Lists the caller's workspace memberships, newest first.
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
    pub roles: Vec<WorkspaceMembershipRole>,
    /// Whether both address lists admit the caller's address.
    pub is_address_allowed: bool,
}

impl Query for ListOwn {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<OwnWorkspaceMembership>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<OwnWorkspaceMembership>> {
        let user = cx.user()?;
        let memberships = cx.tx.all(sql::ALL_OF_USER, (user,)).await?;
        let workspaces = cx.tx.all(sql::OF_USER, (user,)).await?;
        let organizations = cx.tx.all(organization::sql::OF_USER, (user,)).await?;
        let roles = cx.tx.all(sql::ROLES_OF_USER, (user,)).await?;
        let address = cx.caller.address;
        let own = memberships.into_iter().filter_map(|membership| {
            let of_membership = |organization: &&Organization| organization.id == membership.organization_id;
            let organization = organizations.iter().find(of_membership)?;
            let workspace = workspaces.iter().find(|workspace| workspace.id == membership.workspace_id)?;
            Some(OwnWorkspaceMembership {
                roles: roles.iter().filter(|role| role.membership_id == membership.id).cloned().collect(),
                is_address_allowed: [
                    (organization.enable_ip_restriction, &organization.whitelisted_ips),
                    (workspace.enable_ip_restriction, &workspace.whitelisted_ips),
                ]
                .into_iter()
                .all(|(restricts, addresses)| AddressList::is_allowed(restricts, addresses, address)),
                workspace: workspace.clone(),
                organization: organization.clone(),
                membership,
            })
        });
        let is_included =
            |own: &OwnWorkspaceMembership| self.organization.is_none_or(|id| own.membership.organization_id == id);
        Ok(own.filter(is_included).collect())
    }
}
