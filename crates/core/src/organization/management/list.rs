//! Listing organizations.

use super::super::sql;
use super::ManagedOrganization;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::OrganizationId;
use crate::listing::{
    LAST_NAME, ListSort, MAX_COUNTED, METADATA_BATCH, NameCursor, Position, Slice, Total, cut_to_metadata_budget,
    pack_ids, sort_name,
};
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::search::SearchTerm;
use sql::management::SortedOrganization;

/// Rows per statement of a search.
const BATCH: i64 = 1000;
/// The batches that one page of a search reads at most. The next page continues after them.
const MAX_BATCHES: usize = 20;

/// Lists a page of all organizations, without deleted ones. A page ends earlier if its metadata is large. A key that is
/// bound to an organization sees that one.
///
/// A search compares names in the order of the list, 20,000 for one page. If it has not reached the end by then, the page
/// may have fewer rows than asked for, or none, and the next one continues.
#[derive(Debug)]
pub struct List {
    /// A part of the name.
    pub search: Option<SearchTerm>,
    pub sort: ListSort,
    pub position: Position<OrganizationCursor>,
    /// At most 1,000.
    pub limit: u32,
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
struct Found {
    slice: Slice<SortedOrganization>,
    total: Total,
    /// Where a search that has not reached the end continues, if the page is not full.
    end: Option<OrganizationCursor>,
}

impl Query for List {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::OrganizationsRead);
    type Out = OrganizationsPage;

    async fn run(&self, cx: &mut Context<'_>) -> Result<OrganizationsPage> {
        let bound_to = cx.api_key.as_ref().and_then(|key| key.organization_id);
        let term = self.search.as_ref().filter(|term| !term.is_empty());
        let Found { mut slice, total, end } = match (bound_to, term) {
            (Some(only), _) => self.read_only(cx, only).await?,
            (None, Some(term)) => self.search(cx, term).await?,
            (None, None) => {
                let (count,) = cx.tx.one(sql::management::COUNT, (0.into(), MAX_COUNTED + 1)).await?;
                let part = (i64::from(self.limit) + 1, self.position.offset(self.limit));
                let slice = Slice::from_read(self.read(cx, &self.position, part).await?, &self.position, self.limit);
                Found { slice, total: Total::bounded(count, MAX_COUNTED), end: None }
            }
        };
        let (organizations, is_cut) = load(cx, &slice.rows).await?;
        if is_cut {
            let last = organizations.last().map(|organization| organization.id);
            let end = slice.rows.iter().position(|key| Some(key.id) == last).map_or(0, |last| last + 1);
            slice.rows.truncate(end);
            slice.has_next = true;
        }
        let (_, next) = slice.cursors(|key| self.cursor(key));
        Ok(OrganizationsPage { organizations, total, next: next.or(end) })
    }
}

impl List {
    /// Reads the only organization of the key, if it is not deleted and matches the search.
    async fn read_only(&self, cx: &mut Context<'_>, only: OrganizationId) -> Result<Found> {
        let found = cx.tx.optional(sql::management::ORGANIZATION, (only,)).await?;
        let found = found.filter(|found| self.search.as_ref().is_none_or(|term| term.is_in(&found.name)));
        let key =
            found.map(|found| SortedOrganization { id: only, sort_name: sort_name(&found.name), name: found.name });
        let total = Total::exact(i64::from(key.is_some()));
        let compare =
            |key: &SortedOrganization, cursor: &OrganizationCursor| cursor.compare(self.sort, (&key.sort_name, key.id));
        let slice = Slice::from_all(key.into_iter().collect(), &self.position, self.limit, compare);
        Ok(Found { slice, total, end: None })
    }

    fn cursor(&self, key: &SortedOrganization) -> OrganizationCursor {
        OrganizationCursor::new(self.sort, &key.sort_name, key.id)
    }

    /// Compares the names in the order of the list.
    async fn search(&self, cx: &mut Context<'_>, term: &SearchTerm) -> Result<Found> {
        let (mut position, mut found, mut has_ended) = (self.position.clone(), Vec::new(), false);
        for _ in 0..MAX_BATCHES {
            let batch = self.read(cx, &position, (BATCH, 0)).await?;
            has_ended = i64::try_from(batch.len()).is_ok_and(|read| read < BATCH);
            if let Some(last) = batch.last() {
                position = Position::After(self.cursor(last));
            }
            found.extend(batch.into_iter().filter(|key| term.is_in(&key.name)));
            if has_ended {
                break;
            }
        }
        let total = Total { count: i64::try_from(found.len()).unwrap_or(i64::MAX), is_exact: has_ended };
        let offset = usize::try_from(self.position.offset(self.limit)).unwrap_or(usize::MAX);
        let rows: Vec<_> = found.into_iter().skip(offset).take(self.limit as usize + 1).collect();
        let end = match position {
            Position::After(cursor) if !has_ended => Some(cursor),
            _ => None,
        };
        Ok(Found { slice: Slice::from_read(rows, &self.position, self.limit), total, end })
    }

    /// Reads a part of the list, from a position.
    async fn read(
        &self,
        cx: &mut Context<'_>,
        position: &Position<OrganizationCursor>,
        part: (i64, i64),
    ) -> Result<Vec<SortedOrganization>> {
        if self.sort.is_by_name() {
            self.read_by_name(cx, position, part).await
        } else {
            self.read_by_id(cx, position, part).await
        }
    }

    async fn read_by_id(
        &self,
        cx: &mut Context<'_>,
        position: &Position<OrganizationCursor>,
        (limit, offset): (i64, i64),
    ) -> Result<Vec<SortedOrganization>> {
        let (is_descending, after, before) = position.id_range(self.sort == ListSort::Newest, |cursor| cursor.id);
        let statement = if is_descending { sql::management::NEWEST } else { sql::management::OLDEST };
        Ok(cx.tx.all(statement, (after, before, limit, offset)).await?)
    }

    /// Reads the index of names.
    async fn read_by_name(
        &self,
        cx: &mut Context<'_>,
        position: &Position<OrganizationCursor>,
        (limit, offset): (i64, i64),
    ) -> Result<Vec<SortedOrganization>> {
        let is_before = matches!(position, Position::Before(_));
        let is_descending = (self.sort == ListSort::NameDescending) != is_before;
        let (name, id) = match position {
            Position::After(cursor) | Position::Before(cursor) => (cursor.name.as_str(), cursor.id),
            Position::Page(_) | Position::Offset(_) if is_descending => (LAST_NAME, i64::MAX.into()),
            Position::Page(_) | Position::Offset(_) => ("", 0.into()),
        };
        let statement = if is_descending { sql::management::BY_NAME_DESCENDING } else { sql::management::BY_NAME };
        Ok(cx.tx.all(statement, (name, id, limit, offset)).await?)
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
