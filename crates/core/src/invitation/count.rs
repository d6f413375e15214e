//! How many invitations there are in each state.

use vestibule_db::BatchQueries;

use super::Status;
use super::sql::lists as sql;
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::OrganizationId;
use crate::listing::{MAX_COUNTED, Total};
use crate::permission::{RequiredPermission, Requirement};
use crate::time::Timestamp;

/// Counts the invitations of an organization by their state.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`.
#[derive(Debug)]
pub struct CountByState {
    pub organization: OrganizationId,
}

#[derive(Clone, Copy, Debug)]
pub struct StateCounts {
    /// Pending ones that can be accepted.
    pub open: Total,
    /// Pending ones that have expired.
    pub expired: Total,
    pub accepted: Total,
    pub declined: Total,
    pub discarded: Total,
}

impl Query for CountByState {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[];
    type Out = StateCounts;

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<StateCounts> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let (organization, limit, now) = (grant.organization(), MAX_COUNTED + 1, cx.now);
        let status = |status: Status| (sql::COUNT_STATUS, (organization, status.as_str(), limit));
        let queries = (
            (sql::COUNT_EXPIRING, (organization, now, Timestamp::LATEST, limit)),
            (sql::COUNT_EXPIRING, (organization, Timestamp::EARLIEST, now, limit)),
            status(Status::Accepted),
            status(Status::Declined),
            status(Status::Discarded),
        );
        let (open, expired, accepted, declined, discarded) = cx.tx.batch(queries.batch()).await?;
        let total = |rows: Vec<(i64,)>| Total::bounded(rows.first().map_or(0, |(count,)| *count), MAX_COUNTED);
        Ok(StateCounts {
            open: total(open),
            expired: total(expired),
            accepted: total(accepted),
            declined: total(declined),
            discarded: total(discarded),
        })
    }
}
