//! The organizations one belongs to.

use super::sql::{self, Membership, MembershipRole};
use crate::context::{Context, Query};
use crate::error::Result;
use crate::organization::{self, Organization};

/// Shows the caller's memberships, the newest first. Error: `UNAUTHORIZED`.
#[derive(Debug)]
pub struct Mine;

/// One of the caller's memberships.
#[derive(Debug)]
pub struct OwnMembership {
    /// The membership.
    pub membership: Membership,
    /// The organization.
    pub organization: Organization,
    /// The roles, oldest first.
    pub roles: Vec<MembershipRole>,
}

impl Query for Mine {
    type Out = Vec<OwnMembership>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<OwnMembership>> {
        let user = cx.user()?;
        let memberships = cx.tx.all(sql::ALL_OF_USER, (user,)).await?;
        let organizations = cx.tx.all(organization::sql::OF_USER, (user,)).await?;
        let roles = cx.tx.all(sql::ROLES_OF_USER, (user,)).await?;
        let own = memberships.into_iter().filter_map(|membership| {
            let organization =
                organizations.iter().find(|organization| organization.id == membership.organization_id)?;
            Some(OwnMembership {
                roles: roles.iter().filter(|role| role.membership_id == membership.id).cloned().collect(),
                organization: organization.clone(),
                membership,
            })
        });
        Ok(own.collect())
    }
}
