//! Searching for members.

use super::cursor::MemberFilter;
use super::find::Bounds;
use super::sql::lists::{self as sql, MemberKey, SearchedMember};
use crate::error::Result;
use crate::execution::Context;
use crate::id::OrganizationId;
use crate::listing::Total;
use crate::search::SearchTerm;
use crate::user;

/// Rows that one statement reads.
const CHUNK: usize = 500;

/// Finds the newest members that match the term, up to `max_found`.
pub(super) async fn search(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    (filter, bounds): (&MemberFilter, Bounds),
    term: &SearchTerm,
    max_found: usize,
) -> Result<(Vec<MemberKey>, Total)> {
    let (role, workspace) = (filter.role.unwrap_or_else(|| 0.into()), filter.workspace.unwrap_or_else(|| 0.into()));
    let mut found = Vec::new();
    let (after, mut before) = (bounds.after, bounds.before);
    while found.len() <= max_found {
        let limit = CHUNK as i64;
        let chunk = sql::UnindexedMembers { organization, after, before, role, workspace, limit };
        let rows = cx.tx.all(sql::UNINDEXED, chunk).await?;
        let is_last = rows.len() < CHUNK;
        before = rows.last().map_or(before, |row| row.id);
        found.extend(rows.into_iter().filter(|row| matches(term, row)).map(MemberKey::from));
        if is_last {
            break;
        }
    }
    let is_exact = found.len() <= max_found;
    found.truncate(max_found);
    let total = Total { count: i64::try_from(found.len()).unwrap_or(i64::MAX), is_exact };
    Ok((found, total))
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
