//! Running commands and queries: one transaction each, on either engine, for a caller.

mod after_commit;
#[cfg(feature = "test-hooks")]
mod audited;
mod cached_access;
mod caller_checks;
mod command;
mod context;
mod erased;
mod executor;
mod finish;
mod postgres;
mod recording;
mod retry;
mod sqlite;

pub use crate::caller::Caller;
pub use command::{Command, Query, Reply};
pub use context::Context;
pub use executor::{Dependencies, Executor};
