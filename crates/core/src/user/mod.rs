//! A user is a person with an account.

mod addresses;
mod new_user;
mod search_fields;
mod second_factors;
pub(crate) mod sql;

pub(crate) use addresses::{
    delete_unverified_address, grants_access_at, link_address, link_claim, trusted_primary_address,
};
pub(crate) use new_user::NewUser;
pub(crate) use search_fields::update_search;
pub(crate) use second_factors::refresh_second_factors;
pub use sql::{Account, OwnedAddress, PublicUser};

use crate::listing;
use crate::names::full_name;

/// What lists sort a user by: the folded name, or without one the first of `others`.
pub(crate) fn sort_name((first, last): (&str, &str), others: [Option<&str>; 2]) -> String {
    let name = full_name(first, last);
    let names = std::iter::once(name.as_str()).chain(others.into_iter().flatten());
    names.map(listing::sort_name).find(|name| !name.is_empty()).unwrap_or_default()
}
