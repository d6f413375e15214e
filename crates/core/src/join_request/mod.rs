//! Join requests: a user asks by a verified domain, or the holder of an invitation asks for another one. A member who
//! manages members approves or denies them.

mod create;
mod decide;
mod list;
mod renewal;
pub(crate) mod sql;

pub use create::RequestAddressChange;
pub(crate) use create::create;
pub use decide::{Approve, Deny, List, Undelivered};
pub use list::{ListByStatus, RequestsPage};
pub use renewal::{REQUEST_RENEWAL_ERRORS, RenewalOutcome, request_renewal};
pub use sql::{JoinRequest, RequestStatus};
