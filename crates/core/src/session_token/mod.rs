//! Session tokens: signed statements about a sign-in that a backend checks without asking anybody (contract A.4.1).
//!
//! They open nothing here. The keys are made from the master key, one for each period of days, so that every process signs
//! with the same one and none is stored. The next key is published a period ahead, for those who keep what they have
//! fetched, and the last one until no token of its own can hold any more.

mod key;
mod mint;

pub use key::PublishedKey;
pub(crate) use key::published_keys;
pub use mint::{Mint, MintedToken};
