//! Listing invitations to sign up.

use super::{InvitationWithToken, sql};
use crate::access::require_unbound_key;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::listing::{AddressListPage, AddressListParams, AddressSort, MAX_COUNTED};
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};

/// Lists the invitations, the newest first by default, with those that have expired in the last thirty days.
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
        let (fetched, skipped) = (params.fetched(), params.skipped());
        let rows = match (&params.address, params.sort) {
            (Some(address), _) => {
                let found = cx.tx.all(sql::OF_ADDRESS, (address.key(),)).await?;
                found.into_iter().skip(params.offset as usize).collect()
            }
            (None, AddressSort::Newest) => {
                cx.tx.all(sql::NEWEST, (params.after.unwrap_or(i64::MAX).into(), fetched, skipped)).await?
            }
            (None, AddressSort::Oldest) => {
                cx.tx.all(sql::OLDEST, (params.after.unwrap_or(0).into(), fetched, skipped)).await?
            }
            (None, AddressSort::Address) => cx.tx.all(sql::BY_ADDRESS, (fetched, skipped)).await?,
            (None, AddressSort::AddressDescending) => cx.tx.all(sql::BY_ADDRESS_DESCENDING, (fetched, skipped)).await?,
        };
        let total = match &params.address {
            Some(_) => i64::try_from(rows.len()).unwrap_or(i64::MAX),
            None => cx.tx.one(sql::COUNT, (MAX_COUNTED,)).await?.0,
        };
        let rows = rows.into_iter().map(|invitation| InvitationWithToken::new(cx, invitation)).collect();
        Ok(AddressListPage::new(rows, params, total))
    }
}
