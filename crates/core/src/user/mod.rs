//! A user is a person with an account.

mod addresses;
mod new_user;
pub(crate) mod sql;

pub(crate) use addresses::{grants_access_at, link_address, link_claim, trusted_primary_address};
pub(crate) use new_user::NewUser;
pub use sql::{Account, OwnedAddress, PublicUser};

/// Returns whether a name or one of `others` contains `search`, which must be lowercase.
///
/// Compared here and not in the database, because the two engines differ in case folding beyond ASCII.
pub(crate) fn matches_search(search: &str, (first, last): (&str, &str), others: [Option<&str>; 2]) -> bool {
    let name = format!("{first} {last}").to_lowercase();
    name.contains(search) || others.into_iter().flatten().any(|text| text.to_lowercase().contains(search))
}
