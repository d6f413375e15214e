//! Finding the members of a page: which index a filter reads.

use super::filter::{MemberCursor, MemberFilter};
use super::search;
use super::sql::lists::{self as sql, MemberKey};
use crate::access::Grant;
use crate::error::Result;
use crate::execution::Context;
use crate::id::{MembershipId, OrganizationId, RoleId, WorkspaceId};
use crate::listing::{LAST_NAME, ListSort, MAX_COUNTED, MAX_FOUND, MAX_PACKED, Position, Slice, Total};
use crate::organization;

/// The index that a list reads in the order of ids.
#[derive(Clone, Copy)]
pub(super) enum Index {
    Organization,
    Role {
        scope: i64,
        role: RoleId,
    },
    Workspace {
        workspace: WorkspaceId,
        role: RoleId,
    },
    /// That of the organization, for a filter by second factors, which no index has.
    SecondFactor {
        mask: i64,
        role: RoleId,
        workspace: WorkspaceId,
    },
}

/// Ids around what is read, exclusive.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) after: MembershipId,
    pub(super) before: MembershipId,
}

impl Bounds {
    fn new(filter: &MemberFilter) -> Self {
        let after = filter.joined_after.map_or(0, |time| MembershipId::first_at(time).get() - 1);
        let before = filter.joined_before.map_or(i64::MAX, |time| MembershipId::first_at(time).get());
        Self { after: after.into(), before: before.into() }
    }

    fn after(self, id: MembershipId) -> Self {
        Self { after: self.after.max(id), ..self }
    }

    fn before(self, id: MembershipId) -> Self {
        Self { before: self.before.min(id), ..self }
    }
}

/// What a list shows: the filter, the order, the position, and the number of rows.
pub(crate) type Request<'a> = (&'a MemberFilter, ListSort, &'a Position<MemberCursor>, u32);

/// Finds the members of a page, and the number of all that the filter admits. Without a filter that is `members`.
pub(super) async fn find(
    cx: &mut Context<'_>,
    grant: &Grant,
    (filter, sort, position, limit): Request<'_>,
    members: i64,
) -> Result<(Slice<MemberKey>, Total)> {
    let (organization, bounds) = (grant.organization(), Bounds::new(filter));
    let compare = |key: &MemberKey, cursor: &MemberCursor| cursor.compare(sort, (&key.sort_name, key.id));
    if let Some(term) = filter.search.as_ref().filter(|term| !term.is_empty()) {
        let matches = search::search(cx, organization, (filter, bounds), term, MAX_FOUND).await?;
        let (total, mut found) = (matches.total(), matches.rows);
        found.sort_by(|key, other| sort.compare((&key.sort_name, key.id), (&other.sort_name, other.id)));
        return Ok((Slice::from_all(found, position, limit, compare), total));
    }
    let Some(index) = Index::choose(cx, organization, filter).await? else {
        return Ok((Slice::from_all(Vec::new(), position, limit, compare), Total::exact(0)));
    };
    let is_filtered = !filter.is_empty();
    let total = if is_filtered { index.count(cx, organization, bounds).await? } else { Total::exact(members) };
    let rows = i64::from(limit) + 1;
    let slice = if !sort.is_by_name() {
        let (is_descending, bounds) = match (position, sort == ListSort::Newest) {
            (Position::Page(_) | Position::Offset(_), is_newest) => (is_newest, bounds),
            (Position::After(cursor), true) | (Position::Before(cursor), false) => (true, bounds.before(cursor.id)),
            (Position::After(cursor), false) | (Position::Before(cursor), true) => (false, bounds.after(cursor.id)),
        };
        let keys = index.read(cx, organization, bounds, is_descending, (rows, position.offset(limit))).await?;
        Slice::from_read(keys, position, limit)
    } else if is_filtered && total.is_exact {
        let mut keys = index.read(cx, organization, bounds, true, (MAX_COUNTED, 0)).await?;
        keys.sort_by(|key, other| sort.compare((&key.sort_name, key.id), (&other.sort_name, other.id)));
        Slice::from_all(keys, position, limit, compare)
    } else {
        let keys = read_by_name(cx, organization, bounds, (filter, sort, position, limit)).await?;
        Slice::from_read(keys, position, limit)
    };
    Ok((slice, total))
}

/// Like [`find`], for a filtered list of another module: the ids and the names that they are sorted by.
pub(crate) async fn find_keys(
    cx: &mut Context<'_>,
    grant: &Grant,
    request: Request<'_>,
) -> Result<(Slice<(MembershipId, String)>, Total)> {
    let (Slice { rows, has_previous, has_next }, total) = find(cx, grant, request, 0).await?;
    let rows = rows.into_iter().map(|key| (key.id, key.sort_name)).collect();
    Ok((Slice { rows, has_previous, has_next }, total))
}

