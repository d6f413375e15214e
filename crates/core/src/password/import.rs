//! Digests of passwords that come from another system.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Params};

use super::PasswordDigest;
use crate::error::{Code, Result};

/// Limits of the parameters: each sign-in makes the server compute a hash with them.
const MAX_KIBIBYTES: u32 = 64 * 1024;
const MAX_PASSES: u32 = 10;
const MAX_LANES: u32 = 4;
const MAX_BYTES: usize = 200;

impl PasswordDigest {
    /// A digest of another system, as a PHC string. It is stored as it is.
    ///
    /// # Errors
    /// `UNSUPPORTED_PASSWORD_HASH` unless it is of Argon2id with a salt, within the limits of its cost.
    pub fn import(text: &str) -> Result<Self> {
        let is_supported = text.len() <= MAX_BYTES && is_supported(text);
        if is_supported { Ok(Self(text.to_owned())) } else { Err(Code::UnsupportedPasswordHash.into()) }
    }
}

fn is_supported(text: &str) -> bool {
    let Ok(hash) = PasswordHash::new(text) else { return false };
    let is_argon2id = hash.algorithm.as_str() == Algorithm::Argon2id.as_str();
    let is_complete = hash.salt.is_some() && hash.hash.is_some() && hash.version.is_none_or(|version| version == 19);
    let is_bounded = Params::try_from(&hash).is_ok_and(|params| {
        params.m_cost() <= MAX_KIBIBYTES && params.t_cost() <= MAX_PASSES && params.p_cost() <= MAX_LANES
    });
    is_argon2id && is_complete && is_bounded
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher as _;
    use argon2::{Argon2, Version};

    use super::*;
    use crate::password::{Password, PasswordHasher};

    const SALT_AND_HASH: &str = "c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

    #[tokio::test]
    async fn imported_digest_verifies_the_password() {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(4096, 3, 2, None).unwrap());
        let text = argon2.hash_password_with_salt(b"correct horse", b"somesaltsomesalt").unwrap().to_string();
        let digest = PasswordDigest::import(&text).unwrap();
        let hasher = PasswordHasher::new(1);
        let typed = |text: &str| Password::from_input(text.to_owned());
        assert!(hasher.verify(typed("correct horse"), Some(&digest)).await.unwrap());
        assert!(!hasher.verify(typed("wrong"), Some(&digest)).await.unwrap());
    }

    #[test]
    fn only_argon2id_within_the_limits_is_imported() {
        for parameters in
            ["argon2id$v=19$m=19456,t=2,p=1", "argon2id$v=19$m=65536,t=10,p=4", "argon2id$v=19$m=4096,t=3,p=1"]
        {
            assert!(PasswordDigest::import(&format!("${parameters}${SALT_AND_HASH}")).is_ok(), "{parameters}");
        }
        for parameters in [
            "argon2i$v=19$m=19456,t=2,p=1",
            "argon2d$v=19$m=19456,t=2,p=1",
            "argon2id$v=19$m=65537,t=2,p=1",
            "argon2id$v=19$m=4294967295,t=2,p=1",
            "argon2id$v=19$m=19456,t=11,p=1",
            "argon2id$v=19$m=19456,t=2,p=5",
            "scrypt$ln=16,r=8,p=1",
        ] {
            assert!(PasswordDigest::import(&format!("${parameters}${SALT_AND_HASH}")).is_err(), "{parameters}");
        }
        for text in [
            "",
            "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
            "$argon2id$v=19$m=19456,t=2,p=1",
            "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA",
            "password",
        ] {
            assert!(PasswordDigest::import(text).is_err(), "{text}");
        }
    }
}
