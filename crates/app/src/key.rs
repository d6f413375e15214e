//! The master key's file: made once, for its owner only, and never printed.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use vestibule_core::db::Place;
use vestibule_core::keys::MasterKey;
use vestibule_core::random::Randomness;

use crate::start_error::StartError;

/// Bytes of a key; its file holds them in hexadecimal, with a line end.
const BYTES: usize = 32;

/// Reads the key, or makes it for a database that is new: that has nothing stored in it yet.
///
/// Errors: `KeyMissing` when the database has data and its key is gone; `KeyOpenToOthers`, `NotAKey`, `KeyUnusable`.
pub(crate) fn key(
    key_file: &Path,
    database: &Place,
    is_new: bool,
    random: &dyn Randomness,
) -> Result<MasterKey, StartError> {
    let unusable = |error| StartError::KeyUnusable { key_file: key_file.to_owned(), error };
    match File::open(key_file) {
        Ok(file) => {
            refuse_if_open_to_others(key_file, &file)?;
            read(key_file, file)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && is_new => match make(key_file, random) {
            // Another process that starts on the same new database was first.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => key(key_file, database, false, random),
            made => made.map_err(unusable),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(StartError::KeyMissing { key_file: key_file.to_owned(), database: database.clone() })
        }
        Err(error) => Err(unusable(error)),
    }
}

fn read(key_file: &Path, file: File) -> Result<MasterKey, StartError> {
    let mut text = String::new();
    let not_a_key = || StartError::NotAKey { key_file: key_file.to_owned() };
    // A few bytes more than a key has, so that a file that is not one is not read to its end.
    file.take(2 * BYTES as u64 + 8).read_to_string(&mut text).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => not_a_key(),
        _ => StartError::KeyUnusable { key_file: key_file.to_owned(), error },
    })?;
    let bytes = data_encoding::HEXLOWER.decode(text.trim_end().as_bytes()).ok();
    let bytes: Option<[u8; BYTES]> = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.map(MasterKey::new).ok_or_else(not_a_key)
}

fn make(key_file: &Path, random: &dyn Randomness) -> io::Result<MasterKey> {
    let bytes: [u8; BYTES] = random.bytes();
    if let Some(folder) = key_file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    // Written whole under another name first, so that no power cut leaves half a key under the right one; and linked
    // rather than renamed, which never goes over another file: of two processes that start at once, one makes the key.
    let draft = key_file.with_extension(format!("{}.new", data_encoding::HEXLOWER.encode(&random.bytes::<8>())));
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(format!("{}\n", data_encoding::HEXLOWER.encode(&bytes)).as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&draft, key_file);
    std::fs::remove_file(&draft)?;
    // The name too: nothing may be stored under a key that a power cut takes away again.
    #[cfg(unix)]
    if let Some(folder) = key_file.parent() {
        let here = Path::new(".");
        File::open(if folder.as_os_str().is_empty() { here } else { folder })?.sync_all()?;
    }
    linked.map(|()| MasterKey::new(bytes))
}

#[cfg(unix)]
fn refuse_if_open_to_others(key_file: &Path, file: &File) -> Result<(), StartError> {
    use std::os::unix::fs::PermissionsExt;

    let unusable = |error| StartError::KeyUnusable { key_file: key_file.to_owned(), error };
    let mode = file.metadata().map_err(unusable)?.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(StartError::KeyOpenToOthers { key_file: key_file.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn refuse_if_open_to_others(_: &Path, _: &File) -> Result<(), StartError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use vestibule_core::random::SeededRandomness;

    #[test]
    fn a_key_is_made_once_and_only_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let (key_file, database) = (folder.path().join("in/a/master.key"), Place::File(folder.path().join("x.db")));
        let random = SeededRandomness::new(1);
        key(&key_file, &database, true, &random).unwrap();
        let text = std::fs::read_to_string(&key_file).unwrap();
        assert_eq!(text.len(), 65);
        key(&key_file, &database, true, &random).unwrap();
        assert_eq!(std::fs::read_to_string(&key_file).unwrap(), text);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&key_file).unwrap().permissions().mode() & 0o777, 0o600);
            std::fs::set_permissions(&key_file, std::fs::Permissions::from_mode(0o644)).unwrap();
            let error = key(&key_file, &database, true, &random).unwrap_err();
            assert!(matches!(error, StartError::KeyOpenToOthers { mode: 0o644, .. }));
            assert!(!error.to_string().contains(text.trim()));
        }
    }

    #[test]
    fn a_key_that_is_gone_or_broken_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (key_file, database) = (folder.path().join("master.key"), Place::File(folder.path().join("x.db")));
        let random = SeededRandomness::new(1);
        assert!(matches!(key(&key_file, &database, false, &random), Err(StartError::KeyMissing { .. })));
        for broken in ["", "abc", &"g".repeat(64), &"0".repeat(63), &"0".repeat(70)] {
            std::fs::write(&key_file, broken).unwrap();
            #[cfg(unix)]
            std::fs::set_permissions(&key_file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
            assert!(matches!(key(&key_file, &database, false, &random), Err(StartError::NotAKey { .. })), "{broken:?}");
        }
    }

    #[test]
    fn two_processes_that_start_at_once_agree_on_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let (key_file, database) = (folder.path().join("master.key"), Place::File(folder.path().join("x.db")));
        let start = |seed| {
            let (key_file, database) = (key_file.clone(), database.clone());
            std::thread::spawn(move || key(&key_file, &database, true, &SeededRandomness::new(seed)).is_ok())
        };
        let starts: Vec<_> = (0..8).map(start).collect();
        assert!(starts.into_iter().all(|start| start.join().unwrap()));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "drafts are cleared away");
    }
}
