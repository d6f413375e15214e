//! Impersonation: a person of the operator's support is signed in as a user, to see what the user sees.
//!
//! The operator's backend asks for a ticket with an API key, and passes it to that person, who exchanges it for a
//! sign-in. The sign-in names them, and so do its session tokens (`act`) and every line that its requests log. It ends
//! after [`IMPERSONATION_LIFETIME`](crate::session::IMPERSONATION_LIFETIME), whether it is used or not.
//!
//! What opens the account is refused to it: by the executor for the operations that say so
//! ([`Command::ALLOWS_IMPERSONATOR`](crate::execution::Command::ALLOWS_IMPERSONATOR)), and for all that require a proof of
//! identity or sign somebody in.

mod create_ticket;
mod exchange;
mod preview;
pub(crate) mod sql;

pub use create_ticket::{CreateTicket, MAX_TICKET_LIFETIME, NewTicket, TICKET_LIFETIME};
pub use exchange::{Exchange, Exchanged};
pub use preview::{Preview, PreviewedTicket};
