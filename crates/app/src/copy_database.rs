//! `vestibule copy-database`: copies all data into another, empty database and compares the checksums of both.

use data_encoding::HEXLOWER;
use vestibule_core::time::{Clock, SystemClock};
use vestibule_db::{DatabaseLocation, TableCopied, copy_all};

use crate::cli::CopyDatabaseArgs;
use crate::error::AppError;
use crate::output;
use crate::settings::{Origin, SettingError, parse_database};
use crate::startup::{create_database_dir, create_private_file, with_password};

/// Number of rows between two progress lines.
const PROGRESS_INTERVAL: u64 = 100_000;

/// # Errors
/// `Settings` if `--from` or `--to` is neither a path nor a PostgreSQL URL; `CopyDatabase` if nothing was copied.
pub(crate) async fn run(args: &CopyDatabaseArgs) -> Result<(), AppError> {
    let (from, to) = match (parse_location("--from", &args.from), parse_location("--to", &args.to)) {
        (Ok(from), Ok(to)) => (from, to),
        (from, to) => return Err(AppError::Settings([from.err(), to.err()].into_iter().flatten().collect())),
    };
    let password_file = args.password_file.as_ref();
    let (from, to) = (with_password(&from, password_file)?, with_password(&to, password_file)?);
    create_database_dir(&to)?;
    let existed = to.file().is_none_or(std::path::Path::exists);
    if !existed {
        create_private_file(&to)?;
    }
    output::print_line(format_args!("Copying {from}\n     to {to}"));
    let copied = copy_all(&from, &to, SystemClock.now(), print_progress).await;
    let rows = match copied {
        Ok(tables) => tables.iter().map(|table| table.rows).sum::<u64>(),
        Err(error) => {
            if let (false, Some(file)) = (existed, to.file()) {
                let _ = std::fs::remove_file(file);
            }
            return Err(AppError::CopyDatabase { from, to, error });
        }
    };
    output::print_line(format_args!("Copied {rows} rows; the checksums of both databases match. {from} is unchanged."));
    output::print_line("Start the server on the new database with the same key_file.");
    Ok(())
}

fn parse_location(flag: &'static str, text: &str) -> Result<DatabaseLocation, SettingError> {
    parse_database(text, Origin::Flag(flag))
}

/// Prints a line for every finished table, and every `PROGRESS_INTERVAL` rows of an unfinished one.
fn print_progress(progress: TableCopied) {
    let TableCopied { table, rows, digest } = progress;
    match digest {
        Some(digest) => {
            output::print_line(format_args!("  {table:<30} {rows:>10} rows  {}", HEXLOWER.encode(&digest[..8])));
        }
        None if rows.is_multiple_of(PROGRESS_INTERVAL) => {
            output::print_line(format_args!("  {table:<30} {rows:>10} rows so far"));
        }
        None => {}
    }
}
