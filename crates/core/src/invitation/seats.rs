//! Whether an organization has a seat for whoever is invited.

use crate::access::Grant;
use crate::context::Context;
use crate::error::{Code, Result};
use crate::{membership, organization};

/// An invitation holds a seat, so that it is worth something when it arrives; unless the settings say that only members
/// do. Somebody who is a member already needs none. Error: `ORGANIZATION_FULL`.
pub(super) async fn refuse_when_full(cx: &mut Context<'_>, grant: &Grant, key: &str) -> Result<()> {
    let (seats, organization) = (cx.service.settings.seats, grant.organization());
    if seats.organization == 0 || cx.tx.optional(membership::sql::OF_ADDRESS, (organization, key)).await?.is_some() {
        return Ok(());
    }
    let seated = cx.tx.one(organization::sql::SEATS, (organization, cx.now)).await?;
    let held = if seats.held_by_invitations { seated.held } else { 0 };
    if seated.used + held < seats.most_in_organization() { Ok(()) } else { Err(Code::OrganizationFull.into()) }
}
