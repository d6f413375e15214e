//! Lists of people with one address each, sorted by time or by address: sign-up invitations and the waitlist.

use vestibule_db::{Argument, Record, Statement};

use crate::error::Result;
use crate::execution::Context;
use crate::listing::{BatchSearch, MAX_COUNTED, MAX_FOUND, SEARCH_BATCH};
use crate::search::{SearchTerm, matches_person};

/// A search compares the newest 100,000 rows.
const MAX_BATCHES: usize = 100;

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PersonSort {
    #[default]
    Newest,
    Oldest,
    Address,
    AddressDescending,
}

/// Which part of a list.
#[derive(Clone, Debug)]
pub struct PersonListParams {
    pub sort: PersonSort,
    /// From 1 to 1,000.
    pub limit: u16,
    pub offset: u32,
    /// The id of the last row of the page before. Only in the order of time.
    pub after: Option<i64>,
    /// A part of the name or of the address.
    pub search: Option<SearchTerm>,
}

/// A row of such a list.
pub(crate) trait PersonRow: Record {
    fn id(&self) -> i64;
    /// The normalized address.
    fn address_key(&self) -> &str;
    fn name(&self) -> (&str, &str);

    /// Whether a search finds the person, by a part of the name or of the address.
    fn matches(&self, term: &SearchTerm) -> bool {
        matches_person(term, self.name(), [Some(self.address_key()), None])
    }
}

/// The statements of a list, whose ids are of the type `I`.
pub(crate) struct PersonStatements<I, R> {
    pub(crate) newest: Statement<(I, i64, i64), R>,
    pub(crate) oldest: Statement<(I, i64, i64), R>,
    pub(crate) by_address: Statement<(i64, i64), R>,
    pub(crate) by_address_descending: Statement<(i64, i64), R>,
    /// Counts up to a limit.
    pub(crate) count: Statement<(i64,), (i64,)>,
}

impl<I, R: PersonRow> PersonStatements<I, R>
where
    I: for<'a> Argument<Input<'a> = I> + From<i64>,
{
    /// Reads a page. A search shows at most the newest thousand matches.
    pub(crate) async fn page(self, cx: &mut Context<'_>, params: &PersonListParams) -> Result<PersonListPage<R>> {
        match &params.search {
            Some(term) => self.search(cx, params, term).await,
            None => self.read(cx, params).await,
        }
    }

    async fn read(self, cx: &mut Context<'_>, params: &PersonListParams) -> Result<PersonListPage<R>> {
        // One row more than the page has says whether there is another page.
        let (fetched, skipped) = (i64::from(params.limit) + 1, i64::from(params.offset));
        let rows = match params.sort {
            PersonSort::Newest => {
                cx.tx.all(self.newest, (params.after.unwrap_or(i64::MAX).into(), fetched, skipped)).await?
            }
            PersonSort::Oldest => cx.tx.all(self.oldest, (params.after.unwrap_or(0).into(), fetched, skipped)).await?,
            PersonSort::Address => cx.tx.all(self.by_address, (fetched, skipped)).await?,
            PersonSort::AddressDescending => cx.tx.all(self.by_address_descending, (fetched, skipped)).await?,
        };
        let (total,) = cx.tx.one(self.count, (MAX_COUNTED,)).await?;
        Ok(PersonListPage::new(rows, params, total))
    }

    async fn search(
        self,
        cx: &mut Context<'_>,
        params: &PersonListParams,
        term: &SearchTerm,
    ) -> Result<PersonListPage<R>> {
        let mut search = BatchSearch::new(None, MAX_BATCHES);
        while search.needs_batch() && search.matches.len() <= MAX_FOUND {
            let before: i64 = search.after.unwrap_or(i64::MAX);
            let batch = cx.tx.all(self.newest, (before.into(), SEARCH_BATCH, 0)).await?;
            search.add(batch, PersonRow::id, |row: &R| row.matches(term));
        }
        Ok(page_of_matches(search.matches, params))
    }
}

#[derive(Debug)]
pub struct PersonListPage<T> {
    pub rows: Vec<T>,
    /// The number of rows on all pages; of more than 10,000, at least this many.
    pub total: i64,
    pub has_more: bool,
}

impl<T> PersonListPage<T> {
    /// Cuts the rows that were fetched to a page.
    fn new(mut rows: Vec<T>, params: &PersonListParams, total: i64) -> Self {
        let has_more = rows.len() > usize::from(params.limit);
        rows.truncate(params.limit.into());
        Self { rows, total, has_more }
    }

    /// Converts the rows.
    pub(crate) fn map<U>(self, convert: impl FnMut(T) -> U) -> PersonListPage<U> {
        let rows = self.rows.into_iter().map(convert).collect();
        PersonListPage { rows, total: self.total, has_more: self.has_more }
    }
}

/// Sorts the rows that a search has found, and cuts them to a page.
fn page_of_matches<R: PersonRow>(mut rows: Vec<R>, params: &PersonListParams) -> PersonListPage<R> {
    rows.truncate(MAX_FOUND);
    let total = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    rows.sort_by(|row, other| match params.sort {
        PersonSort::Newest => other.id().cmp(&row.id()),
        PersonSort::Oldest => row.id().cmp(&other.id()),
        PersonSort::Address => row.address_key().cmp(other.address_key()),
        PersonSort::AddressDescending => other.address_key().cmp(row.address_key()),
    });
    if let Some(after) = params.after {
        rows.retain(|row| if params.sort == PersonSort::Oldest { row.id() > after } else { row.id() < after });
    }
    let fetched = usize::from(params.limit) + 1;
    let rows = rows.into_iter().skip(params.offset as usize).take(fetched).collect();
    PersonListPage::new(rows, params, total)
}
