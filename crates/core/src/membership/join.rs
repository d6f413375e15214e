//! Adding a member to an organization.

use super::sql::{self, Membership};
use crate::error::Result;
use crate::execution::Context;
use crate::id::{OrganizationId, RoleId, UserId};
use crate::organization;

/// Makes a user a member with a role that the caller has checked. Both statements are deferred. If the user has become
/// a member concurrently, the transaction fails on the unique key and is retried.
pub(crate) fn join(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    user: UserId,
    role: RoleId,
) -> Result<Membership> {
    let (id, now) = (cx.id(), cx.now);
    cx.tx.defer(sql::INSERT, (id, organization, user, now))?;
    cx.tx.defer(organization::sql::ASSIGN_ROLE, (organization, id, role))?;
    let public_metadata = "{}".to_owned();
    Ok(Membership {
        id,
        organization_id: organization,
        user_id: user,
        public_metadata,
        created_at: now,
        updated_at: now,
    })
}
