//! What an authenticator says about a ceremony (WebAuthn Level 3, 6.1).

use ciborium::Value;
use sha2::{Digest, Sha256};

use super::cose::PublicKey;
use super::credential::MAX_CREDENTIAL_ID;
use super::{WebauthnError, cbor};

/// A key of 4096 bits and an id of the maximum length have 2 KiB.
pub(super) const MAX_LENGTH: usize = 8 * 1024;

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

#[derive(Debug)]
pub(super) struct AuthenticatorData<'a> {
    rp_id_hash: [u8; 32],
    flags: u8,
    pub(super) sign_count: u32,
    /// The new credential of a creation.
    pub(super) credential: Option<AttestedCredential<'a>>,
}

#[derive(Debug)]
pub(super) struct AttestedCredential<'a> {
    pub(super) id: &'a [u8],
    pub(super) public_key: PublicKey,
}

impl<'a> AuthenticatorData<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, WebauthnError> {
        let malformed = WebauthnError::MalformedAuthenticatorData;
        if bytes.len() > MAX_LENGTH {
            return Err(malformed);
        }
        let (rp_id_hash, rest) = bytes.split_first_chunk::<32>().ok_or(malformed)?;
        let (flags, rest) = rest.split_first().ok_or(malformed)?;
        let (sign_count, mut rest) = rest.split_first_chunk::<4>().ok_or(malformed)?;
        let mut credential = None;
        if flags & HAS_CREDENTIAL != 0 {
            let (attested, after) = AttestedCredential::read(rest)?;
            (credential, rest) = (Some(attested), after);
        }
        if flags & HAS_EXTENSIONS != 0 {
            // None was asked for, so nothing in them is used.
            let (Value::Map(_), after) = cbor::read(rest).ok_or(malformed)? else { return Err(malformed) };
            rest = after;
        }
        if !rest.is_empty() {
            return Err(malformed);
        }
        if flags & BACKED_UP != 0 && flags & BACKUP_ELIGIBLE == 0 {
            return Err(WebauthnError::ContradictingBackupFlags);
        }
        let sign_count = u32::from_be_bytes(*sign_count);
        Ok(Self { rp_id_hash: *rp_id_hash, flags: *flags, sign_count, credential })
    }

    /// Checks that it is for this relying party, and that its user was present and verified.
    pub(super) fn check(&self, rp_id: &str) -> Result<(), WebauthnError> {
        if self.rp_id_hash != <[u8; 32]>::from(Sha256::digest(rp_id.as_bytes())) {
            return Err(WebauthnError::OtherRelyingParty);
        }
        if self.flags & USER_PRESENT == 0 {
            return Err(WebauthnError::UserNotPresent);
        }
        if self.flags & USER_VERIFIED == 0 {
            return Err(WebauthnError::UserNotVerified);
        }
        Ok(())
    }

    /// Whether the credential may be synchronized between devices. It never changes.
    pub(super) const fn is_backup_eligible(&self) -> bool {
        self.flags & BACKUP_ELIGIBLE != 0
    }

    pub(super) const fn is_backed_up(&self) -> bool {
        self.flags & BACKED_UP != 0
    }
}

impl<'a> AttestedCredential<'a> {
    /// Reads a credential, and returns it with the bytes that follow it.
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), WebauthnError> {
        let malformed = WebauthnError::MalformedAuthenticatorData;
        // The model of the authenticator, which without attestation anyone can claim.
        let (_, rest) = bytes.split_first_chunk::<16>().ok_or(malformed)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(malformed)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if !(1..=MAX_CREDENTIAL_ID).contains(&length) {
            return Err(malformed);
        }
        let (id, rest) = rest.split_at_checked(length).ok_or(malformed)?;
        let (public_key, rest) = PublicKey::read(rest)?;
        Ok((Self { id, public_key }, rest))
    }
}
