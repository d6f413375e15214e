//! Membership: that a user belongs to an organization, and with which roles.

mod join;
mod leave;
mod list;
mod mine;
mod roles;
pub(crate) mod sql;

pub(crate) use join::join;
pub(crate) use leave::end_for_good;
pub use leave::{Leave, Remove};
pub use list::{List, Page, Show, ShownMember};
pub use mine::{Mine, OwnMembership};
pub use roles::{GiveRole, TakeRole};
pub use sql::{Member, Membership, MembershipRole};
