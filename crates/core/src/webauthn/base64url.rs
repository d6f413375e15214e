//! The base64url of WebAuthn's JSON: without padding (RFC 4648, section 5).

use data_encoding::BASE64URL_NOPAD;

pub(super) fn encode(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// Accepts padding too, which some libraries of clients add.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()).ok()
}
