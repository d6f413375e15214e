//! Workspaces, their members and roles.

pub(crate) mod create;
pub(crate) mod members;
pub(crate) mod roles;
pub(crate) mod show;
pub(crate) mod update;
