//! Memberships: which users belong to an organization, and their roles.

mod join;
mod list;
mod list_own;
mod roles;
pub(crate) mod sql;

pub(crate) use join::join;
pub use list::{ListMembers, MemberDetails, MembersPage, ShowMember};
pub use list_own::{ListOwn, OwnMembership};
pub use roles::{AssignRole, RevokeRole};
pub use sql::{Member, Membership, MembershipRole};
