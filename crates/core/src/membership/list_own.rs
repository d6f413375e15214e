//! The caller's memberships.

use std::collections::HashMap;

use super::sql::{self, Membership, MembershipRole};
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::grouping::group_by;
use crate::id::UserId;
use crate::organization::{self, Organization};
use crate::permission::{ADMIN, PermissionSet, Requirement, Restriction};
use crate::user::{self, PublicUser};

/// Lists the caller's memberships, newest first. An organization that does not admit the caller's address, or requires
/// another or a stronger sign-in, shows its id and name only.
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
    /// Empty if there is a restriction.
    pub roles: Vec<MembershipRole>,
    /// Whether the caller is an admin, also if there is a restriction.
    pub is_admin: bool,
    /// Why the caller cannot use the organization now.
    pub restriction: Restriction,
}

impl OwnMembership {
    /// What a member reads whom the organization does not admit.
    fn restricted(self) -> Self {
        let mut membership = self.membership;
        "{}".clone_into(&mut membership.public_metadata);
        Self { membership, organization: self.organization.name_only(), roles: Vec::new(), ..self }
    }
}

impl Query for ListOwn {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<OwnMembership>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<OwnMembership>> {
        let user = cx.user()?;
        let (profile, circumstances) =
            (cx.tx.one(user::sql::PUBLIC_PROFILE, (user,)).await?, access::circumstances(cx));
        let loaded = load_of_user(cx, user).await?;
        let is_required = loaded.iter().any(|(_, organization, _)| organization.requires_sso);
        let requiring = access::organizations_requiring_sso(cx, user, is_required).await?;
        let own = loaded.into_iter().map(|(membership, organization, roles)| {
            let permissions = PermissionSet::union(roles.iter().map(|role| role.permissions.clone()));
            let (requires_sso, is_admin) = (requiring.contains(&organization.id), permissions.contains(ADMIN));
            let restriction = organization.access_conditions(requires_sso, is_admin).restriction(&circumstances);
            let organization = organization.visible_to(&permissions);
            let own = OwnMembership { membership, organization, user: profile.clone(), roles, is_admin, restriction };
            if restriction.is_none() { own } else { own.restricted() }
        });
        Ok(own.collect())
    }
}

/// Loads the memberships of a user, newest first, with what their organizations show to their admins.
pub(crate) async fn load_of_user(
    cx: &mut Context<'_>,
    user: UserId,
) -> Result<Vec<(Membership, Organization, Vec<MembershipRole>)>> {
    let memberships = cx.tx.all(sql::ALL_OF_USER, (user,)).await?;
    let organizations = cx.tx.all(organization::sql::OF_USER, (user,)).await?;
    let roles = cx.tx.all(sql::ROLES_OF_USER, (user,)).await?;
    let mut organizations: HashMap<_, _> =
        organizations.into_iter().map(|organization| (organization.id, organization)).collect();
    let mut roles = group_by(roles, |role| role.membership_id);
    let loaded = memberships.into_iter().filter_map(|membership| {
        let organization = organizations.remove(&membership.organization_id)?;
        let roles = roles.remove(&membership.id).unwrap_or_default();
        Some((membership, organization, roles))
    });
    Ok(loaded.collect())
}
