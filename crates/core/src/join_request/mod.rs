//! Requests to come in: by a domain, or because an invitation ran out. Whoever manages members says yes or no.

mod ask;
mod decide;
pub(crate) mod sql;

pub(crate) use ask::ask;
pub use ask::{AskForMine, renew};
pub use decide::{Approve, Deny, List};
pub use sql::JoinRequest;
