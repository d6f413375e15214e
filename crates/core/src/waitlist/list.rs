//! Listing the waitlist.

use super::sql::{self, WaitlistEntry};
use crate::access::require_unbound_key;
use crate::deployment_invitation::{BATCH, ListParams, ListedPage, MAX_BATCHES, Order, is_found, page, page_of_found};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::WaitlistEntryId;
use crate::listing::{MAX_COUNTED, MAX_FOUND};
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::search::SearchTerm;

/// Lists the entries, the newest first by default. A search shows at most the newest thousand matches.
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
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::WaitlistRead);
    type Out = ListedPage<WaitlistEntry>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<ListedPage<WaitlistEntry>> {
        require_unbound_key(cx)?;
        match &self.params.search {
            Some(term) => self.search(cx, term).await,
            None => self.read(cx).await,
        }
    }
}

impl List {
    async fn read(&self, cx: &mut Context<'_>) -> Result<ListedPage<WaitlistEntry>> {
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

    async fn search(&self, cx: &mut Context<'_>, term: &SearchTerm) -> Result<ListedPage<WaitlistEntry>> {
        let (mut found, mut before): (Vec<WaitlistEntry>, WaitlistEntryId) = (Vec::new(), i64::MAX.into());
        for _ in 0..MAX_BATCHES {
            let batch = cx.tx.all(sql::NEWEST, (before, BATCH, 0)).await?;
            let is_last = i64::try_from(batch.len()).is_ok_and(|read| read < BATCH);
            before = batch.last().map_or(before, |last| last.id);
            let matches = |row: &WaitlistEntry| is_found(term, &row.first_name, &row.last_name, &row.address_key);
            found.extend(batch.into_iter().filter(matches));
            if is_last || found.len() > MAX_FOUND {
                break;
            }
        }
        Ok(page_of_found(found, &self.params, |row| row.id.get(), |row| row.address_key.as_str()))
    }
}