/// Finds the newest members before `before`, up to [`MAX_PACKED`], and returns where the next batch begins if they are
/// not the last ones.
pub(super) async fn find_batch(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    filter: &MemberFilter,
    before: Option<MembershipId>,
) -> Result<(Vec<MemberKey>, Option<MembershipId>)> {
    let bounds = Bounds::new(filter);
    let bounds = before.map_or(bounds, |before| bounds.before(before));
    if let Some(term) = filter.search.as_ref().filter(|term| !term.is_empty()) {
        let matches = search::search(cx, organization, (filter, bounds), term, usize::from(MAX_PACKED)).await?;
        return Ok((matches.rows, matches.next.map(MembershipId::from)));
    }
    let Some(index) = Index::choose(cx, organization, filter).await? else {
        return Ok((Vec::new(), None));
    };
    let keys = index.read(cx, organization, bounds, true, (i64::from(MAX_PACKED), 0)).await?;
    let next = keys.last().map(|key| key.id).filter(|_| keys.len() == usize::from(MAX_PACKED));
    Ok((keys, next))
}

/// Reads the index of names of the whole organization: for a filter that admits much of it, or none.
async fn read_by_name(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    bounds: Bounds,
    (filter, sort, position, limit): Request<'_>,
) -> Result<Vec<MemberKey>> {
    let is_before = matches!(position, Position::Before(_));
    let is_descending = (sort == ListSort::NameDescending) != is_before;
    let (name, id) = match position {
        Position::After(cursor) | Position::Before(cursor) => (cursor.name.as_str(), cursor.id),
        Position::Page(_) | Position::Offset(_) if is_descending => (LAST_NAME, i64::MAX.into()),
        Position::Page(_) | Position::Offset(_) => ("", 0.into()),
    };
    let page = sql::NamePage {
        organization,
        name,
        id,
        after: bounds.after,
        before: bounds.before,
        role: filter.role.unwrap_or_else(|| 0.into()),
        workspace: filter.workspace.unwrap_or_else(|| 0.into()),
        factor_mask: filter.factor_mask(),
        limit: i64::from(limit) + 1,
        offset: position.offset(limit),
    };
    Ok(cx.tx.all(if is_descending { sql::BY_NAME_DESCENDING } else { sql::BY_NAME }, page).await?)
}

impl Index {
    /// `None` if the role does not exist.
    pub(super) async fn choose(
        cx: &mut Context<'_>,
        organization: OrganizationId,
        filter: &MemberFilter,
    ) -> Result<Option<Self>> {
        if let Some(factor) = filter.second_factor {
            let (role, workspace) = (filter.role, filter.workspace);
            return Ok(Some(Self::SecondFactor {
                mask: factor.to_mask(),
                role: role.unwrap_or_else(|| 0.into()),
                workspace: workspace.unwrap_or_else(|| 0.into()),
            }));
        }
        Ok(match (filter.workspace, filter.role) {
            (None, None) => Some(Self::Organization),
            (Some(workspace), role) => Some(Self::Workspace { workspace, role: role.unwrap_or_else(|| 0.into()) }),
            (None, Some(role)) => {
                let found = cx.tx.optional(organization::sql::ROLE, (organization, role)).await?;
                found.map(|found| Self::Role { scope: found.organization_id.map_or(0, OrganizationId::get), role })
            }
        })
    }

    pub(super) async fn count(
        self,
        cx: &mut Context<'_>,
        organization: OrganizationId,
        bounds: Bounds,
    ) -> Result<Total> {
        let (Bounds { after, before }, limit) = (bounds, MAX_COUNTED + 1);
        let (count,) = match self {
            Self::Organization => cx.tx.one(sql::COUNT, (organization, after, before, limit)).await?,
            Self::Role { scope, role } => {
                cx.tx.one(sql::COUNT_WITH_ROLE, (organization, after, before, scope, role, limit)).await?
            }
            Self::Workspace { workspace, role } => {
                cx.tx.one(sql::COUNT_IN_WORKSPACE, (organization, after, before, workspace, role, limit)).await?
            }
            Self::SecondFactor { mask: factor_mask, role, workspace } => {
                let count = sql::FactorCount { organization, after, before, factor_mask, role, workspace, limit };
                cx.tx.one(sql::COUNT_WITH_FACTOR, count).await?
            }
        };
        Ok(Total::bounded(count, MAX_COUNTED))
    }

    pub(super) async fn read(
        self,
        cx: &mut Context<'_>,
        organization: OrganizationId,
        Bounds { after, before }: Bounds,
        is_descending: bool,
        (limit, offset): (i64, i64),
    ) -> Result<Vec<MemberKey>> {
        Ok(match self {
            Self::Organization => {
                let statement = if is_descending { sql::NEWEST } else { sql::OLDEST };
                cx.tx.all(statement, (organization, after, before, limit, offset)).await?
            }
            Self::Role { scope: role_scope, role } => {
                let statement = if is_descending { sql::NEWEST_WITH_ROLE } else { sql::OLDEST_WITH_ROLE };
                let page = sql::RolePage { organization, after, before, role_scope, role, limit, offset };
                cx.tx.all(statement, page).await?
            }
            Self::Workspace { workspace, role } => {
                let statement = if is_descending { sql::NEWEST_IN_WORKSPACE } else { sql::OLDEST_IN_WORKSPACE };
                let page = sql::WorkspacePage { organization, after, before, workspace, role, limit, offset };
                cx.tx.all(statement, page).await?
            }
            Self::SecondFactor { mask: factor_mask, role, workspace } => {
                let statement = if is_descending { sql::NEWEST_WITH_FACTOR } else { sql::OLDEST_WITH_FACTOR };
                let page = sql::FactorPage { organization, after, before, factor_mask, role, workspace, limit, offset };
                cx.tx.all(statement, page).await?
            }
        })
    }
}
