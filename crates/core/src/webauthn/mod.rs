//! WebAuthn Level 3: what a browser is asked for, and the checks of what it returns (sections 7.1 and 7.2). Pure
//! functions: the caller looks challenges and keys up.
//!
//! Attestation is not verified. `none` is asked for, and a statement of another format is ignored: it says who made an
//! authenticator, and no maker is trusted or refused. So a credential is worth as much as
//! the sign-in that registered it.
//!
//! Every byte comes from a stranger. Nothing here panics, recurses without a limit or allocates more than its input
//! has.

mod attestation;
mod authenticator_data;
mod base64url;
mod cbor;
mod client_data;
mod cose;
mod credential;
mod options;
#[cfg(test)]
mod tests;
mod verify;

pub use client_data::{CHALLENGE_LENGTH, Ceremony, ClientData};
pub use cose::{Algorithm, PublicKey};
pub use credential::{AssertionCredential, AssertionParts, MAX_CREDENTIAL_ID, RegistrationCredential, Transport};
pub use options::{
    CreationOptions, CredentialDescriptor, CredentialParameters, RelyingParty, RequestOptions, Selection, TIMEOUT, User,
};
pub use verify::{Assertion, Expected, NewCredential, Registered, verify_assertion, verify_registration};

/// Why a credential is refused. For logs: the person can do nothing about any of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebauthnError {
    #[error("the credential is not the JSON form of a public key credential")]
    MalformedCredential,
    #[error("the ids of the credential differ")]
    DifferentIds,
    #[error("the client data is not the JSON of a client")]
    MalformedClientData,
    #[error("the client data is of another ceremony")]
    OtherCeremony,
    #[error("the client data has another challenge")]
    OtherChallenge,
    #[error("the client data has an origin that is not allowed")]
    OtherOrigin,
    #[error("the ceremony ran in a frame of another site")]
    CrossOrigin,
    #[error("the authenticator data is malformed")]
    MalformedAuthenticatorData,
    #[error("the authenticator data is for another relying party")]
    OtherRelyingParty,
    #[error("the user was not present")]
    UserNotPresent,
    #[error("the user was not verified")]
    UserNotVerified,
    #[error("the backup flags contradict each other, or what was stored")]
    ContradictingBackupFlags,
    #[error("the attestation object is malformed")]
    MalformedAttestation,
    #[error("the public key is malformed")]
    MalformedKey,
    #[error("the public key is of an algorithm that was not asked for")]
    UnsupportedAlgorithm,
    #[error("the signature is wrong")]
    WrongSignature,
}
