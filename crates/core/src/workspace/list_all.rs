//! The workspaces of all organizations, for a backend.

use super::WorkspaceCursor;
use super::sql::lists;
use super::sql::management::{self as sql, SortedWorkspace, WorkspaceOverview};
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::{OrganizationId, WorkspaceId};
use crate::listing::{
    BatchSearch, ForwardPage, LAST_NAME, ListSort, MAX_COUNTED, MAX_PACKED, MAX_SEARCH_BATCHES, NameCursor,
    SEARCH_BATCH, Start, Total, pack_ids, sort_name,
};
use crate::permission::{RequiredPermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};
use crate::search::SearchTerm;

/// Lists the workspaces of all organizations that are not deleted; for a key that is bound to an organization, those of
/// that one.
///
/// A search compares names in the order of the list, 20,000 for one page. If it has not reached the end by then, the
/// page may have fewer rows than asked for, or none, and the next one continues. Of a single organization, the newest
/// 10,000 are searched and sorted.
#[derive(Debug)]
pub struct ListAll {
    /// A part of the name.
    pub search: Option<SearchTerm>,
    pub sort: ListSort,
    pub start: Start<WorkspaceCursor>,
    /// From 1 to 1,000.
    pub limit: u16,
}

/// A part of the list.
#[derive(Debug)]
pub struct AllWorkspaces {
    pub workspaces: Vec<WorkspaceOverview>,
    pub total: Total,
    /// Where the next page begins.
    pub next: Option<WorkspaceCursor>,
}

/// The rows of a page, without what they show.
type SortedPage = ForwardPage<SortedWorkspace, WorkspaceCursor>;

impl Query for ListAll {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::OrganizationNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::WorkspacesRead);
    type Out = AllWorkspaces;

    async fn run(&self, cx: &mut Context<'_>) -> Result<AllWorkspaces> {
        let bound_to = cx.api_key.as_ref().and_then(|key| key.organization_id);
        let SortedPage { rows: keys, total, next } = match bound_to {
            Some(organization) => self.find_in_organization(cx, organization).await?,
            None if self.search.is_none() => self.read_page(cx).await?,
            None => self.search(cx).await?,
        };
        let mut workspaces = Vec::with_capacity(keys.len());
        for ids in keys.chunks(usize::from(MAX_PACKED)) {
            let packed = pack_ids(ids.iter().map(|key| key.id.get()));
            let mut part = cx.tx.all(sql::OVERVIEWS, (packed.as_str(),)).await?;
            part.sort_by_key(|workspace| ids.iter().position(|key| key.id == workspace.id));
            workspaces.extend(part);
        }
        Ok(AllWorkspaces { workspaces, total, next })
    }
}

impl ListAll {
    fn limit(&self) -> usize {
        usize::from(self.limit.clamp(1, 1000))
    }

    fn is_match(&self, name: &str) -> bool {
        self.search.as_ref().is_none_or(|search| search.is_in(name))
    }

    fn cursor(&self, key: &SortedWorkspace) -> WorkspaceCursor {
        WorkspaceCursor::new(self.sort, &key.sort_name, key.id)
    }

    /// The rows of a page, of which there may be one too many.
    fn cut(&self, keys: Vec<SortedWorkspace>, total: Total) -> SortedPage {
        ForwardPage::from_read(keys, self.limit(), total, |key| self.cursor(key))
    }

    /// Reads and compares the names of one organization.
    async fn find_in_organization(&self, cx: &mut Context<'_>, organization: OrganizationId) -> Result<SortedPage> {
        let grant = access::authorize(cx, organization, RequiredPermission::Membership).await?;
        let range = (grant.organization(), 0.into(), i64::MAX.into(), MAX_COUNTED + 1, 0);
        let keys = cx.tx.all(lists::NEWEST, range).await?;
        let is_exact = i64::try_from(keys.len()).is_ok_and(|read| read <= MAX_COUNTED);
        let keys = keys.into_iter().filter(|key| self.is_match(&key.name));
        let mut found: Vec<_> =
            keys.map(|key| SortedWorkspace { id: key.id, sort_name: sort_name(&key.name), name: key.name }).collect();
        found.sort_by(|key, other| self.sort.compare((&key.sort_name, key.id), (&other.sort_name, other.id)));
        let total = Total { count: i64::try_from(found.len()).unwrap_or(i64::MAX), is_exact };
        let is_after = |key: &SortedWorkspace| match self.start.after() {
            Some(cursor) => cursor.compare(self.sort, (&key.sort_name, key.id)).is_gt(),
            None => true,
        };
        let rows = found.into_iter().filter(is_after).skip(self.start.offset() as usize).take(self.limit() + 1);
        Ok(self.cut(rows.collect(), total))
    }

    async fn read_page(&self, cx: &mut Context<'_>) -> Result<SortedPage> {
        let rows = i64::from(self.limit.clamp(1, 1000)) + 1;
        let keys = read(cx, self.sort, self.start.after(), (rows, self.start.offset().into())).await?;
        let (count,) = cx.tx.one(sql::COUNT, (0.into(), MAX_COUNTED + 1)).await?;
        Ok(self.cut(keys, Total::bounded(count, MAX_COUNTED)))
    }

    /// Compares the names in the order of the list.
    async fn search(&self, cx: &mut Context<'_>) -> Result<SortedPage> {
        let mut search = BatchSearch::new(self.start.after().cloned(), MAX_SEARCH_BATCHES);
        while search.needs_batch() {
            let batch = read(cx, self.sort, search.after.as_ref(), (SEARCH_BATCH, 0)).await?;
            search.add(batch, |key| self.cursor(key), |key| self.is_match(&key.name));
        }
        Ok(search.into_page(self.start.offset(), self.limit(), |key| self.cursor(key)))
    }
}

/// Reads the names of workspaces by an index of theirs.
async fn read(
    cx: &mut Context<'_>,
    sort: ListSort,
    after: Option<&WorkspaceCursor>,
    (limit, offset): (i64, i64),
) -> Result<Vec<SortedWorkspace>> {
    let position =
        |name: &'static str, id: i64| after.cloned().unwrap_or(NameCursor { id: id.into(), name: name.into() });
    let (first, last): (WorkspaceId, WorkspaceId) = (0.into(), i64::MAX.into());
    Ok(match sort {
        ListSort::Newest => {
            let before = after.map_or(last, |cursor| cursor.id);
            cx.tx.all(sql::NEWEST, (before, limit, offset)).await?
        }
        ListSort::Oldest => {
            let after = after.map_or(first, |cursor| cursor.id);
            cx.tx.all(sql::OLDEST, (after, limit, offset)).await?
        }
        ListSort::Name => {
            let NameCursor { id, name } = position("", 0);
            cx.tx.all(sql::BY_NAME, (name.as_str(), id, limit, offset)).await?
        }
        ListSort::NameDescending => {
            let NameCursor { id, name } = position(LAST_NAME, i64::MAX);
            cx.tx.all(sql::BY_NAME_DESCENDING, (name.as_str(), id, limit, offset)).await?
        }
    })
}
