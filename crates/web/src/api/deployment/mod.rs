//! Calls that need no sign-in: configuration, invitation preview, waitlist.

pub(crate) mod configuration;
pub(crate) mod validate;
pub(crate) mod waitlist;
