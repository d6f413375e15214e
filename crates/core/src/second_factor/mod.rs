//! The second factors of users: authenticator apps, backup codes and passkeys.

mod reset;

pub(crate) use reset::sql as reset_sql;
pub use reset::{CancelReset, ResetOutcome, ResetSecondFactors, run_due};
pub(crate) use reset::{apply_due, find_factors, refuse_during_delay, run_worker};
