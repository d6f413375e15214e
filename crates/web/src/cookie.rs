//! The session cookie and the invitation cookie: strict parsing, and `Set-Cookie` values with all protective
//! attributes.
//!
//! If the public URL is https, the names have the prefix `__Host-` (RFC 6265bis, 4.1.3.2; ASVS 3.3.3). Browsers accept
//! such a cookie only from this host and over https, so a page of a subdomain cannot plant a session of the attacker.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use vestibule_core::secret::SessionToken;

const SESSION_COOKIE: &str = "session_id";
const SECURE_SESSION_COOKIE: &str = "__Host-session_id";
/// The name that clients of other versions of the API send. It is never set.
const LEGACY_SESSION_COOKIE: &str = "__session";
/// Contains the token of a mailed invitation link.
const INVITATION_COOKIE: &str = "invitation";
const SECURE_INVITATION_COOKIE: &str = "__Host-invitation";
/// Longer than any invitation token.
const MAX_INVITATION_BYTES: usize = 512;

/// Returns the session token if the request has one in a cookie. Values that cannot be a token are ignored. Two
/// different tokens in cookies of the same name are rejected: one of them may have been injected (cookie tossing).
///
/// `secure` must be true if the public URL is https. Then names without a prefix are read only if the client is not a
/// browser, because a page of a subdomain can set them.
pub(crate) fn session_token(headers: &HeaderMap, secure: bool) -> Option<SessionToken> {
    let names: &[&str] = match (secure, is_browser(headers)) {
        (true, true) => &[SECURE_SESSION_COOKIE],
        (true, false) => &[SECURE_SESSION_COOKIE, SESSION_COOKIE, LEGACY_SESSION_COOKIE],
        (false, _) => &[SESSION_COOKIE, LEGACY_SESSION_COOKIE],
    };
    names.iter().find_map(|name| {
        let mut tokens = values(headers, name).filter_map(|value| Some((value, SessionToken::try_from(value).ok()?)));
        let (value, token) = tokens.next()?;
        let is_single = tokens.all(|(other, _)| other == value);
        Some(is_single.then_some(token))
    })?
}

/// Browsers send `Sec-Fetch-Site` with every request to an https URL. Those before 2023 do not, but `User-Agent` begins
/// alike in all browsers.
fn is_browser(headers: &HeaderMap) -> bool {
    let user_agent = headers.get(header::USER_AGENT).map(HeaderValue::as_bytes).unwrap_or_default();
    headers.contains_key("sec-fetch-site") || user_agent.starts_with(b"Mozilla/")
}

/// Returns the invitation cookie's value, if there is exactly one.
pub(crate) fn invitation(headers: &HeaderMap, secure: bool) -> Option<&str> {
    let mut values = values(headers, invitation_cookie(secure));
    match (values.next(), values.next()) {
        (Some(value), None) if value.len() <= MAX_INVITATION_BYTES => std::str::from_utf8(value).ok(),
        _ => None,
    }
}

fn invitation_cookie(secure: bool) -> &'static str {
    if secure { SECURE_INVITATION_COOKIE } else { INVITATION_COOKIE }
}

/// Returns a `Set-Cookie` value that stores an invitation token for an hour, so that it stays out of URLs and scripts.
/// An empty token deletes the cookie.
pub(crate) fn set_invitation(token: &str, secure: bool) -> HeaderValue {
    let lifetime = if token.is_empty() { Duration::ZERO } else { Duration::from_hours(1) };
    set(invitation_cookie(secure), token, secure, lifetime)
}

/// Returns a `Set-Cookie` value for a session token. `secure` must be true if the public URL is https.
pub(crate) fn set_session(token: &str, secure: bool, lifetime: Duration) -> HeaderValue {
    set(if secure { SECURE_SESSION_COOKIE } else { SESSION_COOKIE }, token, secure, lifetime)
}

/// `__Host-` requires `Secure`, `Path=/` and no `Domain`.
fn set(name: &str, value: &str, secure: bool, lifetime: Duration) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}", lifetime.as_secs());
    // Tokens are base64url, so this cannot fail.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// Returns all values of a cookie. They are bytes, because cookies of other applications need not be UTF-8.
