//! An organization is the tenant: what belongs to it is its members' and nobody else's.

mod create;
mod delete;
mod explain;
mod roles;
mod seats;
pub(crate) mod sql;
mod update;

pub use create::{Create, Created};
pub use delete::{Delete, ListDeleted, Restorable, Restore, erase_due};
pub use explain::{ACTIONS, Action, Explain, Explanation};
pub(crate) use roles::holders_by_name;
pub use roles::{CreateRole, ListRoles, RemoveRole};
pub use seats::SeatCount;
pub(crate) use seats::{seat_one_more, seats, take_seat};
pub use sql::{Deleted, Organization, Role};
pub use update::Update;
