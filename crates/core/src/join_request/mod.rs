//! Requests to come in: by a domain, or because an invitation ran out. Whoever manages members says yes or no.

mod ask;
mod decide;
pub(crate) mod sql;

pub use ask::Renew;
pub(crate) use ask::ask;
pub use decide::{Approve, Deny, List};
pub use sql::JoinRequest;
