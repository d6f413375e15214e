//! Whether an organization has a free seat for an invitee.

use crate::access::Grant;
use crate::error::{Code, Result};
use crate::execution::Context;
use crate::{membership, organization};

/// Checks that a seat is free for this address key. A member needs none. An invitation occupies a seat, so that it can
/// be accepted later, unless the settings count members only.
///
/// # Errors
/// `ORGANIZATION_FULL`.
pub(super) async fn check_free_seat(cx: &mut Context<'_>, grant: &Grant, key: &str) -> Result<()> {
    let organization = grant.organization();
    if organization::seats(cx, organization).await?.is_none_or(|seats| seats.free > 0) {
        return Ok(());
    }
    let is_member = cx.tx.optional(membership::sql::BY_EMAIL, (organization, key)).await?.is_some();
    if is_member { Ok(()) } else { Err(Code::OrganizationFull.into()) }
}
