//! Searching for members.

use std::collections::BTreeMap;

use super::cursor::MemberFilter;
use super::find::Bounds;
use super::sql::lists::{self as sql, MemberKey, SearchedMember};
use crate::error::Result;
use crate::execution::Context;
use crate::id::OrganizationId;
use crate::listing::{MAX_PACKED, Total, pack_ids};
use crate::search::{SearchTerm, SearchedRows};
use crate::{search_index, user};

/// Rows that one statement reads.
const CHUNK: usize = MAX_PACKED as usize;

/// Finds the newest members that match the term, up to `max_found`.
pub(super) async fn search(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    (filter, bounds): (&MemberFilter, Bounds),
    term: &SearchTerm,
    max_found: usize,
) -> Result<(Vec<MemberKey>, Total)> {
    let (role, workspace) = (filter.role.unwrap_or_else(|| 0.into()), filter.workspace.unwrap_or_else(|| 0.into()));
    let mut found = BTreeMap::new();
    let (mut unindexed, after, mut before) = (0, bounds.after, bounds.before);
    while found.len() <= max_found {
        let chunk =
            sql::UnindexedMembers { organization, after, before, role, workspace, limit: i64::from(MAX_PACKED) };
        let rows = cx.tx.all(sql::UNINDEXED, chunk).await?;
        unindexed += rows.len();
        before = rows.last().map_or(before, |row| row.id);
        let is_last = rows.len() < CHUNK;
        found.extend(rows.into_iter().filter(|row| matches(term, row)).map(|row| (row.id, MemberKey::from(row))));
        if is_last {
            break;
        }
    }
    search_index::request(cx, organization, SearchedRows::Members, unindexed);
    let candidates = search_index::candidates(cx, organization, SearchedRows::Members, term).await?;
    let candidates: Vec<_> =
        candidates.into_iter().filter(|id| bounds.after.get() < *id && *id < bounds.before.get()).collect();
    let mut indexed = 0;
    for chunk in candidates.chunks(CHUNK) {
        let packed = pack_ids(chunk.iter().copied());
        let rows = cx.tx.all(sql::SEARCHED, (organization, packed.as_str(), role, workspace)).await?;
        for row in rows.into_iter().filter(|row| matches(term, row)) {
            indexed += 1;
            found.insert(row.id, MemberKey::from(row));
        }
        if indexed > max_found {
            break;
        }
    }
    Ok(Total::of_found(found.into_values().rev().collect(), max_found))
}

fn matches(term: &SearchTerm, row: &SearchedMember) -> bool {
    let names = (row.first_name.as_str(), row.last_name.as_str());
    user::matches_search(term, names, [row.username.as_deref(), row.email.as_deref()])
}

impl From<SearchedMember> for MemberKey {
    fn from(row: SearchedMember) -> Self {
        Self { id: row.id, sort_name: row.sort_name }
    }
}
