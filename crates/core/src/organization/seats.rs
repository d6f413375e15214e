//! Seats: the limit on members of an organization.

use super::sql::{self, Organization};
use crate::error::Result;
use crate::execution::Context;
use crate::id::OrganizationId;

/// The seats of an organization with a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatCount {
    /// Members.
    pub used: i64,
    /// Invitees with an open invitation; 0 unless the settings count them.
    pub reserved: i64,
    /// At least 0, even if the limit was lowered below the current use.
    pub free: i64,
}

/// Counts a new member; `None` when no seat is free. Concurrent joins serialize on the organization's row. Without a
/// limit, use [`increment_member_count`], which locks it for a shorter time.
pub(crate) async fn take_seat(cx: &mut Context<'_>, organization: OrganizationId) -> Result<Option<Organization>> {
    take_seats(cx, organization, 1).await
}

/// Like [`take_seat`], for this many new members.
pub(crate) async fn take_seats(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    count: usize,
) -> Result<Option<Organization>> {
    let limit = cx.executor.settings.seats.organization_limit();
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    Ok(cx.tx.optional(sql::TAKE_SEATS, (organization, count, limit, cx.now)).await?)
}

/// Counts a new member of an organization without a limit. The statement is deferred to the end of the transaction,
/// because concurrent joins wait for its row lock.
pub(crate) fn increment_member_count(cx: &mut Context<'_>, organization: OrganizationId) -> Result<()> {
    Ok(cx.tx.defer(sql::INCREMENT_MEMBER_COUNT, (organization, cx.now))?)
}

/// Counts the seats; `None` without a limit.
pub(crate) async fn seats(cx: &mut Context<'_>, organization: OrganizationId) -> Result<Option<SeatCount>> {
    let seats = cx.executor.settings.seats;
    if seats.max_per_organization == 0 {
        return Ok(None);
    }
    let usage = cx.tx.one(sql::SEAT_USAGE, (organization, cx.now)).await?;
    let reserved = if seats.count_pending_invitations { usage.reserved } else { 0 };
    let free = (seats.organization_limit() - usage.used - reserved).max(0);
    Ok(Some(SeatCount { used: usage.used, reserved, free }))
}
