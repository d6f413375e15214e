//! The checks of the relying party (WebAuthn Level 3, 7.1 and 7.2).

use super::authenticator_data::AuthenticatorData;
use super::client_data::{CHALLENGE_LENGTH, Ceremony, ClientData};
use super::cose::{MAX_SIGNATURE, PublicKey};
use super::credential::{AssertionCredential, RegistrationCredential, Transport};
use super::{WebauthnError, attestation};

/// What the ceremony was started with.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub challenge: &'a [u8; CHALLENGE_LENGTH],
    pub rp_id: &'a str,
    /// The origins of the pages that may run it, as browsers write them.
    pub origins: &'a [String],
}

/// A credential that was created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCredential {
    pub id: Vec<u8>,
    pub public_key: PublicKey,
    pub sign_count: u32,
    pub transports: Vec<Transport>,
    pub is_backup_eligible: bool,
    pub is_backed_up: bool,
}

/// What is stored of a credential that is used.
#[derive(Clone, Copy, Debug)]
pub struct Registered<'a> {
    /// In the format of COSE.
    pub public_key: &'a [u8],
    pub is_backup_eligible: bool,
}

/// A use of a credential. The caller compares the sign count with the stored one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assertion {
    pub sign_count: u32,
    pub is_backed_up: bool,
}

/// Verifies the creation of a credential, by a user who was verified.
pub fn verify_registration(
    credential: &RegistrationCredential,
    expected: &Expected<'_>,
) -> Result<NewCredential, WebauthnError> {
    ClientData::parse(&credential.client_data, Ceremony::Creation)?.check(expected.challenge, expected.origins)?;
    let data = attestation::authenticator_data(&credential.attestation_object)?;
    let data = AuthenticatorData::parse(&data)?;
    data.check(expected.rp_id)?;
    let (sign_count, is_backup_eligible, is_backed_up) =
        (data.sign_count, data.is_backup_eligible(), data.is_backed_up());
    let attested = data.credential.ok_or(WebauthnError::MalformedAuthenticatorData)?;
    if attested.id != credential.id {
        return Err(WebauthnError::DifferentIds);
    }
    Ok(NewCredential {
        id: attested.id.to_vec(),
        public_key: attested.public_key,
        sign_count,
        transports: credential.transports.clone(),
        is_backup_eligible,
        is_backed_up,
    })
}

/// Verifies the use of a credential, by a user who was verified.
pub fn verify_assertion(
    credential: &AssertionCredential,
    registered: Registered<'_>,
    expected: &Expected<'_>,
) -> Result<Assertion, WebauthnError> {
    let client_data = ClientData::parse(&credential.client_data, Ceremony::Request)?;
    client_data.check(expected.challenge, expected.origins)?;
    let data = AuthenticatorData::parse(&credential.authenticator_data)?;
    data.check(expected.rp_id)?;
    if data.is_backup_eligible() != registered.is_backup_eligible {
        return Err(WebauthnError::ContradictingBackupFlags);
    }
    if credential.signature.len() > MAX_SIGNATURE {
        return Err(WebauthnError::WrongSignature);
    }
    let signed = [credential.authenticator_data.as_slice(), client_data.hash()].concat();
    PublicKey::parse(registered.public_key)?.verify(&signed, &credential.signature)?;
    Ok(Assertion { sign_count: data.sign_count, is_backed_up: data.is_backed_up() })
}
