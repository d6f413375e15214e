//! Signing in with an identity provider: a social one of the settings, or the one of an organization.
//!
//! A browser is sent to the provider with a state, which is bound to its session, and comes back with a code. The request
//! is spent before anything else, so a response is tried once. The provider is asked outside of transactions. What it
//! says about a person signs in the user who has this identity; addresses are only looked at for an identity that nobody
//! has.

mod begin;
mod enterprise;
mod finish;
mod handoff;
mod link;
mod profile;
mod request;
mod social;
pub(crate) mod sql;

pub use begin::{BEGIN_LINK_ERRORS, BEGIN_SOCIAL_ERRORS, BeginLink, BeginSocial, Begun, begin_link, begin_social};
pub use enterprise::{
    BEGIN_ENTERPRISE_ERRORS, BEGIN_TEST_ERRORS, BeginEnterprise, BeginTest, LOGOUT_ERRORS, SignedOut, begin_enterprise,
    begin_test, logout,
};
pub use finish::{CallbackPurpose, FINISH_ERRORS, Finished, finish};
pub use handoff::{CallbackOf, CallbackParameters, keep_handoff, take_handoff};
pub use link::LinkPending;
pub use profile::{COMPLETE_PROFILE_ERRORS, CompleteProfile, complete_profile};
pub use request::{RequestInfo, RequestPurpose, find_request};
