//! The Frontend API: a folder a noun, a file a call. Each file holds the input, the handler and the line in the API's
//! description; what is decided, is decided in the core.

pub(crate) mod auth;
pub(crate) mod deployment;
pub(crate) mod domains;
pub(crate) mod handovers;
pub(crate) mod invitations;
pub(crate) mod me;
pub(crate) mod organizations;
pub(crate) mod session;
pub(crate) mod shape;
pub(crate) mod workspaces;