fn values<'a>(headers: &'a HeaderMap, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
    let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    let pairs = lines.flat_map(|line| line.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
    let named = pairs.filter_map(move |pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    named.map(|value| value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cookies(lines: &[&str]) -> HeaderMap {
        let line = |line: &&str| (header::COOKIE, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        let mut headers = HeaderMap::new();
        lines.iter().map(line).for_each(|(name, value)| {
            headers.append(name, value);
        });
        headers
    }

    fn read(lines: &[&str]) -> Option<String> {
        session_token(&cookies(lines), false).map(|token| token.reveal())
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
            (&["session_id=foreign; session_id=abc"], Some(&abc)),
            (&["session_id=abc; session_id=; session_id=abc"], Some(&abc)),
            (&["session_id=foreign; __session=abc"], Some(&abc)),
            (&["__Host-session_id=abc"], None),
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
    fn browsers_cannot_be_given_a_session_without_the_prefix() {
        let [abc, def] = ["A", "E"].map(|character| character.repeat(43));
        let cases: &[(&[&str], Option<&str>, Option<&str>)] = &[
            // The cookies; what a browser's request is, and what another client's.
            (&["__Host-session_id=abc"], Some(&abc), Some(&abc)),
            (&["session_id=def; __Host-session_id=abc; __session=def"], Some(&abc), Some(&abc)),
            (&["session_id=abc"], None, Some(&abc)),
            (&["__session=abc"], None, Some(&abc)),
            (&["__Host-session_id=foreign; session_id=abc"], None, Some(&abc)),
            (&["__Host-session_id=abc; __Host-session_id=def"], None, None),
            (&["__Host-session_id=abc; __Host-session_id=def; session_id=abc"], None, None),
            (&["__host-session_id=abc"], None, None),
            (&["__Secure-session_id=abc"], None, None),
        ];
        for (lines, browser, other) in cases {
            let lines: Vec<_> = lines.iter().map(|line| line.replace("abc", &abc).replace("def", &def)).collect();
            let headers = cookies(&lines.iter().map(String::as_str).collect::<Vec<_>>());
            let token = |headers: &HeaderMap| session_token(headers, true).map(|token| token.reveal());
            assert_eq!(token(&headers).as_deref(), *other, "{lines:?}");
            for (name, value) in [("sec-fetch-site", "none"), ("user-agent", "Mozilla/5.0 (X11; Linux x86_64)")] {
                let mut headers = headers.clone();
                headers.insert(name, HeaderValue::from_static(value));
                assert_eq!(token(&headers).as_deref(), *browser, "{lines:?} {name}");
            }
        }
    }

    #[test]
    fn reads_one_invitation_cookie_of_the_right_name() {
        let long = format!("invitation={}", "a".repeat(MAX_INVITATION_BYTES + 1));
        for (lines, secure, expected) in [
            (&["invitation=inv_a"][..], false, Some("inv_a")),
            (&["__Host-invitation=inv_a"], true, Some("inv_a")),
            (&["invitation=inv_a"], true, None),
            (&["__Host-invitation=inv_a"], false, None),
            (&["invitation=inv_a; invitation=inv_a"], false, None),
            (&[&long], false, None),
            (&[&long[..long.len() - 1]], false, Some(&long[11..long.len() - 1])),
        ] {
            assert_eq!(invitation(&cookies(lines), secure), expected, "{lines:?}");
        }
    }

    #[test]
    fn sets_protective_attributes() {
        let minute = Duration::from_secs(60);
        for (set, expected) in [
            (set_session("abc", false, minute), "session_id=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60"),
            (
                set_session("abc", true, minute),
                "__Host-session_id=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure",
            ),
            (set_invitation("inv_a", false), "invitation=inv_a; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600"),
            (
                set_invitation("inv_a", true),
                "__Host-invitation=inv_a; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600; Secure",
            ),
            (set_invitation("", true), "__Host-invitation=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure"),
        ] {
            assert_eq!(set, expected);
        }
    }

    proptest! {
        #[test]
        fn never_panics_on_any_header(line in "[ -~]{0,200}") {
            let _ = read(&[&line]);
            let _ = session_token(&cookies(&[&line]), true);
            let _ = invitation(&cookies(&[&line]), true);
        }
    }
}
