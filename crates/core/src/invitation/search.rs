//! Searching for invitations.

use super::filter::{Filter, StatusFilter};
use super::find::arguments;
use super::sql::{InvitationRow, lists};
use crate::error::Result;
use crate::execution::Context;
use crate::id::{InvitationId, OrganizationId};
use crate::listing::{MAX_COUNTED, MAX_PACKED};
use crate::search::{SearchTerm, SearchedRows};
use crate::search_index::{self, IdRange, Matches, SearchedList};
use crate::time::Timestamp;

struct InvitationSearch<'a> {
    organization: OrganizationId,
    filter: &'a Filter,
    term: &'a SearchTerm,
    now: Timestamp,
}

/// Finds the newest invitations that match the term and the filter, up to `max_found`.
pub(super) async fn search(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    filter: &Filter,
    (after, before): (InvitationId, InvitationId),
    (term, max_found): (&SearchTerm, usize),
) -> Result<Matches<InvitationRow>> {
    let list = InvitationSearch { organization, filter, term, now: cx.now };
    let range = IdRange { after: after.get(), before: before.get() };
    search_index::search(cx, &list, range, max_found).await
}

impl SearchedList for InvitationSearch<'_> {
    const ROWS: SearchedRows = SearchedRows::Invitations;
    type Row = InvitationRow;

    fn organization(&self) -> OrganizationId {
        self.organization
    }

    fn term(&self) -> &SearchTerm {
        self.term
    }

    fn id(row: &InvitationRow) -> i64 {
        row.id.get()
    }

    fn admits(&self, row: &InvitationRow) -> bool {
        self.filter.admits(row, self.now) && self.term.is_in(&row.email_key)
    }

    async fn load_unindexed(&self, cx: &mut Context<'_>, range: IdRange) -> Result<Vec<InvitationRow>> {
        let (after, before) = (range.after.into(), range.before.into());
        Ok(cx.tx.all(lists::UNINDEXED, (self.organization, after, before, i64::from(MAX_PACKED))).await?)
    }

    async fn load(&self, cx: &mut Context<'_>, ids: &str) -> Result<Vec<InvitationRow>> {
        Ok(cx.tx.all(lists::BY_IDS, (self.organization, ids)).await?)
    }

    /// By the index of the status. No other filter has one.
    async fn load_filtered(&self, cx: &mut Context<'_>, range: IdRange) -> Result<Option<Vec<InvitationRow>>> {
        let StatusFilter::Only(status) = self.filter.status else {
            return Ok(None);
        };
        let count = (self.organization, status.as_str(), MAX_COUNTED + 1);
        let (count,) = cx.tx.one(lists::COUNT_STATUS, count).await?;
        if count > MAX_COUNTED {
            return Ok(None);
        }
        let range = (range.after.into(), range.before.into());
        let arguments = arguments(self.now, self.organization, self.filter, range, MAX_COUNTED);
        Ok(Some(cx.tx.all(lists::NEWEST, arguments).await?))
    }
}
