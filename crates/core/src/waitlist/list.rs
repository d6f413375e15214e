//! Listing the waitlist.

use super::sql::{self, WaitlistEntry};
use crate::access::require_unbound_key;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::permission::Requirement;
use crate::person_list::{PersonListPage, PersonListParams, PersonRow, PersonStatements};
use crate::scope::{Scope, ScopeRequirement};

/// Lists the entries, the newest first by default. A search shows at most the newest thousand matches.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`.
#[derive(Debug)]
pub struct List {
    pub params: PersonListParams,
}

impl Query for List {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::WaitlistRead);
    type Out = PersonListPage<WaitlistEntry>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<PersonListPage<WaitlistEntry>> {
        require_unbound_key(cx)?;
        let statements = PersonStatements {
            newest: sql::NEWEST,
            oldest: sql::OLDEST,
            by_address: sql::BY_ADDRESS,
            by_address_descending: sql::BY_ADDRESS_DESCENDING,
            count: sql::COUNT,
        };
        statements.page(cx, &self.params).await
    }
}

impl PersonRow for WaitlistEntry {
    fn id(&self) -> i64 {
        self.id.get()
    }

    fn address_key(&self) -> &str {
        &self.address_key
    }

    fn name(&self) -> (&str, &str) {
        (&self.first_name, &self.last_name)
    }
}
