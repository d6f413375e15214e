//! Listing organizations.

use super::super::sql;
use super::ManagedOrganization;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::OrganizationId;
use crate::listing::{
    BatchSearch, ForwardPage, LAST_NAME, ListSort, MAX_COUNTED, MAX_SEARCH_BATCHES, METADATA_BATCH, NameCursor,
    SEARCH_BATCH, Start, Total, cut_to_metadata_budget, pack_ids, sort_name,
};
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::search::SearchTerm;
use sql::management::SortedOrganization;

/// Lists a page of all organizations, without deleted ones. A page ends earlier if its metadata is large. A key that is
/// bound to an organization sees that one.
///
/// A search compares names in the order of the list, 20,000 for one page. If it has not reached the end by then, the
/// page may have fewer rows than asked for, or none, and the next one continues.
#[derive(Debug)]
pub struct List {
    /// A part of the name.
    pub search: Option<SearchTerm>,
    pub sort: ListSort,
    pub start: Start<OrganizationCursor>,
    /// At most 1,000.
    pub limit: u16,
}

/// A position in a list of organizations.
pub type OrganizationCursor = NameCursor<OrganizationId>;

#[derive(Debug)]
pub struct OrganizationsPage {
    pub organizations: Vec<ManagedOrganization>,
    pub total: Total,
    pub next: Option<OrganizationCursor>,
}

/// The rows of a page, without what they show.
type SortedPage = ForwardPage<SortedOrganization, OrganizationCursor>;

impl Query for List {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::OrganizationsRead);
    type Out = OrganizationsPage;

    async fn run(&self, cx: &mut Context<'_>) -> Result<OrganizationsPage> {
        let bound_to = cx.api_key.as_ref().and_then(|key| key.organization_id);
        let term = self.search.as_ref().filter(|term| !term.is_empty());
        let SortedPage { rows: keys, total, mut next } = match (bound_to, term) {
            (Some(only), _) => self.read_only(cx, only).await?,
            (None, Some(term)) => self.search(cx, term).await?,
            (None, None) => {
                let (count,) = cx.tx.one(sql::management::COUNT, (0.into(), MAX_COUNTED + 1)).await?;
                let part = (i64::from(self.limit) + 1, self.start.offset().into());
                let keys = self.read(cx, self.start.after(), part).await?;
                self.cut(keys, Total::bounded(count, MAX_COUNTED))
            }
        };
        let (organizations, is_cut) = load(cx, &keys).await?;
        if is_cut && let Some(last) = organizations.last() {
            next = keys.iter().find(|key| key.id == last.id).map(|key| self.cursor(key));
        }
        Ok(OrganizationsPage { organizations, total, next })
    }
}

impl List {
    fn cursor(&self, key: &SortedOrganization) -> OrganizationCursor {
        OrganizationCursor::new(self.sort, &key.sort_name, key.id)
    }

    /// The rows of a page, of which there may be one too many.
    fn cut(&self, keys: Vec<SortedOrganization>, total: Total) -> SortedPage {
        ForwardPage::from_read(keys, self.limit.into(), total, |key| self.cursor(key))
    }

    /// Reads the only organization of the key, if it is not deleted and matches the search.
    async fn read_only(&self, cx: &mut Context<'_>, only: OrganizationId) -> Result<SortedPage> {
        let found = cx.tx.optional(sql::management::ORGANIZATION, (only,)).await?;
        let found = found.filter(|found| self.search.as_ref().is_none_or(|term| term.is_in(&found.name)));
        let key =
            found.map(|found| SortedOrganization { id: only, sort_name: sort_name(&found.name), name: found.name });
        let total = Total::exact(i64::from(key.is_some()));
        let is_after = |key: &SortedOrganization| match self.start.after() {
            Some(cursor) => cursor.compare(self.sort, (&key.sort_name, key.id)).is_gt(),
            None => true,
        };
        let rows = key.into_iter().filter(is_after).skip(self.start.offset() as usize);
        Ok(self.cut(rows.collect(), total))
    }

    /// Compares the names in the order of the list.
    async fn search(&self, cx: &mut Context<'_>, term: &SearchTerm) -> Result<SortedPage> {
        let mut search = BatchSearch::new(self.start.after().cloned(), MAX_SEARCH_BATCHES);
        while search.needs_batch() {
            let batch = self.read(cx, search.after.as_ref(), (SEARCH_BATCH, 0)).await?;
            search.add(batch, |key| self.cursor(key), |key| term.is_in(&key.name));
        }
        Ok(search.into_page(self.start.offset(), self.limit.into(), |key| self.cursor(key)))
    }

    /// Reads a part of the list by its index.
    async fn read(
        &self,
        cx: &mut Context<'_>,
        after: Option<&OrganizationCursor>,
        (limit, offset): (i64, i64),
    ) -> Result<Vec<SortedOrganization>> {
        let (first, last): (OrganizationId, OrganizationId) = (0.into(), i64::MAX.into());
        let by_name = |id, name| after.map_or((name, id), |cursor| (cursor.name.as_str(), cursor.id));
        Ok(match self.sort {
            ListSort::Newest => {
                let before = after.map_or(last, |cursor| cursor.id);
                cx.tx.all(sql::management::NEWEST, (first, before, limit, offset)).await?
            }
            ListSort::Oldest => {
                let after = after.map_or(first, |cursor| cursor.id);
                cx.tx.all(sql::management::OLDEST, (after, last, limit, offset)).await?
            }
            ListSort::Name => {
                let (name, id) = by_name(first, "");
                cx.tx.all(sql::management::BY_NAME, (name, id, limit, offset)).await?
            }
            ListSort::NameDescending => {
                let (name, id) = by_name(last, LAST_NAME);
                cx.tx.all(sql::management::BY_NAME_DESCENDING, (name, id, limit, offset)).await?
            }
        })
    }
}

/// Loads the organizations of a page, in its order, as far as there is room for their metadata. Returns whether there
/// are more.
async fn load(cx: &mut Context<'_>, keys: &[SortedOrganization]) -> Result<(Vec<ManagedOrganization>, bool)> {
    let mut organizations = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(METADATA_BATCH) {
        let packed = pack_ids(chunk.iter().map(|key| key.id.get()));
        let mut part = cx.tx.all(sql::management::ORGANIZATIONS, (packed.as_str(),)).await?;
        part.sort_by_key(|organization| chunk.iter().position(|key| key.id == organization.id));
        organizations.extend(part);
        if cut_to_metadata_budget(&mut organizations, ManagedOrganization::metadata_length) {
            return Ok((organizations, true));
        }
    }
    Ok((organizations, false))
}
