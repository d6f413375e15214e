//! A workspace is a part of an organization with its own members, who are all members of the organization.

mod count_role_members;
mod create;
mod exists;
mod join;
mod list;
mod list_own;
mod members;
mod replace_roles;
mod roles;
mod show;
pub(crate) mod sql;
mod switch;
mod update;
mod update_role;
mod visibility;

pub use count_role_members::CountRoleMembers;
pub use create::{Create, Created};
pub use exists::Exists;
pub(crate) use join::{join, join_auto_assigned};
pub use list::{List, ListedWorkspace, WorkspaceCursor, WorkspacesPage};
pub(crate) use list_own::load_of_user;
pub use list_own::{ListOwn, OwnWorkspaceMembership};
pub use members::{
    AddMember, Leave, ListMembers, MembersPage, RemoveMember, ShowMember, WorkspaceMember, WorkspaceMemberDetails,
};
pub use replace_roles::{ReplaceRoles, ReplacedRoles};
pub use roles::{AssignRole, CreateRole, ListRoles, RemoveRole, RevokeRole};
pub use show::{Show, WorkspaceDetails};
pub use sql::lists::OwnRole;
pub use sql::{Workspace, WorkspaceMembership, WorkspaceMembershipRole, WorkspaceRole};
pub use switch::SwitchWorkspace;
pub use update::{Delete, Update};
pub use update_role::{ShowRole, UpdateRole, WorkspaceRoleDetails};
