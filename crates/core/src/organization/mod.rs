//! An organization is the tenant: what belongs to it is its members' and nobody else's.

mod create;
mod roles;
pub(crate) mod sql;

pub use create::{Create, Created};
pub use roles::{DefineRole, ListRoles, RemoveRole};
pub use sql::{Organization, Role};
