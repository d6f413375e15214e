//! The file of the master key: created once, readable by its owner only, or mounted by an orchestrator; never printed.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use vestibule_core::random::Randomness;
use vestibule_core::secret::MasterKey;
use vestibule_db::{DatabaseLocation, create_private_dir, private_file_options};

use crate::error::AppError;
use crate::secret_file::exposure::Exposure;

/// Length of the key in bytes. The file contains it in hexadecimal, followed by a newline.
const KEY_LENGTH: usize = 32;

/// Reads the master key, or creates it if the database is new, that is, contains no data yet.
///
/// # Errors
/// `KeyMissing` if the database has data and the file does not exist; `KeyExposed`; `InvalidKey`;
/// `KeyUnusable`.
pub(crate) fn load_or_create(
    key_file: &Path,
    database: &DatabaseLocation,
    is_new: bool,
    random: &dyn Randomness,
) -> Result<MasterKey, AppError> {
    let unusable = |error| AppError::KeyUnusable { key_file: key_file.to_owned(), error };
    match File::open(key_file) {
        Ok(file) => read(key_file, file),
        Err(error) if error.kind() == io::ErrorKind::NotFound && is_new => match create(key_file, random) {
            // A concurrent process on the same new database created it first.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                load_or_create(key_file, database, false, random)
            }
            created => created.map_err(unusable),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(AppError::KeyMissing { key_file: key_file.to_owned(), database: database.clone() })
        }
        Err(error) => Err(unusable(error)),
    }
}

/// Checks the key that a server would use. Returns false if the file does not exist.
///
/// # Errors
/// `KeyExposed`; `InvalidKey`; `KeyUnusable`.
pub(crate) fn check(key_file: &Path) -> Result<bool, AppError> {
    match File::open(key_file) {
        Ok(file) => read(key_file, file).map(|_| true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(AppError::KeyUnusable { key_file: key_file.to_owned(), error }),
    }
}

fn read(key_file: &Path, file: File) -> Result<MasterKey, AppError> {
    let exposure = Exposure::of(&file);
    let exposure = exposure.map_err(|error| AppError::KeyUnusable { key_file: key_file.to_owned(), error })?;
    if let Some(exposure) = exposure {
        return Err(AppError::KeyExposed { key_file: key_file.to_owned(), exposure });
    }
    let mut text = String::new();
    let invalid = || AppError::InvalidKey { key_file: key_file.to_owned() };
    // Reads slightly more than a key, so that a large file of another kind is not read completely.
    file.take(2 * KEY_LENGTH as u64 + 8).read_to_string(&mut text).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => invalid(),
        _ => AppError::KeyUnusable { key_file: key_file.to_owned(), error },
    })?;
    let bytes = data_encoding::HEXLOWER.decode(text.trim_end().as_bytes()).ok();
    let bytes: Option<[u8; KEY_LENGTH]> = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.map(MasterKey::new).ok_or_else(invalid)
}

fn create(key_file: &Path, random: &dyn Randomness) -> io::Result<MasterKey> {
    let bytes: [u8; KEY_LENGTH] = random.bytes();
    if let Some(dir) = key_file.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        create_private_dir(dir)?;
    }
    // Written to a temporary file first, so that a power failure cannot leave a partial key. A hard link, unlike a
    // rename, fails if the target exists: of two processes that start concurrently, exactly one creates the key.
    let temporary = key_file.with_extension(format!("{}.new", data_encoding::HEXLOWER.encode(&random.bytes::<8>())));
    let mut file = private_file_options().create(true).truncate(true).open(&temporary)?;
    file.write_all(format!("{}\n", data_encoding::HEXLOWER.encode(&bytes)).as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&temporary, key_file);
    std::fs::remove_file(&temporary)?;
    // Syncs the directory entry too: data encrypted with a key that a power failure removes would be lost.
    #[cfg(unix)]
    if let Some(dir) = key_file.parent() {
        let current = Path::new(".");
        File::open(if dir.as_os_str().is_empty() { current } else { dir })?.sync_all()?;
    }
    linked.map(|()| MasterKey::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vestibule_core::random::SeededRandomness;

    #[test]
    fn creates_key_once_with_owner_only_permissions() {
        let dir = tempfile::tempdir().unwrap();
        let (key_file, database) =
            (dir.path().join("in/a/master.key"), DatabaseLocation::File(dir.path().join("x.db")));
        let random = SeededRandomness::new(1);
        load_or_create(&key_file, &database, true, &random).unwrap();
        let text = std::fs::read_to_string(&key_file).unwrap();
        assert_eq!(text.len(), 65);
        load_or_create(&key_file, &database, true, &random).unwrap();
        assert_eq!(std::fs::read_to_string(&key_file).unwrap(), text);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&key_file).unwrap().permissions().mode() & 0o777, 0o600);
            std::fs::set_permissions(&key_file, std::fs::Permissions::from_mode(0o644)).unwrap();
            let error = load_or_create(&key_file, &database, true, &random).unwrap_err();
            assert!(matches!(error, AppError::KeyExposed { exposure: Exposure { mode: 0o644, .. }, .. }));
            assert!(!error.to_string().contains(text.trim()));
        }
    }

    #[test]
    fn rejects_missing_and_invalid_keys() {
        let dir = tempfile::tempdir().unwrap();
        let (key_file, database) = (dir.path().join("master.key"), DatabaseLocation::File(dir.path().join("x.db")));
        let random = SeededRandomness::new(1);
        let load = || load_or_create(&key_file, &database, false, &random);
        assert!(matches!(load(), Err(AppError::KeyMissing { .. })));
        for invalid in ["", "abc", &"g".repeat(64), &"0".repeat(63), &"0".repeat(70)] {
            std::fs::write(&key_file, invalid).unwrap();
            #[cfg(unix)]
            std::fs::set_permissions(&key_file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
            assert!(matches!(load(), Err(AppError::InvalidKey { .. })), "{invalid:?}");
        }
    }

    #[test]
    fn concurrent_processes_use_the_same_key() {
        let dir = tempfile::tempdir().unwrap();
        let (key_file, database) = (dir.path().join("master.key"), DatabaseLocation::File(dir.path().join("x.db")));
        let start = |seed| {
            let (key_file, database) = (key_file.clone(), database.clone());
            std::thread::spawn(move || load_or_create(&key_file, &database, true, &SeededRandomness::new(seed)).is_ok())
        };
        let starts: Vec<_> = (0..8).map(start).collect();
        assert!(starts.into_iter().all(|start| start.join().unwrap()));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "temporary files are removed");
    }
}
