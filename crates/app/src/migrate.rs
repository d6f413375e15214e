//! `vestibule migrate`: the schema brought up to date without starting a server, or only a look at what would run.

use vestibule_core::db::{Db, Migration};
use vestibule_core::time::{Clock, SystemClock};

use crate::cli::Migrate;
use crate::open::{make_folder, make_private, place};
use crate::settings::{self, Surroundings};
use crate::start_error::StartError;
use crate::{say, telemetry};

/// Runs the steps the schema lacks, or names them.
pub(crate) async fn run(task: &Migrate) -> Result<(), StartError> {
    let loaded = settings::load(&task.flags, &Surroundings::of_this_process()).map_err(StartError::Settings)?;
    telemetry::start(&loaded);
    let place = place(&loaded)?;
    let failed = |error| StartError::database(&place, error);
    let pending = place.pending_migrations().await.map_err(failed)?;
    if pending.is_empty() {
        say::line(format_args!("{place} has the newest schema; there is nothing to run"));
        return Ok(());
    }
    if !task.check {
        make_folder(&place)?;
        make_private(&place)?;
        Db::open(&place, loaded.postgres, SystemClock.now()).await.map_err(failed)?;
    }
    let what = if task.check { "would run" } else { "ran" };
    for Migration { version, name, .. } in pending {
        say::line(format_args!("{place}: {what} {version:04} {name}"));
    }
    Ok(())
}
