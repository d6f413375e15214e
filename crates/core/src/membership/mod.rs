//! Memberships: which users belong to an organization, and their roles.

mod add;
mod add_many;
mod export;
mod filter;
mod find;
mod find_member;
mod join;
mod list;
mod list_own;
mod removal_effects;
mod replace_roles;
mod roles;
mod search;
pub(crate) mod sql;
mod update;

pub use add::{Add, NewMember};
pub use add_many::{AddMany, AddedMembers, MAX_ROWS};
pub use export::{ExportMembers, MembersBatch, StartMemberExport};
pub use filter::{MemberCursor, MemberFilter, SecondFactorFilter};
pub(crate) use find::find_keys;
pub use find_member::FindMember;
pub(crate) use join::{JoinSource, join, join_with_roles};
pub(crate) use list::load_roles;
pub use list::{ListMembers, MemberDetails, MembersPage, ShowMember};
pub(crate) use list_own::load_of_user;
pub use list_own::{ListOwn, OwnMembership};
pub use removal_effects::{RemovalEffects, ShowRemovalEffects};
pub(crate) use replace_roles::check_roles;
pub use replace_roles::{ReplaceRoles, ReplacedRoles};
pub use roles::{AssignRole, RevokeRole};
pub(crate) use roles::{emit_changed_roles, load_role_ids};
pub use sql::{Member, Membership, MembershipRole};
pub use update::Update;
