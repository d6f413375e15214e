//! Memberships: which users belong to an organization, and their roles.

mod cursor;
mod find;
mod join;
mod list;
mod list_own;
mod roles;
mod search;
pub(crate) mod sql;

pub use cursor::{MemberCursor, MemberFilter, MemberSort};
pub(crate) use join::{join, update_search};
pub use list::{ListMembers, MemberDetails, MembersPage, ShowMember};
pub use list_own::{ListOwn, OwnMembership};
pub use roles::{AssignRole, RevokeRole};
pub use sql::{Member, Membership, MembershipRole};
