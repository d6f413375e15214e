//! The numbers that a navigation shows.

use vestibule_db::BatchQueries;

use super::sql;
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::OrganizationId;
use crate::listing::Total;
use crate::permission::{RequiredPermission, Requirement};

/// The most invitations and requests that a navigation counts, because every page does.
const MAX_COUNTED: i64 = 999;

/// Counts the members, pending invitations and pending join requests of an organization.
///
/// # Errors
/// `FORBIDDEN` for a non-member.
#[derive(Debug)]
pub struct Count {
    pub organization: OrganizationId,
}

#[derive(Clone, Copy, Debug)]
pub struct Counts {
    pub members: i64,
    /// Including expired ones. `None` without `organization:manage_members`.
    pub pending_invitations: Option<Total>,
    /// `None` without `organization:manage_members`.
    pub join_requests: Option<Total>,
}

impl Query for Count {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Membership);
    const ERRORS: &'static [Code] = &[];
    type Out = Counts;

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Counts> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Membership).await?;
        let organization = grant.organization();
        if !grant.permissions().satisfies(RequiredPermission::ManageMembers) {
            let (members,) = cx.tx.one(sql::MEMBER_COUNT, (organization,)).await?;
            return Ok(Counts { members, pending_invitations: None, join_requests: None });
        }
        let pending = (sql::COUNT_PENDING, (organization, MAX_COUNTED + 1));
        let (members, pending) = cx.tx.batch(((sql::MEMBER_COUNT, (organization,)), pending).batch()).await?;
        let members = members.first().map_or(0, |(members,)| *members);
        let pending = pending.first();
        let total = |count: i64| Total::bounded(count, MAX_COUNTED);
        Ok(Counts {
            members,
            pending_invitations: pending.map(|pending| total(pending.invitations)),
            join_requests: pending.map(|pending| total(pending.join_requests)),
        })
    }
}
