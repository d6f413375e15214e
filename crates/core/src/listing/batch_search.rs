//! Searches that compare the rows of a list in batches.

use super::{ForwardPage, Total};

/// Rows per statement of a search.
pub(crate) const SEARCH_BATCH: i64 = 1000;
/// The batches that a page of a search reads at most. The next page continues after them.
pub(crate) const MAX_SEARCH_BATCHES: usize = 20;

/// A search in the order of the list. It reads batches of [`SEARCH_BATCH`] rows while [`Self::needs_batch`].
pub(crate) struct BatchSearch<T, C> {
    pub(crate) matches: Vec<T>,
    /// The last row that was compared.
    pub(crate) after: Option<C>,
    remaining_batches: usize,
    has_ended: bool,
}

impl<T, C> BatchSearch<T, C> {
    pub(crate) fn new(after: Option<C>, max_batches: usize) -> Self {
        Self { matches: Vec::new(), after, remaining_batches: max_batches, has_ended: false }
    }

    pub(crate) fn needs_batch(&self) -> bool {
        !self.has_ended && self.remaining_batches > 0
    }

    /// Compares the rows after [`Self::after`].
    pub(crate) fn add(&mut self, batch: Vec<T>, cursor: impl Fn(&T) -> C, is_match: impl Fn(&T) -> bool) {
        self.remaining_batches -= 1;
        self.has_ended = i64::try_from(batch.len()).is_ok_and(|read| read < SEARCH_BATCH);
        self.after = batch.last().map(cursor).or(self.after.take());
        self.matches.extend(batch.into_iter().filter(is_match));
    }

    /// A page of the matches. If it has room for more, the next one continues after the last row that was compared.
    pub(crate) fn into_page(self, offset: u32, limit: usize, cursor: impl Fn(&T) -> C) -> ForwardPage<T, C> {
        let count = i64::try_from(self.matches.len()).unwrap_or(i64::MAX);
        let rows = self.matches.into_iter().skip(offset as usize).take(limit + 1).collect();
        let mut page = ForwardPage::from_read(rows, limit, Total { count, is_exact: self.has_ended }, cursor);
        if !self.has_ended {
            page.next = page.next.or(self.after);
        }
        page
    }
}
