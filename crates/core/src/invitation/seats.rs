//! Whether an organization has a seat for whoever is invited.

use crate::access::Grant;
use crate::error::{Code, Result};
use crate::execution::Context;
use crate::{membership, organization};

/// An invitation holds a seat, so that it is worth something when it arrives; unless the settings say that only members
/// do. Somebody who is a member already needs none. Error: `ORGANIZATION_FULL`.
pub(super) async fn refuse_when_full(cx: &mut Context<'_>, grant: &Grant, key: &str) -> Result<()> {
    let organization = grant.organization();
    if organization::seats(cx, organization).await?.is_none_or(|seats| seats.free > 0) {
        return Ok(());
    }
    let is_member = cx.tx.optional(membership::sql::BY_EMAIL, (organization, key)).await?.is_some();
    if is_member { Ok(()) } else { Err(Code::OrganizationFull.into()) }
}
