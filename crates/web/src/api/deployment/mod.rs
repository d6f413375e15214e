//! Calls that need no sign-in: configuration, invitation preview, waitlist.

mod auth_settings;
pub(crate) mod configuration;
pub(crate) mod validate;
pub(crate) mod waitlist;
