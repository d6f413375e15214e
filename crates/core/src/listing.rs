//! Positions in sorted lists, and totals of filtered ones.

mod batch_search;
mod cursor;

use std::cmp::Ordering;
use std::fmt::Write;

pub(crate) use batch_search::{BatchSearch, MAX_SEARCH_BATCHES, SEARCH_BATCH};
pub use cursor::{ListSort, NameCursor};

use crate::search::fold;

/// The most rows that a total counts. Counting further would read a large organization for one number.
pub const MAX_COUNTED: i64 = 10_000;

/// The most matches of a search that a list shows, the newest ones.
pub const MAX_FOUND: usize = 1000;

/// The most ids that [`pack_ids`] takes: a statement splits them in quadratic time.
pub(crate) const MAX_PACKED: u16 = 500;

/// The metadata of the rows of a page, in bytes. A backend may store up to 128 KiB with each of a thousand rows.
const MAX_METADATA: usize = 4 * 1024 * 1024;

/// Rows per statement that reads metadata until [`cut_to_metadata_budget`] cuts it: a page of a hundred, and whether
/// there is a next one.
pub(crate) const METADATA_BATCH: usize = 101;

/// Later than every sort name: the highest code point.
pub(crate) const LAST_NAME: &str = "\u{10ffff}";

/// The maximum length of a sort name, in characters: an entry of an index holds it.
const MAX_SORT_NAME: usize = 100;

/// What a list sorts a name by: the folded name.
pub(crate) fn sort_name(name: &str) -> String {
    fold(name).chars().take(MAX_SORT_NAME).collect()
}

/// Cuts the rows of a page, whose metadata has as many bytes as `length` returns, to those that 4 MiB have room for, at
/// least one. Returns whether there were more.
pub fn cut_to_metadata_budget<T>(rows: &mut Vec<T>, length: impl Fn(&T) -> usize) -> bool {
    let mut used = 0_usize;
    let end = rows.iter().position(|row| {
        let is_first = used == 0;
        used = used.saturating_add(length(row));
        used > MAX_METADATA && !is_first
    });
    let Some(end) = end else { return false };
    rows.truncate(end);
    true
}

/// Which page of a list. The rows after a cursor stay the same when rows are added or deleted before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position<C> {
    /// By number, starting at 1.
    Page(u32),
    /// After this many rows.
    Offset(u32),
    After(C),
    /// The last page before the cursor.
    Before(C),
}

impl<C> Default for Position<C> {
    fn default() -> Self {
        Self::Page(1)
    }
}

impl<C> Position<C> {
    /// From the parameters of a request. The first one that is there counts.
    pub fn from_cursors(after: Option<C>, before: Option<C>, page: u32) -> Self {
        match (after, before) {
            (Some(cursor), _) => Self::After(cursor),
            (None, Some(cursor)) => Self::Before(cursor),
            (None, None) => Self::Page(page),
        }
    }

    /// How to read the page from a list in the order of ids: whether in descending order, and between which ids,
    /// exclusive. `id` is that of a cursor's row.
    pub(crate) fn id_range<I: From<i64>>(&self, is_newest_first: bool, id: impl Fn(&C) -> I) -> (bool, I, I) {
        let (first, last) = (0.into(), i64::MAX.into());
        match (self, is_newest_first) {
            (Self::Page(_) | Self::Offset(_), is_newest_first) => (is_newest_first, first, last),
            (Self::After(cursor), true) | (Self::Before(cursor), false) => (true, first, id(cursor)),
            (Self::After(cursor), false) | (Self::Before(cursor), true) => (false, id(cursor), last),
        }
    }

    /// The number of rows before the page.
    pub(crate) fn offset(&self, limit: u32) -> i64 {
        match self {
            Self::Page(page) => i64::from(page.saturating_sub(1)) * i64::from(limit),
            Self::Offset(offset) => i64::from(*offset),
            Self::After(_) | Self::Before(_) => 0,
        }
    }
}

/// Where a page begins, in a list that is only read forwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start<C> {
    /// After this many rows.
    Offset(u32),
    After(C),
}

impl<C> Start<C> {
    /// The position before the page, unless it is a number of rows.
    pub(crate) fn after(&self) -> Option<&C> {
        match self {
            Self::Offset(_) => None,
            Self::After(cursor) => Some(cursor),
        }
    }

