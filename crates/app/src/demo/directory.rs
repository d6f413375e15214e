//! The demo's directory. A demo deletes only files that a demo created.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use vestibule_core::time::{Clock, SystemClock};
use vestibule_db::{OpenError, Sqlite, create_private_dir, private_file_options};

use crate::error::AppError;
use crate::settings::LoadedSettings;

pub(super) const DATABASE: &str = "demo.db";
/// Marks a directory that a demo created.
const MARKER: &str = "made-by-vestibule-demo";
/// The other files that a demo creates, besides mail.
const DEMO_FILES: [&str; 6] = ["demo.db", "demo.db-wal", "demo.db-shm", "demo.db.lock", "demo.db.sock", "master.key"];

/// Creates the directory, or deletes the files of an earlier demo in it.
///
/// # Errors
/// `NotADemoDir` if the directory contains anything else; `DatabaseInUse` if the earlier demo is still running.
pub(super) fn reset(dir: &str, loaded: &LoadedSettings) -> Result<(), AppError> {
    // An empty path must not mean the working directory.
    let absolute = (!dir.is_empty()).then(|| std::path::absolute(dir).ok()).flatten();
    let dir = absolute.as_deref().ok_or_else(|| AppError::NotADemoDir { dir: dir.into() })?;
    let unusable = |error| AppError::DatabaseDir { dir: dir.to_owned(), error };
    let has_marker = dir.join(MARKER).is_file();
    if !has_marker && !is_empty(dir).map_err(unusable)? {
        return Err(AppError::NotADemoDir { dir: dir.to_owned() });
    }
    if let Some(file) = loaded.database.file().filter(|file| file.exists())
        && let Err(OpenError::InUse) = Sqlite::open(file, SystemClock.now())
    {
        return Err(AppError::DatabaseInUse { database: loaded.database.clone() });
    }
    create(dir, &loaded.mail_file_dir).map_err(unusable)
}

fn is_empty(dir: &Path) -> io::Result<bool> {
    match fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

fn create(dir: &Path, mail_dir: &Path) -> io::Result<()> {
    create_private_dir(dir)?;
    private_file_options()
        .create(true)
        .truncate(true)
        .open(dir.join(MARKER))?
        .write_all(b"vestibule demo created this directory, and deletes its own files when it starts again.\n")?;
    for name in DEMO_FILES {
        remove(&dir.join(name))?;
    }
    for mail in fs::read_dir(mail_dir).into_iter().flatten() {
        let mail = mail?.path();
        if mail.extension().is_some_and(|extension| extension == "eml") {
            remove(&mail)?;
        }
    }
    Ok(())
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
