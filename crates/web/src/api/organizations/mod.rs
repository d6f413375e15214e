//! Organizations, their members and roles.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod explain;
pub(crate) mod leave;
pub(crate) mod member_roles;
pub(crate) mod members;
pub(crate) mod mfa;
pub(crate) mod remove_member;
pub(crate) mod roles;
pub(crate) mod update;
