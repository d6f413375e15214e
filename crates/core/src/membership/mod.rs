//! Membership: that a user belongs to an organization, and with which roles.

mod list;
mod mine;
pub(crate) mod sql;

pub use list::{List, Page, ShownMember};
pub use mine::{Mine, OwnMembership};
pub use sql::{Member, Membership, MembershipRole};
