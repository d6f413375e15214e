//! `OpenID` Connect and OAuth 2.0, as a client: discovery, keys, authorization URLs, the exchange of codes, ID tokens and
//! profiles. Nothing here reads the database.
//!
//! A provider may be hostile, since every organization can connect its own. What it sends is bounded, claims may be of any
//! type, and requests go through the guarded client of `http_client`.

mod apple;
mod authenticate;
mod authorization;
mod cache;
mod check;
mod claims;
mod client;
mod discovery;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
mod fuzzed;
mod github;
mod id_token;
mod jws;
mod keys;
mod steps;
#[cfg(test)]
mod tests;
mod token;
mod transport;
mod userinfo;

pub use authenticate::{authenticate, check_error_response};
pub use authorization::{authorization_url, logout_url};
pub use cache::ProviderCache;
pub use check::{ConnectionCheck, test_connection};
pub use claims::{Claims, person_name};
pub use client::{Authenticated, AuthorizationResponse, Client, ProviderTokens};
pub use discovery::Issuer;
pub use error::{OidcError, OidcErrorKind};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use fuzzed::check_parsers;
pub use steps::{Outcome, Step, StepName, Steps};
