//! How many more people an organization has room for.

use super::sql::{self, Organization};
use crate::error::Result;
use crate::execution::Context;
use crate::id::OrganizationId;

/// The seats of an organization that has a bound on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatCount {
    /// Taken by members.
    pub used: i64,
    /// Kept for people who are invited; none when the settings say that only members hold seats.
    pub held: i64,
    /// Left for others. Not below 0, though a setting may have been lowered since.
    pub free: i64,
}

/// Takes a seat for a new member; `None` when none is left. Everybody who comes in changes this one row, and waits for who
/// came in before them, unless there is no bound on seats: see [`seat_one_more`].
pub(crate) async fn take_seat(cx: &mut Context<'_>, organization: OrganizationId) -> Result<Option<Organization>> {
    let most = cx.executor.settings.seats.organization_limit();
    Ok(cx.tx.optional(sql::TAKE_SEAT, (organization, most, cx.now)).await?)
}

/// Counts a new member where there is no bound on seats. As late as can be: who comes in meanwhile waits for this row.
pub(crate) fn seat_one_more(cx: &mut Context<'_>, organization: OrganizationId) -> Result<()> {
    cx.tx.serialize_on(organization.get());
    Ok(cx.tx.defer(sql::SEAT_ONE_MORE, (organization, cx.now))?)
}

/// Counts them; `None` when there is no bound, and nothing to count for.
pub(crate) async fn seats(cx: &mut Context<'_>, organization: OrganizationId) -> Result<Option<SeatCount>> {
    let seats = cx.executor.settings.seats;
    if seats.max_per_organization == 0 {
        return Ok(None);
    }
    let seated = cx.tx.one(sql::SEATS, (organization, cx.now)).await?;
    let held = if seats.count_pending_invitations { seated.held } else { 0 };
    let free = (seats.organization_limit() - seated.used - held).max(0);
    Ok(Some(SeatCount { used: seated.used, held, free }))
}
