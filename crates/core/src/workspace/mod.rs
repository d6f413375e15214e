//! A workspace is a room of an organization: only its members may enter, and all of them are members of the
//! organization.

mod create;
mod join;
mod mine;
mod roles;
pub(crate) mod sql;

pub use create::{Create, Created};
pub(crate) use join::join;
pub use mine::{Mine, OwnWorkspaceMembership};
pub use roles::DefineRole;
pub use sql::{Workspace, WorkspaceMembership, WorkspaceMembershipRole, WorkspaceRole};
