//! Headers that can have one value only. Of two lines, one reader takes the first and another the last, so a proxy and
//! this server could decide about different values.

use axum::http::{HeaderMap, HeaderName, header};
use vestibule_core::{Code, Problem};

/// Those that decide about access or about how a body is read. `Cookie` is not among them: all its lines are read as
/// one list (`web/cookie.rs`), and so are those of `X-Forwarded-For`, `Forwarded` and `If-None-Match`.
const SINGLE: [HeaderName; 11] = [
    header::HOST,
    header::ORIGIN,
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    HeaderName::from_static("sec-fetch-site"),
    HeaderName::from_static("x-development-session"),
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("webhook-id"),
    HeaderName::from_static("webhook-timestamp"),
    HeaderName::from_static("webhook-signature"),
];

/// # Errors
/// `DUPLICATE_HEADER`, even if the values are equal.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), Problem> {
    // Few requests have a repeated header at all.
    if headers.len() == headers.keys_len() {
        return Ok(());
    }
    match SINGLE.iter().find(|name| headers.get_all(*name).iter().nth(1).is_some()) {
        Some(name) => Err(Code::DuplicateHeader.with_message(format!("The request has more than one header {name}."))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn rejects_repeated_single_headers_only() {
        for name in SINGLE {
            for second in ["a", "b"] {
                let mut headers = HeaderMap::from_iter([(name.clone(), HeaderValue::from_static("a"))]);
                assert!(check(&headers).is_ok(), "{name}");
                headers.append(&name, HeaderValue::from_static(second));
                assert_eq!(check(&headers).unwrap_err().code(), Code::DuplicateHeader, "{name}");
            }
        }
        for name in [header::COOKIE, header::IF_NONE_MATCH, HeaderName::from_static("x-forwarded-for")] {
            let mut headers = HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static("a"))]);
            headers.append(&name, HeaderValue::from_static("a"));
            headers.append(&name, HeaderValue::from_static("b"));
            assert!(check(&headers).is_ok(), "{name}");
        }
    }
}
