//! A workspace is a room of an organization: only its members may enter, and all of them are members of the
//! organization.

mod create;
mod join;
mod members;
mod mine;
mod roles;
mod show;
pub(crate) mod sql;
mod update;

pub use create::{Create, Created};
pub(crate) use join::{join, join_auto_assigned};
pub use members::{AddMember, Leave, ListMembers, MembersPage, RemoveMember, WorkspaceMember};
pub use mine::{Mine, OwnWorkspaceMembership};
pub use roles::{DefineRole, GiveRole, ListRoles, RemoveRole, TakeRole};
pub use show::{Show, Shown};
pub use sql::{Workspace, WorkspaceMembership, WorkspaceMembershipRole, WorkspaceRole};
pub use update::{Delete, Update};
