//! `vestibule move`: everything copied into another database, compared, and said so.

use data_encoding::HEXLOWER;
use vestibule_core::db::{Moved, Place, move_all};
use vestibule_core::time::{Clock, SystemClock};

use crate::cli::Move;
use crate::open::{make_folder, make_private, with_password};
use crate::say;
use crate::settings::{Origin, SettingError, read_database};
use crate::start_error::StartError;

/// Rows between two lines of progress.
const STRIDE: u64 = 100_000;

/// Moves everything. Errors: `Settings` for what is neither a path nor a URL; `Moving`.
pub(crate) async fn run(task: &Move) -> Result<(), StartError> {
    let (from, to) = (named("--from", &task.from), named("--to", &task.to));
    let (from, to) = match (from, to) {
        (Ok(from), Ok(to)) => (from, to),
        (from, to) => return Err(StartError::Settings([from.err(), to.err()].into_iter().flatten().collect())),
    };
    let file = task.password_file.as_ref();
    let (from, to) = (with_password(&from, file)?, with_password(&to, file)?);
    make_folder(&to)?;
    let is_there = to.file().is_none_or(std::path::Path::exists);
    if !is_there {
        make_private(&to)?;
    }
    say::line(format_args!("Moving {from}\n    to {to}"));
    let moved = move_all(&from, &to, SystemClock.now(), progress).await;
    let rows = match moved {
        Ok(moved) => moved.iter().map(|one| one.rows).sum::<u64>(),
        Err(error) => {
            // What was made for this is taken away again.
            if let (false, Some(file)) = (is_there, to.file()) {
                let _ = std::fs::remove_file(file);
            }
            return Err(StartError::Moving { from, to, error });
        }
    };
    say::line(format_args!("Moved {rows} rows, all of them the same on both sides. {from} is as it was."));
    say::line(format_args!("Now start the server on the new database, with the key_file of the old one."));
    Ok(())
}

fn named(flag: &'static str, text: &str) -> Result<Place, SettingError> {
    read_database(text, Origin::Flag(flag))
}

fn progress(moved: Moved) {
    let Moved { table, rows, digest } = moved;
    match digest {
        Some(digest) => say::line(format_args!("  {table:<30} {rows:>10} rows  {}", HEXLOWER.encode(&digest[..8]))),
        None if rows.is_multiple_of(STRIDE) => say::line(format_args!("  {table:<30} {rows:>10} rows so far")),
        None => {}
    }
}
