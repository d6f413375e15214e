//! What a client asks before anybody has signed in: contract B.11.

pub(crate) mod configuration;
pub(crate) mod validate;
pub(crate) mod waitlist;
