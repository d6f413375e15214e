//! Join requests: a user asks by a verified domain, or the holder of an invitation asks for another one. A member who
//! manages members approves or denies them.

mod create;
mod decide;
pub(crate) mod sql;

pub(crate) use create::create;
pub use create::{REQUEST_RENEWAL_ERRORS, RequestAddressChange, request_renewal};
pub use decide::{Approve, Deny, List};
pub use sql::JoinRequest;
