//! Argon2id and Argon2i with the parameters of another system, or with ours of another time.

use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params};

/// Limits of the parameters: each sign-in makes the server compute a hash with them.
const MAX_KIBIBYTES: u32 = 64 * 1024;
const MAX_PASSES: u32 = 10;
const MAX_LANES: u32 = 4;

/// A PHC string, parsed. Argon2d is not supported: nobody should hash passwords with it.
pub(in crate::password) struct Argon2Hash(PasswordHash);

impl Argon2Hash {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let hash = PasswordHash::new(text).ok()?;
        let name = hash.algorithm.as_str();
        let is_supported = [Algorithm::Argon2id, Algorithm::Argon2i].iter().any(|known| known.as_str() == name);
        let is_complete =
            hash.salt.is_some() && hash.hash.is_some() && hash.version.is_none_or(|version| version == 19);
        let is_bounded = Params::try_from(&hash).is_ok_and(|params| {
            params.m_cost() <= MAX_KIBIBYTES && params.t_cost() <= MAX_PASSES && params.p_cost() <= MAX_LANES
        });
        (is_supported && is_complete && is_bounded).then_some(Self(hash))
    }

    pub(super) fn matches(&self, bytes: &[u8]) -> bool {
        Argon2::default().verify_password(bytes, &self.0).is_ok()
    }
}
