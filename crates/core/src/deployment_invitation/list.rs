//! Listing invitations to sign up, and what this list has in common with the waitlist.

use super::{DeploymentInvitation, WithToken, sql};
use crate::access::require_unbound_key;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::DeploymentInvitationId;
use crate::listing::{MAX_COUNTED, MAX_FOUND};
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::search::SearchTerm;

/// Rows per statement of a search.
pub(crate) const BATCH: i64 = 1000;
/// A search compares the newest 100,000 rows.
pub(crate) const MAX_BATCHES: usize = 100;

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
    /// A part of the name or of the address.
    pub search: Option<SearchTerm>,
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

/// Whether a person is searched for.
pub(crate) fn is_found(term: &SearchTerm, first_name: &str, last_name: &str, address: &str) -> bool {
    term.is_in(&format!("{first_name} {last_name}")) || term.is_in(address)
}

/// Sorts the rows that a search has found, and cuts them to a page.
pub(crate) fn page_of_found<T>(
    mut rows: Vec<T>,
    params: &ListParams,
    id: impl Fn(&T) -> i64,
    address: impl Fn(&T) -> &str,
) -> ListedPage<T> {
    rows.truncate(MAX_FOUND);
    let total = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    rows.sort_by(|row, other| match params.order {
        Order::Newest => id(other).cmp(&id(row)),
        Order::Oldest => id(row).cmp(&id(other)),
        Order::Address => address(row).cmp(address(other)),
        Order::AddressBackwards => address(other).cmp(address(row)),
    });
    if let Some(after) = params.after {
        rows.retain(|row| if params.order == Order::Oldest { id(row) > after } else { id(row) < after });
    }
    let fetched = usize::from(params.limit) + 1;
    let rows = rows.into_iter().skip(params.offset as usize).take(fetched).collect();
    page(rows, params, total)
}

/// Cuts the rows that were fetched to a page.
pub(crate) fn page<T>(mut rows: Vec<T>, params: &ListParams, total: i64) -> ListedPage<T> {
    let has_more = rows.len() > usize::from(params.limit);
    rows.truncate(params.limit.into());
    ListedPage { rows, total, has_more }
}

/// Lists the invitations, the newest first by default, with those that have expired in the last thirty days. A search
/// shows at most the newest thousand matches.
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
        let listed = match &params.search {
            Some(term) => self.search(cx, term).await?,
            None => self.read(cx).await?,
        };
        let ListedPage { rows, total, has_more } = listed;
        let rows = rows.into_iter().map(|invitation| WithToken::new(cx, invitation)).collect();
        Ok(ListedPage { rows, total, has_more })
    }
}

impl List {
    async fn read(&self, cx: &mut Context<'_>) -> Result<ListedPage<DeploymentInvitation>> {
        let params = &self.params;
        let (fetched, skipped) = (params.fetched(), params.skipped());
        let rows = match params.order {
            Order::Newest => {
                cx.tx.all(sql::NEWEST, (params.after.unwrap_or(i64::MAX).into(), fetched, skipped)).await?
            }
            Order::Oldest => cx.tx.all(sql::OLDEST, (params.after.unwrap_or(0).into(), fetched, skipped)).await?,
            Order::Address => cx.tx.all(sql::BY_ADDRESS, (fetched, skipped)).await?,
            Order::AddressBackwards => cx.tx.all(sql::BY_ADDRESS_BACKWARDS, (fetched, skipped)).await?,
        };
        let (total,) = cx.tx.one(sql::COUNT, (MAX_COUNTED,)).await?;
        Ok(page(rows, params, total))
    }

    async fn search(&self, cx: &mut Context<'_>, term: &SearchTerm) -> Result<ListedPage<DeploymentInvitation>> {
        let (mut found, mut before): (Vec<DeploymentInvitation>, DeploymentInvitationId) =
            (Vec::new(), i64::MAX.into());
        for _ in 0..MAX_BATCHES {
            let batch = cx.tx.all(sql::NEWEST, (before, BATCH, 0)).await?;
            let is_last = i64::try_from(batch.len()).is_ok_and(|read| read < BATCH);
            before = batch.last().map_or(before, |last| last.id);
            let matches = |row: &DeploymentInvitation| is_found(term, &row.first_name, &row.last_name, &row.email_key);
            found.extend(batch.into_iter().filter(matches));
            if is_last || found.len() > MAX_FOUND {
                break;
            }
        }
        Ok(page_of_found(found, &self.params, |row| row.id.get(), |row| row.email_key.as_str()))
    }
}
