//! The demo's folder: only what a demo has made is ever removed.

use std::fs;
use std::io;
use std::path::Path;

use vestibule_core::db::{OpenError, Sqlite};
use vestibule_core::time::{Clock, SystemClock};

use crate::settings::Loaded;
use crate::start_error::StartError;

/// The database's name in the folder.
pub(super) const DATABASE: &str = "demo.db";
/// The file that says: a demo made this folder.
const MARK: &str = "made-by-vestibule-demo";
/// What a demo makes besides.
const MADE: [&str; 5] = ["demo.db", "demo.db-wal", "demo.db-shm", "demo.db.lock", "master.key"];

/// Makes the folder, or empties one that an earlier demo has made.
///
/// Errors: `NotADemoFolder` for a folder with anything else in it; `DatabaseInUse` when that demo is still running.
pub(super) fn empty(folder: &str, loaded: &Loaded) -> Result<(), StartError> {
    // An empty name means no folder, and not the one somebody happens to stand in.
    let absolute = (!folder.is_empty()).then(|| std::path::absolute(folder).ok()).flatten();
    let folder = absolute.as_deref().ok_or_else(|| StartError::NotADemoFolder { folder: folder.into() })?;
    let unusable = |error| StartError::DatabaseFolder { folder: folder.to_owned(), error };
    let marked = folder.join(MARK).is_file();
    if !marked && !is_empty(folder).map_err(unusable)? {
        return Err(StartError::NotADemoFolder { folder: folder.to_owned() });
    }
    if let Some(file) = loaded.database.file().filter(|file| file.exists())
        && let Err(OpenError::InUse) = Sqlite::open(file, SystemClock.now())
    {
        return Err(StartError::DatabaseInUse { database: loaded.database.clone() });
    }
    make(folder, &loaded.mail_folder).map_err(unusable)
}

fn is_empty(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

fn make(folder: &Path, mail: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    fs::write(folder.join(MARK), "vestibule demo made this folder, and empties it when it starts again.\n")?;
    for name in MADE {
        remove(&folder.join(name))?;
    }
    for mail in fs::read_dir(mail).into_iter().flatten() {
        let mail = mail?.path();
        if mail.extension().is_some_and(|ending| ending == "eml") {
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
