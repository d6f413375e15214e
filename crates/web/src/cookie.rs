//! The session cookie and the invitation cookie: strict parsing, and `Set-Cookie` values with all protective
//! attributes.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use vestibule_core::secret::SessionToken;

const SESSION_COOKIE: &str = "session_id";
/// The cookies that can contain the session token, in order of precedence. Only the first is ever set.
const ACCEPTED_SESSION_COOKIES: [&str; 2] = [SESSION_COOKIE, "__session"];
/// Longer than any invitation token.
const MAX_INVITATION_BYTES: usize = 512;

/// Returns the session token if the request has a well-formed one. Two cookies of the same name with different values
/// are rejected: one of them may have been injected (cookie tossing).
pub(crate) fn session_token(headers: &HeaderMap) -> Option<SessionToken> {
    let (first, mut others) = ACCEPTED_SESSION_COOKIES.iter().find_map(|name| {
        let mut values = values(headers, name);
        values.next().map(|first| (first, values))
    })?;
    let single = others.all(|other| other == first);
    SessionToken::try_from(first).ok().filter(|_| single)
}

/// Contains the token of a mailed invitation link. Its path limits it to the invitation pages.
const INVITATION_COOKIE: &str = "invitation";

/// Returns the invitation cookie's value, if there is exactly one.
pub(crate) fn invitation(headers: &HeaderMap) -> Option<&str> {
    let mut values = values(headers, INVITATION_COOKIE);
    match (values.next(), values.next()) {
        (Some(value), None) if value.len() <= MAX_INVITATION_BYTES => std::str::from_utf8(value).ok(),
        _ => None,
    }
}

/// Returns a `Set-Cookie` value that stores an invitation token for an hour, so that it stays out of URLs and scripts.
/// An empty token deletes the cookie.
pub(crate) fn set_invitation(token: &str, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let age = if token.is_empty() { 0 } else { 3600 };
    let text = format!("{INVITATION_COOKIE}={token}; Path=/invite; HttpOnly; SameSite=Lax; Max-Age={age}{secure}");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// Returns all values of a cookie. They are bytes, because cookies of other applications need not be UTF-8.
fn values<'a>(headers: &'a HeaderMap, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
    let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    let pairs = lines.flat_map(|line| line.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
    let named = pairs.filter_map(move |pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    named.map(|value| value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value))
}

/// Returns a `Set-Cookie` value for a session token. `secure` must be true if the public URL is https.
pub(crate) fn set_session(token: &str, secure: bool, lifetime: Duration) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let text =
        format!("{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}", lifetime.as_secs());
    // Tokens are base64url, so this cannot fail.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        lines.iter().for_each(|line| {
            headers.append(header::COOKIE, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        });
        session_token(&headers).map(|token| token.reveal())
    }

    #[test]
    fn accepts_only_one_well_formed_value() {
        let [abc, def, ghi] = ["A", "E", "I"].map(|character| character.repeat(43));
        let cases: &[(&[&str], Option<&str>)] = &[
            (&["session_id=abc"], Some(&abc)),
            (&["theme=dark; session_id=abc; x=y"], Some(&abc)),
            (&["__session=abc"], Some(&abc)),
            (&["__session=old; session_id=abc"], Some(&abc)),
            (&["session_id=abc; session_id=abc"], Some(&abc)),
            (&["session_id=abc; session_id=def"], None),
            (&["session_id=abc", "session_id=def"], None),
            (&["session_id=abc; session_id=def; __session=ghi"], None),
            (&["name=Žofie; session_id=abc"], Some(&abc)),
            (&["session_id=\"abc\""], Some(&abc)),
            (&["xsession_id=abc"], None),
            (&["session_id="], None),
            (&["session_id"], None),
            (&["Session_ID=abc"], None),
            (&["session_id=abc abc"], None),
            (&["session_id=abcabc"], None),
            (&["session_id=<script>"], None),
            (&["session_id=Žofie"], None),
            (&[], None),
        ];
        for (lines, expected) in cases {
            let lines: Vec<_> =
                lines.iter().map(|line| line.replace("abc", &abc).replace("def", &def).replace("ghi", &ghi)).collect();
            let lines: Vec<_> = lines.iter().map(String::as_str).collect();
            assert_eq!(read(&lines).as_deref(), *expected, "{lines:?}");
        }
    }

    #[test]
    fn sets_protective_attributes() {
        let plain = set_session("abc", false, Duration::from_secs(60));
        assert_eq!(plain, "session_id=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60");
        assert!(set_session("abc", true, Duration::from_secs(60)).to_str().unwrap().ends_with("; Secure"));
    }

    proptest! {
        #[test]
        fn never_panics_on_any_header(line in "[ -~]{0,200}") {
            let _ = read(&[&line]);
        }
    }
}
