//! The session's cookie (decision 1): reading it with suspicion, and writing it with every flag it needs.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use vestibule_core::secret::SessionToken;

/// The cookie that is set.
const NAME: &str = "session_id";
/// Cookies that are read, the first that is there.
const READ: [&str; 2] = [NAME, "__session"];
/// No invitation's token is longer.
const LONGEST: usize = 512;

/// The session's token, when the request carries what could be one of ours. A name that stands there twice with two
/// values ends the search: one of them was planted, and nobody can say which.
pub(crate) fn session_token(headers: &HeaderMap) -> Option<SessionToken> {
    let (first, mut others) = READ.iter().find_map(|name| {
        let mut values = values(headers, name);
        values.next().map(|first| (first, values))
    })?;
    let single = others.all(|other| other == first);
    SessionToken::try_from(first).ok().filter(|_| single)
}

/// What a mailed invitation's link carried, for the pages that deal with it. They are the only ones that get it back.
const INVITATION: &str = "invitation";

/// The text of that cookie, when there is exactly one.
pub(crate) fn invitation(headers: &HeaderMap) -> Option<&str> {
    let mut values = values(headers, INVITATION);
    match (values.next(), values.next()) {
        (Some(value), None) if value.len() <= LONGEST => std::str::from_utf8(value).ok(),
        _ => None,
    }
}

/// Keeps an invitation's token for an hour, out of every URL and every script's reach; an empty one forgets it.
pub(crate) fn set_invitation(token: &str, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let age = if token.is_empty() { 0 } else { 3600 };
    let text = format!("{INVITATION}={token}; Path=/invite; HttpOnly; SameSite=Lax; Max-Age={age}{secure}");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// Every value of this name, as bytes: a neighbour's cookie may hold anything.
fn values<'a>(headers: &'a HeaderMap, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
    let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    let pairs = lines.flat_map(|line| line.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
    let named = pairs.filter_map(move |pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    named.map(|value| value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value))
}

/// Sets the cookie. `secure` whenever the public URL is https.
pub(crate) fn set_session(token: &str, secure: bool, lives: Duration) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{NAME}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}", lives.as_secs());
    // A token is base64url, so this cannot fail; if it did, no cookie is better than a broken one.
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
    fn only_one_plain_value_is_a_token() {
        let [abc, def, ghi] = ["A", "E", "I"].map(|letter| letter.repeat(43));
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
        for (lines, right) in cases {
            let lines: Vec<_> =
                lines.iter().map(|line| line.replace("abc", &abc).replace("def", &def).replace("ghi", &ghi)).collect();
            let lines: Vec<_> = lines.iter().map(String::as_str).collect();
            assert_eq!(read(&lines).as_deref(), *right, "{lines:?}");
        }
    }

    #[test]
    fn the_cookie_has_its_flags() {
        let plain = set_session("abc", false, Duration::from_secs(60));
        assert_eq!(plain, "session_id=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60");
        assert!(set_session("abc", true, Duration::from_secs(60)).to_str().unwrap().ends_with("; Secure"));
    }

    proptest! {
        #[test]
        fn no_header_makes_the_reader_panic(line in "[ -~]{0,200}") {
            let _ = read(&[&line]);
        }
    }
}
