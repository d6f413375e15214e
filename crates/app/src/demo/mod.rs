//! `vestibule demo`: a server on a made-up company, in a folder of its own.

use crate::cli::Demo;
use crate::start_error::StartError;

/// Makes the company and serves it until a signal ends it.
#[expect(clippy::unused_async, reason = "to be filled")]
pub(crate) async fn run(_demo: &Demo) -> Result<(), StartError> {
    Ok(())
}
