//! Files that contain only a secret: passwords, the secret access key of a bucket, and secrets that sign.
//!
//! [`Exposure`] decides who may access them.

pub(crate) mod exposure;

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use vestibule_core::settings::Secret;

use self::exposure::{Exposure, unreadable_advice};
use crate::error::AppError;

/// In bytes. A longer file is not a password.
const MAX_BYTES: u64 = 4096;
/// For a secret that verifies signatures. Standard Webhooks requires 24 random bytes.
const MIN_SIGNING_SECRET_BYTES: usize = 24;

/// What is wrong with a secret file.
#[derive(Debug)]
pub(crate) enum SecretFileError {
    Unreadable(io::Error),
    Exposed(Exposure),
    Empty,
    TooShort {
        found: usize,
    },
    TooLong,
    /// It is not UTF-8, has control characters, or more than one line.
    NotOneLine,
}

/// Reads a secret that another system checks, such as a password.
///
/// # Errors
/// `SecretFile`.
pub(crate) fn read(file: &Path, setting: &'static str) -> Result<Secret, AppError> {
    load(file, 1).map_err(|error| AppError::SecretFile { setting, file: file.to_owned(), error })
}

/// Reads a secret that signs requests to this server: it must be too long to guess.
///
/// # Errors
/// `SecretFile`.
pub(crate) fn read_signing_secret(file: &Path, setting: &'static str) -> Result<Secret, AppError> {
    load(file, MIN_SIGNING_SECRET_BYTES).map_err(|error| AppError::SecretFile { setting, file: file.to_owned(), error })
}

/// Reads the file without the line breaks at its end.
fn load(file: &Path, min_bytes: usize) -> Result<Secret, SecretFileError> {
    let file = File::open(file).map_err(SecretFileError::Unreadable)?;
    if let Some(exposure) = Exposure::of(&file).map_err(SecretFileError::Unreadable)? {
        return Err(SecretFileError::Exposed(exposure));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(SecretFileError::Unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(SecretFileError::TooLong);
    }
    let text = String::from_utf8(bytes).map_err(|_| SecretFileError::NotOneLine)?;
    let text = text.trim_end_matches(['\n', '\r']);
    if text.trim().is_empty() {
        return Err(SecretFileError::Empty);
    }
    if text.contains(char::is_control) {
        return Err(SecretFileError::NotOneLine);
    }
    if text.len() < min_bytes {
        return Err(SecretFileError::TooShort { found: text.len() });
    }
    Ok(Secret::new(text.to_owned()))
}

/// What was found, and how to fix it; follows the word "which".
impl fmt::Display for SecretFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "cannot be read: {error}; {}", unreadable_advice(error)),
            Self::Exposed(exposure) => exposure.fmt(f),
            Self::Empty => f.write_str("is empty; write the secret into it"),
            Self::TooShort { found } => write!(
                f,
                "contains only {found} bytes; use at least {MIN_SIGNING_SECRET_BYTES} random bytes, for example from: \
                 openssl rand -base64 32"
            ),
            Self::TooLong => write!(f, "is longer than {MAX_BYTES} bytes; write only the secret into it"),
            Self::NotOneLine => f.write_str("is not one line of text; write only the secret into it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(dir: &tempfile::TempDir, content: &[u8], mode: u32) -> std::path::PathBuf {
        let file = dir.path().join("secret");
        let _ = std::fs::remove_file(&file);
        std::fs::write(&file, content).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        file
    }

    #[test]
    fn reads_one_line_without_line_breaks() {
        let dir = tempfile::tempdir().unwrap();
        for content in ["pass word", "pass word\n", "pass word\r\n", "pass word\n\n"] {
            let file = write(&dir, content.as_bytes(), 0o600);
            assert_eq!(read(&file, "mail.password_file").unwrap().as_str(), "pass word");
        }
        let file = write(&dir, &[b'x'; 24], 0o400);
        assert_eq!(read_signing_secret(&file, "mail.bounce_secret_file").unwrap().as_str().len(), 24);
    }

    #[test]
    fn rejects_empty_short_and_malformed_secrets() {
        let dir = tempfile::tempdir().unwrap();
        let long = "x".repeat(5000);
        for (content, found) in [
            (&b""[..], "is empty"),
            (b"\n\n", "is empty"),
            (b"  \n", "is empty"),
            (b"one\ntwo", "not one line"),
            (b"a\0b", "not one line"),
            (b"\xff\xfe", "not one line"),
            (long.as_bytes(), "longer than"),
        ] {
            let file = write(&dir, content, 0o600);
            let message = read(&file, "mail.password_file").unwrap_err().to_string();
            assert!(message.starts_with("mail.password_file is ") && message.contains(found), "{message}");
        }
        for short in ["x", &"x".repeat(23), &format!("{}\n", "x".repeat(23))] {
            let file = write(&dir, short.as_bytes(), 0o600);
            assert!(read(&file, "mail.password_file").is_ok());
            let message = read_signing_secret(&file, "mail.bounce_secret_file").unwrap_err().to_string();
            assert!(message.contains("at least 24 random bytes"), "{message}");
        }
        assert!(read(&dir.path().join("missing"), "mail.password_file").is_err());
        assert!(read(dir.path(), "mail.password_file").is_err(), "a directory");
    }

    #[cfg(unix)]
    #[test]
    fn rejects_files_that_others_can_access() {
        let dir = tempfile::tempdir().unwrap();
        for mode in [0o400, 0o600] {
            assert!(read(&write(&dir, b"secret", mode), "mail.password_file").is_ok(), "{mode:o}");
        }
        for mode in [0o644, 0o444, 0o604, 0o602, 0o601, 0o660, 0o620, 0o777] {
            let message = read(&write(&dir, b"secret", mode), "mail.password_file").unwrap_err().to_string();
            assert!(message.contains(&format!("{mode:04o}")) && message.contains("chmod 600"), "{message}");
            assert!(!message.contains("which secret"), "{message}");
        }
    }
}
