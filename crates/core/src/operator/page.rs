//! Pages of lists that are filtered while they are read.

/// The longest page that a query returns.
pub const MAX_LISTED: usize = 1000;
/// Rows per statement of a list.
pub(super) const BATCH: u16 = 1000;
/// Batches that a list without many matches reads at most. The next page continues after the last of them.
pub(super) const MAX_BATCHES: usize = 100;

/// A part of a list.
#[derive(Debug)]
pub struct Page<T, I> {
    pub items: Vec<T>,
    /// Where the next page starts; `None` at the end of the list.
    pub next: Option<I>,
}

/// A page that is filled from batches of rows.
pub(super) struct PageBuilder<T, I> {
    items: Vec<T>,
    limit: usize,
    /// The id of the last row that was read.
    pub(super) after: I,
}

impl<T, I: Copy> PageBuilder<T, I> {
    /// A page of up to `limit` items, from 1 to [`MAX_LISTED`], with ids higher than `after`.
    pub(super) fn new(limit: usize, after: I) -> Self {
        Self { items: Vec::new(), limit: limit.clamp(1, MAX_LISTED), after }
    }

    /// Adds the rows of the next batch that `select` accepts. Returns the page if it is full or the list has
    /// ended, and `None` if it needs another batch.
    pub(super) fn add<R>(
        &mut self,
        batch: Vec<R>,
        id: impl Fn(&R) -> I,
        select: impl Fn(R) -> Option<T>,
    ) -> Option<Page<T, I>> {
        let is_last = batch.len() < usize::from(BATCH);
        for row in batch {
            if self.items.len() == self.limit {
                return Some(self.finish());
            }
            self.after = id(&row);
            self.items.extend(select(row));
        }
        is_last.then(|| Page { next: None, ..self.finish() })
    }

    /// Returns the page with the items so far. The next page continues after the last row that was read.
    pub(super) fn finish(&mut self) -> Page<T, I> {
        Page { items: std::mem::take(&mut self.items), next: Some(self.after) }
    }
}
