//! `vestibule migrate`: applies or lists pending migrations without starting a server.

use vestibule_core::time::{Clock, SystemClock};
use vestibule_db::{Db, Migration};

use crate::cli::MigrateArgs;
use crate::error::AppError;
use crate::settings::{self, Environment};
use crate::startup::{create_database_dir, create_private_file, database_location};
use crate::{output, telemetry};

pub(crate) async fn run(args: &MigrateArgs) -> Result<(), AppError> {
    let loaded = settings::load(&args.flags, &Environment::from_process()).map_err(AppError::Settings)?;
    telemetry::start(&loaded);
    let location = database_location(&loaded)?;
    let failed = |error| AppError::database(&location, error);
    let pending = location.pending_migrations().await.map_err(failed)?;
    if pending.is_empty() {
        output::print_line(format_args!("{location}: the schema is up to date"));
        return Ok(());
    }
    if !args.check {
        create_database_dir(&location)?;
        create_private_file(&location)?;
        Db::open(&location, loaded.postgres, SystemClock.now()).await.map_err(failed)?;
    }
    let verb = if args.check { "would apply" } else { "applied" };
    for Migration { version, name, .. } in pending {
        output::print_line(format_args!("{location}: {verb} {version:04} {name}"));
    }
    Ok(())
}
