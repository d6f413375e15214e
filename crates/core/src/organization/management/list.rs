//! Listing organizations.

use super::super::sql;
use super::ManagedOrganization;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::OrganizationId;
use crate::listing::{
    LAST_NAME, ListSort, MAX_COUNTED, MAX_FOUND, METADATA_BATCH, NameCursor, Position, Slice, Total,
    cut_to_metadata_budget, pack_ids, sort_name,
};
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::search::SearchTerm;
use sql::management::SortedOrganization;

/// Rows per statement of a search.
const BATCH: i64 = 1000;
/// A search compares the names of the newest 100,000 organizations.
const MAX_BATCHES: usize = 100;

/// Lists a page of all organizations, without deleted ones. A page ends earlier if its metadata is large. A key that is
/// bound to an organization sees that one.
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

impl Query for List {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::OrganizationsRead);
    type Out = OrganizationsPage;

    async fn run(&self, cx: &mut Context<'_>) -> Result<OrganizationsPage> {
        let bound_to = cx.api_key.as_ref().and_then(|key| key.organization_id);
        let term = self.search.as_ref().filter(|term| !term.is_empty());
        let (mut slice, total) = match (bound_to, term) {
            (Some(only), _) => self.read_only(cx, only).await?,
            (None, Some(term)) => self.search(cx, term).await?,
            (None, None) => {
                let (count,) = cx.tx.one(sql::management::COUNT, (0.into(), MAX_COUNTED + 1)).await?;
                let keys = if self.sort.is_by_name() { self.read_by_name(cx).await? } else { self.read(cx).await? };
                (Slice::from_read(keys, &self.position, self.limit), Total::bounded(count, MAX_COUNTED))
            }
        };
        let (organizations, is_cut) = load(cx, &slice.rows).await?;
        if is_cut {
            let last = organizations.last().map(|organization| organization.id);
            let end = slice.rows.iter().position(|key| Some(key.id) == last).map_or(0, |last| last + 1);
            slice.rows.truncate(end);
            slice.has_next = true;
        }
        let (_, next) = slice.cursors(|key| OrganizationCursor::new(self.sort, &key.sort_name, key.id));
        Ok(OrganizationsPage { organizations, total, next })
    }
}

impl List {
    /// Reads the only organization of the key, if it is not deleted and matches the search.
    async fn read_only(
        &self,
        cx: &mut Context<'_>,
        only: OrganizationId,
    ) -> Result<(Slice<SortedOrganization>, Total)> {
        let found = cx.tx.optional(sql::management::ORGANIZATION, (only,)).await?;
        let found = found.filter(|found| self.search.as_ref().is_none_or(|term| term.is_in(&found.name)));
        let key =
            found.map(|found| SortedOrganization { id: only, sort_name: sort_name(&found.name), name: found.name });
        let total = Total::exact(i64::from(key.is_some()));
        Ok((self.slice(key.into_iter().collect()), total))
    }

    async fn search(&self, cx: &mut Context<'_>, term: &SearchTerm) -> Result<(Slice<SortedOrganization>, Total)> {
        let (mut found, mut before, mut has_all): (Vec<SortedOrganization>, OrganizationId, bool) =
            (Vec::new(), i64::MAX.into(), false);
        for _ in 0..MAX_BATCHES {
            let batch = cx.tx.all(sql::management::NEWEST, (0.into(), before, BATCH, 0)).await?;
            has_all = i64::try_from(batch.len()).is_ok_and(|read| read < BATCH);
            before = batch.last().map_or(before, |last| last.id);
            found.extend(batch.into_iter().filter(|key| term.is_in(&key.name)));
            if has_all || found.len() > MAX_FOUND {
                break;
            }
        }
        let has_all = has_all && found.len() <= MAX_FOUND;
        found.truncate(MAX_FOUND);
        found.sort_by(|key, other| self.sort.compare((&key.sort_name, key.id), (&other.sort_name, other.id)));
        let total = Total { count: i64::try_from(found.len()).unwrap_or(i64::MAX), is_exact: has_all };
        Ok((self.slice(found), total))
    }

    fn slice(&self, keys: Vec<SortedOrganization>) -> Slice<SortedOrganization> {
        Slice::from_all(keys, &self.position, self.limit, |key, cursor: &OrganizationCursor| {
            cursor.compare(self.sort, (&key.sort_name, key.id))
        })
    }

    /// Reads a page in the order of ids.
    async fn read(&self, cx: &mut Context<'_>) -> Result<Vec<SortedOrganization>> {
        let (is_descending, after, before) = self.position.id_range(self.sort == ListSort::Newest, |cursor| cursor.id);
        let statement = if is_descending { sql::management::NEWEST } else { sql::management::OLDEST };
        let rows = i64::from(self.limit) + 1;
        Ok(cx.tx.all(statement, (after, before, rows, self.position.offset(self.limit))).await?)
    }

    /// Reads a page of the index of names.
    async fn read_by_name(&self, cx: &mut Context<'_>) -> Result<Vec<SortedOrganization>> {
        let is_before = matches!(self.position, Position::Before(_));
        let is_descending = (self.sort == ListSort::NameDescending) != is_before;
        let (name, id) = match &self.position {
            Position::After(cursor) | Position::Before(cursor) => (cursor.name.as_str(), cursor.id),
            Position::Page(_) | Position::Offset(_) if is_descending => (LAST_NAME, i64::MAX.into()),
            Position::Page(_) | Position::Offset(_) => ("", 0.into()),
        };
        let statement = if is_descending { sql::management::BY_NAME_DESCENDING } else { sql::management::BY_NAME };
        let rows = i64::from(self.limit) + 1;
        Ok(cx.tx.all(statement, (name, id, rows, self.position.offset(self.limit))).await?)
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
