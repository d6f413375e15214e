//! Attestation objects (WebAuthn Level 3, 6.5). The statement is not verified: see [`super`].

use ciborium::Value;

use super::{WebauthnError, cbor};

/// Statements of some formats have a chain of certificates.
const MAX_LENGTH: usize = 32 * 1024;
const MAX_FORMAT_LENGTH: usize = 32;

/// Returns the authenticator data of an attestation object.
pub(super) fn authenticator_data(bytes: &[u8]) -> Result<Vec<u8>, WebauthnError> {
    let malformed = WebauthnError::MalformedAttestation;
    if bytes.len() > MAX_LENGTH {
        return Err(malformed);
    }
    let mut entries = cbor::read_map(bytes).ok_or(malformed)?;
    let mut take = |name| cbor::take(&mut entries, name).ok_or(malformed);
    let (format, statement, data) = (take("fmt")?, take("attStmt")?, take("authData")?);
    let (Value::Text(format), Value::Map(statement), Value::Bytes(data)) = (format, statement, data) else {
        return Err(malformed);
    };
    let is_valid = if format == "none" { statement.is_empty() } else { format.len() <= MAX_FORMAT_LENGTH };
    if is_valid { Ok(data) } else { Err(malformed) }
}
