//! Workspaces: contract B.7.

pub(crate) mod create;
