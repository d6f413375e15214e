//! A workspace is a part of an organization with its own members, who are all members of the organization.

mod add_member;
mod count_role_members;
mod create;
mod events;
mod exists;
mod find_members;
mod join;
mod list;
mod list_all;
mod list_own;
mod members;
mod replace_roles;
mod roles;
mod show;
pub(crate) mod sql;
mod switch;
mod update;
mod update_member;
mod update_role;
mod visibility;

use crate::search::fold;

pub use add_member::{AddMember, AddUser};
pub use count_role_members::CountRoleMembers;
pub use create::{Create, Created};
pub use exists::Exists;
pub use find_members::{FindMembers, FoundMembers, WorkspaceMemberCursor};
pub(crate) use join::{join, join_auto_assigned};
pub use list::{List, ListedWorkspace, WorkspaceCursor, WorkspacesPage};
pub use list_all::{AllWorkspaces, ListAll};
pub(crate) use list_own::load_of_user;
pub use list_own::{ListOwn, OwnWorkspaceMembership};
pub use members::{Leave, ListMembers, MembersPage, RemoveMember, ShowMember, WorkspaceMember, WorkspaceMemberDetails};
pub use replace_roles::{ReplaceRoles, ReplacedRoles};
pub use roles::{AssignRole, CreateRole, ListRoles, RemoveRole, RevokeRole};
pub use show::{Show, ShowWithRoles, WorkspaceDetails, WorkspaceWithRoles};
pub use sql::installation::WorkspaceOverview;
pub use sql::lists::OwnRole;
pub use sql::{Workspace, WorkspaceMembership, WorkspaceMembershipRole, WorkspaceRole};
pub use switch::SwitchWorkspace;
pub use update::{Delete, Update};
pub use update_member::UpdateMember;
pub use update_role::{ShowRole, UpdateRole, WorkspaceRoleDetails};

/// An index entry has room for it.
const MAX_SORT_NAME: usize = 100;

/// What lists sort a workspace by: its folded name.
fn sort_name(name: &str) -> String {
    fold(name).chars().take(MAX_SORT_NAME).collect()
}
