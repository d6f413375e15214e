//! A user is a person with an account.

mod addresses;
mod new_user;
pub(crate) mod sql;

pub(crate) use addresses::{grants_access_at, link_address, link_claim, trusted_primary_address};
pub(crate) use new_user::NewUser;
pub use sql::{Account, OwnedAddress, PublicUser};

use crate::names::full_name;
use crate::search::SearchTerm;

/// Returns whether the full name or one of `others` contains the term.
pub(crate) fn matches_search(term: &SearchTerm, (first, last): (&str, &str), others: [Option<&str>; 2]) -> bool {
    term.is_in(&full_name(first, last)) || others.into_iter().flatten().any(|text| term.is_in(text))
}
