//! Passwords of Keycloak, which stores no text but JSON.

use super::ForeignHash;
use crate::error::{Code, Result};
use crate::password::PasswordDigest;

/// The function of a Keycloak password: `algorithm` and `additionalParameters` of its `credentialData`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeycloakAlgorithm {
    /// `pbkdf2`
    Pbkdf2Sha1,
    Pbkdf2Sha256,
    Pbkdf2Sha512,
    /// `argon2` with the type `id` and the version 1.3.
    Argon2id {
        kibibytes: u32,
        lanes: u32,
    },
}

/// A password of Keycloak, of the `credentialData` and the `secretData` of its export.
#[derive(Clone, Copy)]
pub struct KeycloakPassword<'a> {
    pub algorithm: KeycloakAlgorithm,
    /// `hashIterations`
    pub iterations: u32,
    /// In base64.
    pub salt: &'a str,
    /// In base64.
    pub value: &'a str,
}

impl KeycloakPassword<'_> {
    /// The digest to store: the same values as a PHC string.
    ///
    /// # Errors
    /// `UNSUPPORTED_PASSWORD_HASH` for invalid values and for those above the limits.
    pub fn import(&self) -> Result<PasswordDigest> {
        let Self { algorithm, iterations, salt, value } = self;
        let parameters = match algorithm {
            KeycloakAlgorithm::Pbkdf2Sha1 => format!("pbkdf2-sha1$i={iterations}"),
            KeycloakAlgorithm::Pbkdf2Sha256 => format!("pbkdf2-sha256$i={iterations}"),
            KeycloakAlgorithm::Pbkdf2Sha512 => format!("pbkdf2-sha512$i={iterations}"),
            KeycloakAlgorithm::Argon2id { kibibytes, lanes } => {
                format!("argon2id$v=19$m={kibibytes},t={iterations},p={lanes}")
            }
        };
        // PHC strings have no padding.
        let [salt, value] = [salt, value].map(|text| text.trim_end_matches('='));
        let text = format!("${parameters}${salt}${value}");
        match ForeignHash::parse(&text) {
            Some(_) => Ok(PasswordDigest(text)),
            None => Err(Code::UnsupportedPasswordHash.into()),
        }
    }
}
