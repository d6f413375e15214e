//! The caller's memberships.

use super::sql::{self, Membership, MembershipRole};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::organization::{self, Organization};
use crate::permission::{AddressList, Requirement};
use crate::user::{self, PublicUser};

/// Lists the caller's memberships, newest first.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ListOwn;

/// One of the caller's memberships.
#[derive(Debug)]
pub struct OwnMembership {
    pub membership: Membership,
    pub organization: Organization,
    pub user: PublicUser,
    pub roles: Vec<MembershipRole>,
    /// Whether the organization's address list admits the caller's address.
    pub is_address_allowed: bool,
}

impl Query for ListOwn {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<OwnMembership>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<OwnMembership>> {
        let user = cx.user()?;
        let (profile, address) = (cx.tx.one(user::sql::PUBLIC_PROFILE, (user,)).await?, cx.caller.address);
        let memberships = cx.tx.all(sql::ALL_OF_USER, (user,)).await?;
        let organizations = cx.tx.all(organization::sql::OF_USER, (user,)).await?;
        let roles = cx.tx.all(sql::ROLES_OF_USER, (user,)).await?;
        let own = memberships.into_iter().filter_map(|membership| {
            let organization =
                organizations.iter().find(|organization| organization.id == membership.organization_id)?;
            Some(OwnMembership {
                roles: roles.iter().filter(|role| role.membership_id == membership.id).cloned().collect(),
                organization: organization.clone(),
                user: profile.clone(),
                is_address_allowed: AddressList::is_allowed(
                    organization.enable_ip_restriction,
                    &organization.whitelisted_ips,
                    address,
                ),
                membership,
            })
        });
        Ok(own.collect())
    }
}