    /// The number of rows to leave out.
    pub(crate) fn offset(&self) -> u32 {
        match self {
            Self::Offset(offset) => *offset,
            Self::After(_) => 0,
        }
    }
}

/// The number of rows of a filtered list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    pub count: i64,
    /// Otherwise there are more than `count`.
    pub is_exact: bool,
}

impl Total {
    pub(crate) const fn exact(count: i64) -> Self {
        Self { count, is_exact: true }
    }

    /// From a count that stopped after one row more than `max`.
    pub(crate) fn bounded(count: i64, max: i64) -> Self {
        Self { count: count.min(max), is_exact: count <= max }
    }
}

/// The rows of a page, and whether there are rows before and after them.
#[derive(Clone, Debug)]
pub struct Slice<T> {
    pub rows: Vec<T>,
    pub has_previous: bool,
    pub has_next: bool,
}

impl<T> Slice<T> {
    /// From rows that were read in the direction of the position, one more than the page has if there are more.
    pub(crate) fn from_read<C>(mut rows: Vec<T>, position: &Position<C>, limit: u32) -> Self {
        let has_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        match position {
            Position::Page(page) => Self { rows, has_previous: *page > 1, has_next: has_more },
            Position::Offset(offset) => Self { rows, has_previous: *offset > 0, has_next: has_more },
            Position::After(_) => Self { rows, has_previous: true, has_next: has_more },
            Position::Before(_) => {
                rows.reverse();
                Self { rows, has_previous: has_more, has_next: true }
            }
        }
    }

    /// From all rows of the list, in its order.
    pub fn from_all<C>(rows: Vec<T>, position: &Position<C>, limit: u32, compare: impl Fn(&T, &C) -> Ordering) -> Self {
        let limit = limit as usize;
        let start = match position {
            Position::Page(page) => (page.saturating_sub(1) as usize).saturating_mul(limit),
            Position::Offset(offset) => *offset as usize,
            Position::After(cursor) => rows.partition_point(|row| compare(row, cursor) != Ordering::Greater),
            Position::Before(cursor) => {
                rows.partition_point(|row| compare(row, cursor) == Ordering::Less).saturating_sub(limit)
            }
        };
        let end = match position {
            Position::Before(cursor) => rows.partition_point(|row| compare(row, cursor) == Ordering::Less),
            Position::Page(_) | Position::Offset(_) | Position::After(_) => start.saturating_add(limit).min(rows.len()),
        };
        let has_next = end < rows.len();
        let rows = rows.into_iter().skip(start).take(end.saturating_sub(start)).collect();
        Self { rows, has_previous: start > 0, has_next }
    }

    /// The cursors of the previous and the next page.
    pub fn cursors<C>(&self, cursor: impl Fn(&T) -> C) -> (Option<C>, Option<C>) {
        let previous = self.rows.first().filter(|_| self.has_previous).map(&cursor);
        (previous, self.rows.last().filter(|_| self.has_next).map(cursor))
    }
}

/// A page of a list that is only read forwards.
#[derive(Debug)]
pub(crate) struct ForwardPage<T, C> {
    pub(crate) rows: Vec<T>,
    pub(crate) total: Total,
    /// Where the next page begins.
    pub(crate) next: Option<C>,
}

impl<T, C> ForwardPage<T, C> {
    /// From the rows of the page, and one more if there is a next page.
    pub(crate) fn from_read(mut rows: Vec<T>, limit: usize, total: Total, cursor: impl Fn(&T) -> C) -> Self {
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more).map(cursor);
        Self { rows, total, next }
    }
}

/// Ids as one argument of a statement, 19 digits each; see [`packed_ids!`]. There is at least one.
pub(crate) fn pack_ids(ids: impl IntoIterator<Item = i64>) -> String {
    ids.into_iter().fold(String::new(), |mut packed, id| {
        // Writing to a `String` cannot fail.
        let _ = write!(packed, "{id:019}");
        packed
    })
}

/// A table `p` of the ids in an argument, which [`pack_ids`] has made.
macro_rules! packed_ids {
    ($argument:literal) => {
        concat!(
            "(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < LENGTH(",
            $argument,
            ") / 19) SELECT CAST(SUBSTR(",
            $argument,
            ", i * 19 + 1, 19) AS BIGINT) AS id FROM n) p "
        )
    };
}

pub(crate) use packed_ids;
