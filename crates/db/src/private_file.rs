//! Files and directories that only this user can access, whatever the umask of the process is.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// The permission bits of users who are neither the owner nor in the group.
#[cfg(unix)]
const OTHERS: u32 = 0o007;

/// Options with which a file is created with mode 0600. An existing file keeps its mode.
pub fn private_file_options() -> OpenOptions {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Creates a directory and its parents with mode 0700. Existing ones keep their mode.
///
/// # Errors
/// A directory cannot be created.
pub fn create_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Removes the access of other users to a file that an earlier version, or another program, created. The group keeps
/// its access, because programs for backups may depend on it. Does nothing if the file does not exist, and logs a
/// warning if its mode cannot be changed.
#[cfg(unix)]
pub(crate) fn restrict_file(file: &Path) {
    use std::os::unix::fs::PermissionsExt;

    let restricted = file.metadata().and_then(|metadata| {
        let mut permissions = metadata.permissions();
        if permissions.mode() & OTHERS == 0 {
            return Ok(false);
        }
        permissions.set_mode(permissions.mode() & 0o7777 & !OTHERS);
        std::fs::set_permissions(file, permissions).map(|()| true)
    });
    match restricted {
        Ok(true) => {
            tracing::warn!(file = %file.display(), "other users could access this file; its mode was restricted");
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(file = %file.display(), %error, "other users can access this file; restrict it with chmod o=");
        }
        _ => {}
    }
}

/// Does nothing: only Unix has modes.
#[cfg(not(unix))]
pub(crate) fn restrict_file(_: &Path) {}

/// Logs a warning if other users can access a directory. Its mode is not changed: an operator may have chosen it, for
/// example for a web server that serves the files.
#[cfg(unix)]
pub fn warn_about_open_dir(dir: &Path) {
    use std::os::unix::fs::PermissionsExt;

    let mode = dir.metadata().map(|metadata| metadata.permissions().mode() & 0o7777);
    if let Ok(mode) = mode
        && mode & OTHERS != 0
    {
        let mode = format!("{mode:04o}");
        tracing::warn!(dir = %dir.display(), mode, "other users can access this directory; restrict it with chmod o=");
    }
}

/// Does nothing: only Unix has modes.
#[cfg(not(unix))]
pub fn warn_about_open_dir(_: &Path) {}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn creates_private_files_and_restricts_existing_ones() {
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o7777;
        let folder = tempfile::tempdir().unwrap();
        let (dir, file) = (folder.path().join("a/b"), folder.path().join("a/b/c"));
        create_private_dir(&dir).unwrap();
        assert_eq!((mode(&dir), mode(dir.parent().unwrap())), (0o700, 0o700));
        private_file_options().create_new(true).open(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        for (before, after) in [(0o666, 0o660), (0o644, 0o640), (0o640, 0o640), (0o600, 0o600), (0o604, 0o600)] {
            std::fs::set_permissions(&file, PermissionsExt::from_mode(before)).unwrap();
            restrict_file(&file);
            assert_eq!(mode(&file), after, "{before:o}");
        }
        restrict_file(&folder.path().join("missing"));
        assert!(!folder.path().join("missing").exists());
    }
}
