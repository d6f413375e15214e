//! Listing invitations to sign up, and what this list has in common with the waitlist.

use super::{WithToken, sql};
use crate::access::require_unbound_key;
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::listing::MAX_COUNTED;
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Newest,
    Oldest,
    Address,
    AddressBackwards,
}

/// The part of a list.
#[derive(Clone, Debug)]
pub struct ListParams {
    pub order: Order,
    /// From 1 to 1,000.
    pub limit: u16,
    pub offset: u32,
    /// The id of the last row of the page before. Only in the order of time.
    pub after: Option<i64>,
    /// Only the row of this address.
    pub address: Option<EmailAddress>,
}

impl ListParams {
    /// One row more than the page has, which says whether there is another page.
    pub(crate) fn fetched(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    pub(crate) fn skipped(&self) -> i64 {
        i64::from(self.offset)
    }
}

/// A page of a list.
#[derive(Debug)]
pub struct ListedPage<T> {
    pub rows: Vec<T>,
    /// Of more than 10,000, at least this many.
    pub total: i64,
    pub has_more: bool,
}

/// Cuts the rows that were fetched to a page.
pub(crate) fn page<T>(mut rows: Vec<T>, params: &ListParams, total: i64) -> ListedPage<T> {
    let has_more = rows.len() > usize::from(params.limit);
    rows.truncate(params.limit.into());
    ListedPage { rows, total, has_more }
}

/// Lists the invitations, the newest first by default, with those that have expired in the last thirty days.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`.
#[derive(Debug)]
pub struct List {
    pub params: ListParams,
}

impl Query for List {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::InvitationsRead);
    type Out = ListedPage<WithToken>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<ListedPage<WithToken>> {
        require_unbound_key(cx)?;
        let params = &self.params;
        let (fetched, skipped) = (params.fetched(), params.skipped());
        let rows = match (&params.address, params.order) {
            (Some(address), _) => {
                let found = cx.tx.all(sql::OF_ADDRESS, (address.key(),)).await?;
                found.into_iter().skip(params.offset as usize).collect()
            }
            (None, Order::Newest) => {
                cx.tx.all(sql::NEWEST, (params.after.unwrap_or(i64::MAX).into(), fetched, skipped)).await?
            }
            (None, Order::Oldest) => {
                cx.tx.all(sql::OLDEST, (params.after.unwrap_or(0).into(), fetched, skipped)).await?
            }
            (None, Order::Address) => cx.tx.all(sql::BY_ADDRESS, (fetched, skipped)).await?,
            (None, Order::AddressBackwards) => cx.tx.all(sql::BY_ADDRESS_BACKWARDS, (fetched, skipped)).await?,
        };
        let total = match &params.address {
            Some(_) => i64::try_from(rows.len()).unwrap_or(i64::MAX),
            None => cx.tx.one(sql::COUNT, (MAX_COUNTED,)).await?.0,
        };
        let rows = rows.into_iter().map(|invitation| WithToken::new(cx, invitation)).collect();
        Ok(page(rows, params, total))
    }
}
