//! An organization is the tenant: what belongs to it is its members' and nobody else's.

mod create;
mod delete;
mod roles;
pub(crate) mod sql;
mod update;

pub use create::{Create, Created};
pub use delete::{Delete, ListDeleted, Restorable, Restore, erase_due};
pub use roles::{DefineRole, ListRoles, RemoveRole};
pub use sql::{Deleted, Organization, Role};
pub use update::Update;
