//! Lists of people with one address each, sorted by time or by address: sign-up invitations and the waitlist.

use super::MAX_FOUND;
use crate::search::SearchTerm;

/// A search compares the newest 100,000 rows.
pub(crate) const MAX_ADDRESS_BATCHES: usize = 100;

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressSort {
    #[default]
    Newest,
    Oldest,
    Address,
    AddressDescending,
}

/// Which part of a list.
#[derive(Clone, Debug)]
pub struct AddressListParams {
    pub sort: AddressSort,
    /// From 1 to 1,000.
    pub limit: u16,
    pub offset: u32,
    /// The id of the last row of the page before. Only in the order of time.
    pub after: Option<i64>,
    /// A part of the name or of the address.
    pub search: Option<SearchTerm>,
}

impl AddressListParams {
    /// One row more than the page has, which says whether there is another page.
    pub(crate) fn fetched(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    pub(crate) fn skipped(&self) -> i64 {
        i64::from(self.offset)
    }
}

#[derive(Debug)]
pub struct AddressListPage<T> {
    pub rows: Vec<T>,
    /// The number of rows on all pages; of more than 10,000, at least this many.
    pub total: i64,
    pub has_more: bool,
}

impl<T> AddressListPage<T> {
    /// Cuts the rows that were fetched to a page.
    pub(crate) fn new(mut rows: Vec<T>, params: &AddressListParams, total: i64) -> Self {
        let has_more = rows.len() > usize::from(params.limit);
        rows.truncate(params.limit.into());
        Self { rows, total, has_more }
    }

    /// Sorts the rows that a search has found, and cuts them to a page.
    pub(crate) fn of_found(
        mut rows: Vec<T>,
        params: &AddressListParams,
        id: impl Fn(&T) -> i64,
        address: impl Fn(&T) -> &str,
    ) -> Self {
        rows.truncate(MAX_FOUND);
        let total = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        rows.sort_by(|row, other| match params.sort {
            AddressSort::Newest => id(other).cmp(&id(row)),
            AddressSort::Oldest => id(row).cmp(&id(other)),
            AddressSort::Address => address(row).cmp(address(other)),
            AddressSort::AddressDescending => address(other).cmp(address(row)),
        });
        if let Some(after) = params.after {
            rows.retain(|row| if params.sort == AddressSort::Oldest { id(row) > after } else { id(row) < after });
        }
        let fetched = usize::from(params.limit) + 1;
        let rows = rows.into_iter().skip(params.offset as usize).take(fetched).collect();
        Self::new(rows, params, total)
    }

    /// Converts the rows.
    pub(crate) fn map<U>(self, convert: impl FnMut(T) -> U) -> AddressListPage<U> {
        let rows = self.rows.into_iter().map(convert).collect();
        AddressListPage { rows, total: self.total, has_more: self.has_more }
    }
}

/// Whether a search finds a person, by a part of the name or of the address.
pub(crate) fn is_person_found(term: &SearchTerm, (first, last): (&str, &str), address: &str) -> bool {
    term.is_in(&format!("{first} {last}")) || term.is_in(address)
}
