//! A user is a person with an account.

mod new_user;
pub(crate) mod sql;

pub(crate) use new_user::NewUser;
pub use sql::{Account, OwnedAddress, PublicUser};

/// Whether somebody's names or address contain what is sought, which is in lower case. Compared here and not in the
/// database: the two engines do not agree on case beyond ASCII.
pub(crate) fn matches_search(sought: &str, (first, last): (&str, &str), others: [Option<&str>; 2]) -> bool {
    let name = format!("{first} {last}").to_lowercase();
    name.contains(sought) || others.into_iter().flatten().any(|text| text.to_lowercase().contains(sought))
}
