//! The members of a workspace in any order, for a backend.

use std::collections::HashMap;

use super::WorkspaceMember;
use super::sql::members as sql;
use super::sql::{self as statements, Workspace, WorkspaceMembership};
use crate::access::{self, WorkspaceGrant};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::grouping::group_by;
use crate::id::{MemberId, MembershipId, WorkspaceId, WorkspaceMembershipId};
use crate::listing::{
    ListSort, MAX_FOUND, MAX_PACKED, METADATA_BATCH, NameCursor, Position, Slice, Start, Total, cut_to_metadata_budget,
    pack_ids,
};
use crate::membership::{self, MemberCursor, MemberFilter};
use crate::permission::{RequiredWorkspacePermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};
use crate::search::SearchTerm;

/// Finds members of a workspace. A search finds the newest 1,000 matches. A page ends earlier if its metadata is large.
///
/// # Errors
/// `FORBIDDEN` for a non-member; `WORKSPACE_NOT_FOUND` for an API key.
#[derive(Debug)]
pub struct FindMembers {
    pub workspace: WorkspaceId,
    /// A part of a name, user name or primary address.
    pub search: Option<SearchTerm>,
    pub sort: ListSort,
    pub start: Start<WorkspaceMemberCursor>,
    /// From 1 to 1,000.
    pub limit: u16,
}

/// A position in a list of members: in the order of time the id of the workspace membership, in that of names the id of
/// the organization membership.
pub type WorkspaceMemberCursor = NameCursor<MemberId>;

/// A part of the list.
#[derive(Debug)]
pub struct FoundMembers {
    pub members: Vec<WorkspaceMember>,
    pub total: Total,
    /// Where the next page begins.
    pub next: Option<WorkspaceMemberCursor>,
}

struct Row {
    position: WorkspaceMemberCursor,
    membership: WorkspaceMembership,
}

impl Row {
    fn metadata_length(&self) -> usize {
        self.membership.public_metadata.len()
    }
}

/// The rows of a page, and those after it that were read.
struct FoundRows {
    page: Vec<Row>,
    total: Total,
    has_more: bool,
}

impl Query for FindMembers {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Membership);
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::MembersRead);
    type Out = FoundMembers;

    async fn run(&self, cx: &mut Context<'_>) -> Result<FoundMembers> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Membership).await?;
        let FoundRows { page: mut rows, total, has_more } = if self.search.is_some() {
            self.search(cx, &grant).await?
        } else if self.sort.is_by_name() {
            self.read_by_name(cx, &grant).await?
        } else {
            self.read_by_time(cx, &grant).await?
        };
        rows.truncate(self.limit());
        let is_cut = cut_to_metadata_budget(&mut rows, Row::metadata_length);
        let next = rows.last().filter(|_| has_more || is_cut).map(|row| row.position.clone());
        let members = load(cx, &grant, rows.into_iter().map(|row| row.membership).collect()).await?;
        Ok(FoundMembers { members, total, next })
    }
}

impl FindMembers {
    fn limit(&self) -> usize {
        usize::from(self.limit.clamp(1, 1000))
    }

    /// Reads the index of the workspace.
    async fn read_by_time(&self, cx: &mut Context<'_>, grant: &WorkspaceGrant) -> Result<FoundRows> {
        let (organization, workspace) = grant.ids();
        let Workspace { member_count, .. } = cx.tx.one(statements::WORKSPACE, (organization, workspace)).await?;
        let is_oldest_first = self.sort == ListSort::Oldest;
        let first = if is_oldest_first { 0 } else { i64::MAX };
        let mut start: WorkspaceMembershipId = self.start.after().map_or(first, |cursor| cursor.id.get()).into();
        let (rows, mut skip, mut page) = (self.limit() + 1, i64::from(self.start.offset()), Vec::new());
        let mut is_cut = false;
        while page.len() < rows && !is_cut {
            let batch = METADATA_BATCH.min(rows - page.len());
            let statement = if is_oldest_first { sql::OLDEST } else { sql::NEWEST };
            let limit = i64::try_from(batch).unwrap_or(i64::MAX);
            let read = cx.tx.all(statement, (organization, workspace, start, limit, skip)).await?;
            let is_last = read.len() < batch;
            start = read.last().map_or(start, |last| last.id);
            skip = 0;
            page.extend(read.into_iter().map(|membership| Row { position: by_time(&membership), membership }));
            is_cut = cut_to_metadata_budget(&mut page, Row::metadata_length);
            if is_last {
                break;
            }
        }
        let (has_more, total) = (is_cut || page.len() > self.limit(), Total::exact(member_count));
        Ok(FoundRows { page, total, has_more })
    }

