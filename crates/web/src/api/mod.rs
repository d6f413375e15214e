//! The Frontend API: one folder per noun, one file per call, with the call's input, handler and OpenAPI attributes.
//!
//! Handlers contain no domain rules; they run the core's commands and queries.

pub(crate) mod audit_log;
pub(crate) mod auth;
pub(crate) mod captcha;
mod credential;
pub(crate) mod deployment;
pub(crate) mod domains;
pub(crate) mod enterprise_connections;
pub(crate) mod export;
pub(crate) mod handovers;
pub(crate) mod invitations;
pub(crate) mod me;
pub(crate) mod organizations;
mod redirect_uri;
pub(crate) mod response;
pub(crate) mod session;
pub(crate) mod setup_links;
pub(crate) mod webhooks;
pub(crate) mod workspaces;

pub(crate) use redirect_uri::ERRORS as REDIRECT_URI_ERRORS;
