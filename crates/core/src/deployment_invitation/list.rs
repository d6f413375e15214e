//! Listing invitations to sign up.

use super::{DeploymentInvitation, InvitationWithToken, sql};
use crate::access::require_unbound_key;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::listing::{
    AddressListPage, AddressListParams, AddressSort, BatchSearch, MAX_ADDRESS_BATCHES, MAX_COUNTED, MAX_FOUND,
    SEARCH_BATCH, is_person_found,
};
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::search::SearchTerm;

/// Lists the invitations, the newest first by default, with those that have expired in the last thirty days. A search
/// shows at most the newest thousand matches.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`.
#[derive(Debug)]
pub struct List {
    pub params: AddressListParams,
}

impl Query for List {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::InvitationsRead);
    type Out = AddressListPage<InvitationWithToken>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<AddressListPage<InvitationWithToken>> {
        require_unbound_key(cx)?;
        let params = &self.params;
        let listed = match &params.search {
            Some(term) => self.search(cx, term).await?,
            None => self.read(cx).await?,
        };
        Ok(listed.map(|invitation| InvitationWithToken::new(cx, invitation)))
    }
}

impl List {
    async fn read(&self, cx: &mut Context<'_>) -> Result<AddressListPage<DeploymentInvitation>> {
        let params = &self.params;
        let (fetched, skipped) = (params.fetched(), params.skipped());
        let rows = match params.sort {
            AddressSort::Newest => {
                cx.tx.all(sql::NEWEST, (params.after.unwrap_or(i64::MAX).into(), fetched, skipped)).await?
            }
            AddressSort::Oldest => cx.tx.all(sql::OLDEST, (params.after.unwrap_or(0).into(), fetched, skipped)).await?,
            AddressSort::Address => cx.tx.all(sql::BY_ADDRESS, (fetched, skipped)).await?,
            AddressSort::AddressDescending => cx.tx.all(sql::BY_ADDRESS_DESCENDING, (fetched, skipped)).await?,
        };
        let (total,) = cx.tx.one(sql::COUNT, (MAX_COUNTED,)).await?;
        Ok(AddressListPage::new(rows, params, total))
    }

    async fn search(&self, cx: &mut Context<'_>, term: &SearchTerm) -> Result<AddressListPage<DeploymentInvitation>> {
        let mut search = BatchSearch::new(None, MAX_ADDRESS_BATCHES);
        while search.needs_batch() && search.matches.len() <= MAX_FOUND {
            let before = search.after.unwrap_or(i64::MAX.into());
            let batch = cx.tx.all(sql::NEWEST, (before, SEARCH_BATCH, 0)).await?;
            let matches = |row: &DeploymentInvitation| {
                is_person_found(term, (row.first_name.as_str(), row.last_name.as_str()), &row.email_key)
            };
            search.add(batch, |row| row.id, matches);
        }
        Ok(AddressListPage::of_found(search.matches, &self.params, |row| row.id.get(), |row| row.email_key.as_str()))
    }
}
