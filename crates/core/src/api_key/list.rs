//! Listing keys.

use super::sql::{self, ApiKey};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::ApiKeyId;
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};

/// The keys after the one with the id `after`, oldest first, with those that were revoked or have expired in the last 90
/// days. A key that is bound to an organization sees the keys of that organization.
#[derive(Debug)]
pub struct List {
    pub after: Option<ApiKeyId>,
    /// From 1 to 1,000.
    pub limit: u16,
}

/// A part of the list.
#[derive(Debug)]
pub struct ApiKeysPage {
    pub keys: Vec<ApiKey>,
    pub has_more: bool,
}

impl Query for List {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::KeysRead);
    type Out = ApiKeysPage;

    async fn run(&self, cx: &mut Context<'_>) -> Result<ApiKeysPage> {
        let limit = usize::from(self.limit.clamp(1, 1000));
        let (after, fetched) = (self.after.unwrap_or_else(|| 0.into()), i64::from(self.limit.clamp(1, 1000)) + 1);
        let mut keys = match cx.api_key.as_ref().and_then(|own| own.organization_id) {
            Some(organization) => cx.tx.all(sql::OF_ORGANIZATION_AFTER, (organization, after, fetched)).await?,
            None => cx.tx.all(sql::AFTER, (after, fetched)).await?,
        };
        let has_more = keys.len() > limit;
        keys.truncate(limit);
        Ok(ApiKeysPage { keys, has_more })
    }
}
