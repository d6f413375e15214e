//! What pages need for passkeys. The script `passkeys.js` runs the browser's ceremony when a form with `data-passkey` is
//! sent, and puts the credential into the form as JSON.

use vestibule_core::webauthn::{AssertionCredential, RegistrationCredential};
use vestibule_core::{Code, Problem};

use super::assets;
use super::context::PageContext;

/// What `layout.html` and `fields.html` need on a page on which passkeys are used.
#[derive(Clone, Debug)]
pub(super) struct PagePasskeys {
    /// The content hash in the URL of the script.
    pub(super) script_version: u64,
    pub(super) rp_id: String,
    /// The id of an unknown passkey that was tried, as base64url. The script reports it, so that the browser stops
    /// offering it. May be empty.
    pub(super) unknown: String,
}

impl PagePasskeys {
    /// `None` if passkeys are not available at the public URL: pages are then as if there were none.
    pub(super) fn new(cx: &PageContext) -> Option<Self> {
        let rp_id = cx.app.settings().passkey_rp_id()?.to_owned();
        Some(Self { script_version: assets::PASSKEYS_VERSION, rp_id, unknown: String::new() })
    }
}

/// Parses a credential that signs in or proves who the user is.
///
/// # Errors
/// `INVALID_PASSKEY`.
pub(super) fn parse_assertion(json: &str) -> Result<AssertionCredential, Problem> {
    AssertionCredential::from_json(json).map_err(|_| Code::InvalidPasskey.into())
}

/// Parses a new credential.
///
/// # Errors
/// `INVALID_PASSKEY`.
pub(super) fn parse_registration(json: &str) -> Result<RegistrationCredential, Problem> {
    RegistrationCredential::from_json(json).map_err(|_| Code::InvalidPasskey.into())
}

/// Returns the id in the JSON of a credential, which is base64url; empty if it has none.
pub(super) fn credential_id(json: &str) -> String {
    let credential: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let id = credential.get("id").and_then(serde_json::Value::as_str).unwrap_or_default();
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if id.bytes().all(is_base64url) { id.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_id_of_a_credential() {
        for (json, id) in [
            ("{\"id\": \"aB-_9\", \"type\": \"public-key\"}", "aB-_9"),
            ("{\"id\": \"<b>\"}", ""),
            ("{\"id\": 7}", ""),
            ("[]", ""),
            ("", ""),
            ("{", ""),
        ] {
            assert_eq!(credential_id(json), id, "{json}");
        }
    }
}
