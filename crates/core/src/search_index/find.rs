//! Searching a list: the index finds candidates, and rows that are in no segment are read.

use std::collections::BTreeMap;

use super::{candidates, request};
use crate::error::Result;
use crate::execution::Context;
use crate::id::OrganizationId;
use crate::listing::{MAX_PACKED, Total, pack_ids};
use crate::search::{SearchTerm, SearchedRows};

/// Rows that one statement reads.
const CHUNK: usize = MAX_PACKED as usize;

/// The most candidates that a search compares with the term.
const MAX_CANDIDATES: usize = 10_000;

/// The most rows outside the index that a search compares. The worker soon indexes them.
const MAX_UNINDEXED: usize = 100_000;

/// A list that can be searched.
pub(crate) trait SearchedList {
    const ROWS: SearchedRows;
    type Row;

    fn organization(&self) -> OrganizationId;

    fn term(&self) -> &SearchTerm;

    fn id(row: &Self::Row) -> i64;

    /// Whether the list shows this row: it contains the term, and all other filters admit it.
    fn admits(&self, row: &Self::Row) -> bool;

    /// Loads rows that are in no segment, newest first, up to [`MAX_PACKED`].
    async fn load_unindexed(&self, cx: &mut Context<'_>, range: IdRange) -> Result<Vec<Self::Row>>;

    /// Loads rows by their packed ids.
    async fn load(&self, cx: &mut Context<'_>, ids: &str) -> Result<Vec<Self::Row>>;

    /// Loads the rows that another filter admits, by its index. `None` if there is none, or if they are more than
    /// [`MAX_COUNTED`](crate::listing::MAX_COUNTED).
    async fn load_filtered(&self, cx: &mut Context<'_>, range: IdRange) -> Result<Option<Vec<Self::Row>>>;
}

/// Ids around what a search reads, exclusive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IdRange {
    pub(crate) after: i64,
    pub(crate) before: i64,
}

impl IdRange {
    pub(super) const fn contains(self, id: i64) -> bool {
        self.after < id && id < self.before
    }
}

/// The newest matches.
#[derive(Debug)]
pub(crate) struct Matches<T> {
    /// Newest first.
    pub(crate) rows: Vec<T>,
    /// Older rows than this id may match, too. `None` if the rows are all matches.
    pub(crate) next: Option<i64>,
}

impl<T> Matches<T> {
    pub(crate) fn total(&self) -> Total {
        let count = i64::try_from(self.rows.len()).unwrap_or(i64::MAX);
        Total { count, is_exact: self.next.is_none() }
    }
}

/// Finds the newest rows that the list admits, up to `max_found`. They are fewer, with [`Matches::next`], if a search
/// would have to compare too many rows.
pub(crate) async fn search<L: SearchedList>(
    cx: &mut Context<'_>,
    list: &L,
    range: IdRange,
    max_found: usize,
) -> Result<Matches<L::Row>> {
    let mut found = BTreeMap::new();
    let until = compare_unindexed(cx, list, range, max_found, &mut found).await?;
    let candidates = candidates(cx, list.organization(), L::ROWS, list.term(), range).await?;
    let is_expensive = candidates.len() > MAX_CANDIDATES || (until > range.after && found.len() <= max_found);
    if is_expensive && let Some(rows) = list.load_filtered(cx, range).await? {
        found = rows.into_iter().filter(|row| list.admits(row)).map(|row| (L::id(&row), row)).collect();
        return Ok(newest(found, range, range.after, max_found));
    }
    let until = until.max(compare_candidates(cx, list, (&candidates, range), max_found, &mut found).await?);
    Ok(newest(found, range, until, max_found))
}

/// Compares rows that are in no segment. Returns the id from which on all were compared, or the end of the range.
async fn compare_unindexed<L: SearchedList>(
    cx: &mut Context<'_>,
    list: &L,
    range: IdRange,
    max_found: usize,
    found: &mut BTreeMap<i64, L::Row>,
) -> Result<i64> {
    let (mut compared, mut before) = (0, range.before);
    let mut is_last = false;
    while !is_last && found.len() <= max_found && compared < MAX_UNINDEXED {
        let rows = list.load_unindexed(cx, IdRange { before, ..range }).await?;
        compared += rows.len();
        is_last = rows.len() < CHUNK;
        before = rows.last().map_or(before, L::id);
        found.extend(rows.into_iter().filter(|row| list.admits(row)).map(|row| (L::id(&row), row)));
    }
    request(cx, list.organization(), L::ROWS, compared);
    Ok(if is_last { range.after } else { before })
}

/// Compares candidates, newest first. Returns the id from which on all were compared, or the end of the range.
async fn compare_candidates<L: SearchedList>(
    cx: &mut Context<'_>,
    list: &L,
    (candidates, range): (&[i64], IdRange),
    max_found: usize,
    found: &mut BTreeMap<i64, L::Row>,
) -> Result<i64> {
    let compared = candidates.get(..MAX_CANDIDATES).unwrap_or(candidates);
    let mut admitted = 0;
    for (index, chunk) in compared.chunks(CHUNK).enumerate() {
        let rows = list.load(cx, &pack_ids(chunk.iter().copied())).await?;
        for row in rows.into_iter().filter(|row| list.admits(row)) {
            admitted += 1;
            found.insert(L::id(&row), row);
        }
        let is_last = index * CHUNK + chunk.len() == candidates.len();
        if !is_last && admitted > max_found {
            return Ok(chunk.last().copied().unwrap_or(range.after));
        }
    }
    let is_complete = compared.len() == candidates.len();
    Ok(compared.last().copied().filter(|_| !is_complete).unwrap_or(range.after))
}

/// The newest rows from `until` on, up to `max_found`.
fn newest<T>(mut found: BTreeMap<i64, T>, range: IdRange, until: i64, max_found: usize) -> Matches<T> {
    let mut rows: Vec<(i64, T)> = found.split_off(&until).into_iter().rev().collect();
    let is_complete = until == range.after && rows.len() <= max_found;
    let is_cut = rows.len() > max_found;
    rows.truncate(max_found);
    let last = if is_cut { rows.last().map(|(id, _)| *id) } else { Some(until) };
    Matches { rows: rows.into_iter().map(|(_, row)| row).collect(), next: last.filter(|_| !is_complete) }
}
