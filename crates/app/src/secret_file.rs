//! Files that contain only a secret: passwords, the secret access key of a bucket, secrets that sign, and private keys.
//!
//! [`Exposure`] decides who may access them.

pub(crate) mod exposure;

use std::borrow::Cow;
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
/// The first line of a private key (PKCS #8) in PEM.
const PRIVATE_KEY: &str = "-----BEGIN PRIVATE KEY-----";

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
    /// It is no private key (PKCS #8) in PEM.
    NotPrivateKey,
}

/// Reads a secret that another system checks, such as a password.
///
/// # Errors
/// `SecretFile`.
pub(crate) fn read(file: &Path, setting: impl Into<Cow<'static, str>>) -> Result<Secret, AppError> {
    load(file, 1).map_err(|error| unusable(file, setting, error))
}

/// Reads a secret that signs requests to this server: it must be too long to guess.
///
/// # Errors
/// `SecretFile`.
pub(crate) fn read_signing_secret(file: &Path, setting: &'static str) -> Result<Secret, AppError> {
    load(file, MIN_SIGNING_SECRET_BYTES).map_err(|error| unusable(file, setting, error))
}

/// Reads a private key (PKCS #8) in PEM.
///
/// # Errors
/// `SecretFile`.
pub(crate) fn read_private_key(file: &Path, setting: impl Into<Cow<'static, str>>) -> Result<Secret, AppError> {
    let key = read_bytes(file).and_then(|bytes| {
        let text = String::from_utf8(bytes).map_err(|_| SecretFileError::NotPrivateKey)?;
        if text.trim().is_empty() {
            return Err(SecretFileError::Empty);
        }
        let is_key = text.trim_start().starts_with(PRIVATE_KEY);
        if is_key { Ok(Secret::new(text)) } else { Err(SecretFileError::NotPrivateKey) }
    });
    key.map_err(|error| unusable(file, setting, error))
}

fn unusable(file: &Path, setting: impl Into<Cow<'static, str>>, error: SecretFileError) -> AppError {
    AppError::SecretFile { setting: setting.into(), file: file.to_owned(), error }
}

fn read_bytes(file: &Path) -> Result<Vec<u8>, SecretFileError> {
    let file = File::open(file).map_err(SecretFileError::Unreadable)?;
    if let Some(exposure) = Exposure::of(&file).map_err(SecretFileError::Unreadable)? {
        return Err(SecretFileError::Exposed(exposure));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(SecretFileError::Unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(SecretFileError::TooLong);
    }
    Ok(bytes)
}

/// Reads the file without the line breaks at its end.
fn load(file: &Path, min_bytes: usize) -> Result<Secret, SecretFileError> {
    let text = String::from_utf8(read_bytes(file)?).map_err(|_| SecretFileError::NotOneLine)?;
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
            Self::NotPrivateKey => {
                write!(
                    f,
                    "is no private key: it does not begin with {PRIVATE_KEY}; use the file that the provider has given"
                )
            }
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

    #[test]
    fn reads_private_keys_of_several_lines() {
        let dir = tempfile::tempdir().unwrap();
        let key = format!("{PRIVATE_KEY}\nMIGTAgEA\n-----END PRIVATE KEY-----\n");
        let file = write(&dir, key.as_bytes(), 0o600);
        assert_eq!(read_private_key(&file, "social.providers.apple_oauth.key_file").unwrap().as_str(), key);
        for (content, found) in [
            (&b""[..], "is empty"),
            (b"secret", "is no private key"),
            (b"-----BEGIN EC PRIVATE KEY-----\n", "is no private key"),
            (b"\xff\xfe", "is no private key"),
        ] {
            let file = write(&dir, content, 0o600);
            let setting = "social.providers.apple_oauth.key_file".to_owned();
            let message = read_private_key(&file, setting).unwrap_err().to_string();
            assert!(
                message.starts_with("social.providers.apple_oauth.key_file is ") && message.contains(found),
                "{message}"
            );
            assert!(message.ends_with("or name another file there"), "{message}");
        }
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