    /// Reads the organization's list of members with a filter by the workspace.
    async fn read_by_name(&self, cx: &mut Context<'_>, grant: &WorkspaceGrant) -> Result<FoundRows> {
        let limit = u32::from(self.limit.clamp(1, 1000));
        let position = match &self.start {
            Start::After(cursor) => {
                Position::After(NameCursor { id: cursor.id.get().into(), name: cursor.name.clone() })
            }
            Start::Offset(offset) => Position::Offset(*offset),
        };
        let (keys, total) = self.find(cx, grant, &position, limit).await?;
        let rows = load_rows(cx, grant, &keys.rows, true).await?;
        Ok(FoundRows { page: rows, total, has_more: keys.has_next })
    }

    async fn search(&self, cx: &mut Context<'_>, grant: &WorkspaceGrant) -> Result<FoundRows> {
        let max = u32::try_from(MAX_FOUND).unwrap_or(u32::MAX);
        let (keys, total) = self.find(cx, grant, &Position::Page(1), max).await?;
        let mut rows = load_rows(cx, grant, &keys.rows, self.sort.is_by_name()).await?;
        let sort_key = |cursor: &WorkspaceMemberCursor| (cursor.name.clone(), cursor.id.get());
        rows.sort_by(|row, other| {
            let ((name, id), (other_name, other)) = (sort_key(&row.position), sort_key(&other.position));
            self.sort.compare((&name, id), (&other_name, other))
        });
        let is_after = |row: &Row| match self.start.after() {
            Some(cursor) => {
                let ((name, id), (cursor_name, cursor)) = (sort_key(&row.position), sort_key(cursor));
                self.sort.compare((&name, id), (&cursor_name, cursor)).is_gt()
            }
            None => true,
        };
        let rows = rows.into_iter().filter(is_after).skip(self.start.offset() as usize).take(self.limit() + 1);
        let rows: Vec<_> = rows.collect();
        Ok(FoundRows { has_more: rows.len() > self.limit(), page: rows, total })
    }

    /// Finds the members of the organization who are in the workspace.
    async fn find(
        &self,
        cx: &mut Context<'_>,
        grant: &WorkspaceGrant,
        position: &Position<MemberCursor>,
        limit: u32,
    ) -> Result<(Slice<(MembershipId, String)>, Total)> {
        let search = self.search.clone();
        let filter = MemberFilter { workspace: Some(self.workspace), search, ..MemberFilter::default() };
        membership::find_keys(cx, grant.organization_grant(), (&filter, self.sort, position, limit)).await
    }
}

fn by_time(membership: &WorkspaceMembership) -> WorkspaceMemberCursor {
    NameCursor { id: membership.id.get().into(), name: String::new() }
}

/// Loads the workspace memberships of members of the organization, in their order.
async fn load_rows(
    cx: &mut Context<'_>,
    grant: &WorkspaceGrant,
    keys: &[(MembershipId, String)],
    is_by_name: bool,
) -> Result<Vec<Row>> {
    let (organization, workspace) = grant.ids();
    let mut rows = Vec::with_capacity(keys.len());
    for part in keys.chunks(usize::from(MAX_PACKED)) {
        let packed = pack_ids(part.iter().map(|(id, _)| id.get()));
        let memberships = cx.tx.all(sql::OF_MEMBERS, (organization, workspace, packed.as_str())).await?;
        let mut memberships: HashMap<_, _> =
            memberships.into_iter().map(|membership| (membership.organization_membership_id, membership)).collect();
        rows.extend(part.iter().filter_map(|(id, name)| {
            let membership = memberships.remove(id)?;
            let by_name = || NameCursor { id: id.get().into(), name: name.clone() };
            let position = if is_by_name { by_name() } else { by_time(&membership) };
            Some(Row { position, membership })
        }));
    }
    Ok(rows)
}

/// Loads the users and roles of memberships, in their order.
pub(super) async fn load(
    cx: &mut Context<'_>,
    grant: &WorkspaceGrant,
    memberships: Vec<WorkspaceMembership>,
) -> Result<Vec<WorkspaceMember>> {
    let (organization, workspace) = grant.ids();
    let (mut users, mut roles) = (HashMap::new(), HashMap::new());
    for part in memberships.chunks(usize::from(MAX_PACKED)) {
        let packed = pack_ids(part.iter().map(|membership| membership.id.get()));
        let found = cx.tx.all(sql::USERS, (organization, workspace, packed.as_str())).await?;
        users.extend(found.into_iter().map(|user| (user.id, user)));
        let found = cx.tx.all(sql::ROLES, (organization, workspace, packed.as_str())).await?;
        roles.extend(group_by(found, |role| role.membership_id));
    }
    let details = |membership: WorkspaceMembership| {
        let user = users.remove(&membership.user_id)?;
        Some(WorkspaceMember { user, roles: roles.remove(&membership.id).unwrap_or_default(), membership })
    };
    Ok(memberships.into_iter().filter_map(details).collect())
}
