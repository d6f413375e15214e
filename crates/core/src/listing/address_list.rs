//! Lists whose rows have one address each, sorted by time or by address: sign-up invitations and the waitlist.

use crate::email_address::EmailAddress;

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
    /// Only the row of this address.
    pub address: Option<EmailAddress>,
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
}
