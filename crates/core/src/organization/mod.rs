//! An organization is a tenant. Its data is visible to its members only.

mod count_role_members;
mod counts;
mod create;
mod delete;
mod explain;
pub mod management;
mod mfa_status;
mod roles;
mod seats;
pub(crate) mod sql;
mod update;
mod update_role;
mod visibility;

pub use count_role_members::CountRoleMembers;
pub(crate) use count_role_members::totals;
pub use counts::{Count, Counts};
pub use create::{Create, Created};
pub use delete::{Delete, ListDeleted, RestorableOrganization, Restore, erase_deleted};
pub use explain::{ACTIONS, Action, Explain, Explanation};
pub use mfa_status::{MfaStatus, ShowMfaStatus};
pub use roles::{CreateRole, ListRoles, ListSharedRoles, RemoveRole};
pub(crate) use roles::{describe_role_holders, load_roles};
pub use seats::SeatCount;
pub(crate) use seats::{increment_member_count, seats, take_seat, take_seats};
pub use sql::{DeletedOrganization, Organization, Role, RoleUsage};
pub use update::Update;
pub use update_role::{RoleDetails, ShowRole, UpdateRole};
