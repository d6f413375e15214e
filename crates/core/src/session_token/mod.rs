//! Session tokens: JWTs about a sign-in that a backend can verify without calling this server. They grant nothing here.
//!
//! The signing keys are derived from the master key, one per period of days, so every process signs with the same key
//! and none is stored. The next key is published one period ahead, for clients that cache the key set, and the last one
//! until its tokens have expired.

mod custom_claims;
mod key;
mod mint;

pub use key::PublishedKey;
pub(crate) use key::published_keys;
pub use mint::{Mint, MintedToken};
