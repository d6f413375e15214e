//! Who besides its owner may access a secret file.
//!
//! Kubernetes and others mount secrets as files of root that a group of the process can read. So the group may read a
//! file of root. Every other file is for its owner alone. PostgreSQL has the same rule for the key of its certificate.

use std::fmt;
use std::fs::File;
use std::io;

/// What a file of root must not allow: the group to write or to execute, and others anything.
const REFUSED_FOR_ROOT: u32 = 0o037;
const REFUSED: u32 = 0o077;

/// The mode and the owner of a secret file that too many users can access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exposure {
    pub(crate) mode: u32,
    pub(crate) owner: u32,
}

impl Exposure {
    /// Checks the opened file, because the file at its path could be replaced after the check. Symbolic links are
    /// followed: their own modes mean nothing.
    #[cfg(unix)]
    pub(crate) fn of(file: &File) -> io::Result<Option<Self>> {
        use std::os::unix::fs::MetadataExt;

        let metadata = file.metadata()?;
        Ok(Self { mode: metadata.mode() & 0o7777, owner: metadata.uid() }.refused())
    }

    /// Only Unix has modes.
    #[cfg(not(unix))]
    pub(crate) fn of(_: &File) -> io::Result<Option<Self>> {
        Ok(None)
    }

    fn refused(self) -> Option<Self> {
        let refused = if self.owner == 0 { REFUSED_FOR_ROOT } else { REFUSED };
        (self.mode & refused != 0).then_some(self)
    }
}

/// What was found, and how to fix it; follows the word "which".
impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mode, owner } = self;
        write!(f, "other users can access (its mode is {mode:04o}, its owner the user {owner}); ")?;
        if *owner == 0 {
            f.write_str(
                "restrict it with chmod 600, or chmod 640 if the server reads it by its group; for a mounted \
                 Kubernetes Secret, set defaultMode: 0440 in the volume and fsGroup in the pod",
            )
        } else {
            f.write_str("restrict it with chmod 600; only a mounted file of root may be read by a group")
        }
    }
}

/// How to make a file readable that this process may not open; follows a semicolon.
pub(crate) fn unreadable_advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "make it readable for this user; for a mounted Kubernetes Secret, set defaultMode: 0440 in the volume and \
             fsGroup in the pod"
        }
        _ => "make it readable for this user",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(mode: u32, owner: u32) -> bool {
        Exposure { mode, owner }.refused().is_some()
    }

    #[test]
    fn group_may_read_files_of_root_only() {
        for mode in [0o400, 0o600, 0o700, 0o000] {
            assert!(!is_refused(mode, 0) && !is_refused(mode, 1000), "{mode:o}");
        }
        for mode in [0o440, 0o640, 0o040] {
            assert!(!is_refused(mode, 0), "{mode:o}");
            assert!(is_refused(mode, 1000), "{mode:o}");
        }
        for mode in [0o644, 0o444, 0o404, 0o604, 0o602, 0o601, 0o660, 0o620, 0o610, 0o650, 0o777] {
            assert!(is_refused(mode, 0) && is_refused(mode, 1000), "{mode:o}");
        }
    }

    #[test]
    fn message_names_what_was_found_and_what_to_set() {
        let message = |mode, owner| Exposure { mode, owner }.to_string();
        for part in ["0644", "the user 0", "chmod 640", "defaultMode: 0440", "fsGroup"] {
            assert!(message(0o644, 0).contains(part), "{part}");
        }
        for part in ["0640", "the user 1000", "chmod 600", "file of root"] {
            assert!(message(0o640, 1000).contains(part), "{part}");
        }
    }
}
