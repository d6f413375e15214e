//! Searching for members.

use super::filter::MemberFilter;
use super::find::{Bounds, Index};
use super::sql::lists::{self as sql, MemberKey, SearchedMember};
use crate::error::Result;
use crate::execution::Context;
use crate::id::OrganizationId;
use crate::listing::{MAX_COUNTED, MAX_PACKED, pack_ids};
use crate::search::{self, SearchTerm, SearchedRows};
use crate::search_index;
use crate::search_index::{IdRange, Matches, SearchedList};

struct MemberSearch<'a> {
    organization: OrganizationId,
    filter: &'a MemberFilter,
    term: &'a SearchTerm,
}

/// Finds the newest members that match the term, up to `max_found`.
pub(super) async fn search(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    (filter, bounds): (&MemberFilter, Bounds),
    term: &SearchTerm,
    max_found: usize,
) -> Result<Matches<MemberKey>> {
    let range = IdRange { after: bounds.after.get(), before: bounds.before.get() };
    let list = MemberSearch { organization, filter, term };
    let Matches { rows, next } = search_index::search(cx, &list, range, max_found).await?;
    Ok(Matches { rows: rows.into_iter().map(MemberKey::from).collect(), next })
}

impl SearchedList for MemberSearch<'_> {
    const ROWS: SearchedRows = SearchedRows::Members;
    type Row = SearchedMember;

    fn organization(&self) -> OrganizationId {
        self.organization
    }

    fn term(&self) -> &SearchTerm {
        self.term
    }

    fn id(row: &SearchedMember) -> i64 {
        row.id.get()
    }

    fn admits(&self, row: &SearchedMember) -> bool {
        let names = (row.first_name.as_str(), row.last_name.as_str());
        row.is_admitted && search::matches_person(self.term, names, [row.username.as_deref(), row.email.as_deref()])
    }

    async fn load_unindexed(&self, cx: &mut Context<'_>, range: IdRange) -> Result<Vec<SearchedMember>> {
        let chunk = sql::UnindexedMembers {
            organization: self.organization,
            after: range.after.into(),
            before: range.before.into(),
            role: self.filter.role.unwrap_or_else(|| 0.into()),
            workspace: self.filter.workspace.unwrap_or_else(|| 0.into()),
            factor_mask: self.filter.factor_mask(),
            limit: i64::from(MAX_PACKED),
        };
        Ok(cx.tx.all(sql::UNINDEXED, chunk).await?)
    }

    async fn load(&self, cx: &mut Context<'_>, ids: &str) -> Result<Vec<SearchedMember>> {
        let role = self.filter.role.unwrap_or_else(|| 0.into());
        let workspace = self.filter.workspace.unwrap_or_else(|| 0.into());
        Ok(cx.tx.all(sql::SEARCHED, (self.organization, ids, role, workspace, self.filter.factor_mask())).await?)
    }

    async fn load_filtered(&self, cx: &mut Context<'_>, range: IdRange) -> Result<Option<Vec<SearchedMember>>> {
        if *self.filter == (MemberFilter { search: self.filter.search.clone(), ..MemberFilter::default() }) {
            return Ok(None);
        }
        let bounds = Bounds { after: range.after.into(), before: range.before.into() };
        let Some(index) = Index::choose(cx, self.organization, self.filter).await? else {
            return Ok(Some(Vec::new()));
        };
        if !index.count(cx, self.organization, bounds).await?.is_exact {
            return Ok(None);
        }
        let keys = index.read(cx, self.organization, bounds, true, (MAX_COUNTED, 0)).await?;
        let mut rows = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(usize::from(MAX_PACKED)) {
            rows.extend(self.load(cx, &pack_ids(chunk.iter().map(|key| key.id.get()))).await?);
        }
        Ok(Some(rows))
    }
}

impl From<SearchedMember> for MemberKey {
    fn from(row: SearchedMember) -> Self {
        Self { id: row.id, sort_name: row.sort_name }
    }
}
