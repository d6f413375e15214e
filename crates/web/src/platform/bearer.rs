//! The `Authorization` header with an API key.

use axum::http::{HeaderMap, header};
use vestibule_core::secret::{ApiKeyToken, is_like_api_key};
use vestibule_core::{Code, Problem};

const SCHEME: &[u8] = b"bearer ";

/// The credentials of a `Bearer` header (RFC 6750, 2.1), whose scheme is case-insensitive (RFC 9110, 11.1).
fn credentials(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, credentials) = value.split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then(|| credentials.trim_ascii())
}

/// Returns the API key of a request. A mistyped one is refused by its checksum, before any look-up.
///
/// # Errors
/// `API_KEY_INVALID`.
pub(super) fn api_key(headers: &HeaderMap) -> Result<ApiKeyToken, Problem> {
    let credentials = credentials(headers).and_then(|bytes| std::str::from_utf8(bytes).ok());
    credentials.and_then(|text| text.parse().ok()).ok_or_else(|| Code::ApiKeyInvalid.into())
}

/// Whether a request has something like an API key.
pub(crate) fn has_api_key(headers: &HeaderMap) -> bool {
    credentials(headers).is_some_and(is_like_api_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())])
    }

    #[test]
    fn recognises_keys_by_their_prefix() {
        for value in ["Bearer vst_live_sk_abc", "bearer vst_test_sk_", "BEARER   vst_live_sk_x"] {
            assert!(has_api_key(&headers(value)), "{value}");
            assert!(api_key(&headers(value)).is_err(), "{value}");
        }
        for value in ["Bearer eyJhbGciOi", "Basic vst_live_sk_abc", "vst_live_sk_abc", "Bearer", ""] {
            assert!(!has_api_key(&headers(value)), "{value}");
        }
        assert!(!has_api_key(&HeaderMap::new()));
    }
}
