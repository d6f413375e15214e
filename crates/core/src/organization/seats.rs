//! How many more people an organization has room for.

use super::sql::{self, Organization};
use crate::error::Result;
use crate::execution::Context;
use crate::id::OrganizationId;

/// The seats of an organization that has a bound on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatCount {
    /// Members.
    pub used: i64,
    /// Invitees with an open invitation; 0 unless the settings count them.
    pub held: i64,
    /// At least 0, even if the limit was lowered below the current use.
    pub free: i64,
}

/// Takes a seat for a new member; `None` when none is left. Everybody who comes in changes this one row, and waits for who
/// came in before them, unless there is no bound on seats: see [`increment_member_count`].
pub(crate) async fn take_seat(cx: &mut Context<'_>, organization: OrganizationId) -> Result<Option<Organization>> {
    let most = cx.executor.settings.seats.most_in_organization();
    Ok(cx.tx.optional(sql::TAKE_SEAT, (organization, most, cx.now)).await?)
}

/// Counts a new member where there is no bound on seats. As late as can be: who comes in meanwhile waits for this row.
pub(crate) fn increment_member_count(cx: &mut Context<'_>, organization: OrganizationId) -> Result<()> {
    cx.tx.serialize_on(organization.get());
    Ok(cx.tx.defer(sql::INCREMENT_MEMBER_COUNT, (organization, cx.now))?)
}

/// Counts them; `None` when there is no bound, and nothing to count for.
pub(crate) async fn seats(cx: &mut Context<'_>, organization: OrganizationId) -> Result<Option<SeatCount>> {
    let seats = cx.executor.settings.seats;
    if seats.organization == 0 {
        return Ok(None);
    }
    let seated = cx.tx.one(sql::SEAT_USAGE, (organization, cx.now)).await?;
    let held = if seats.held_by_invitations { seated.held } else { 0 };
    let free = (seats.most_in_organization() - seated.used - held).max(0);
    Ok(Some(SeatCount { used: seated.used, held, free }))
}
