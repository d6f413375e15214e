//! The session cookie and the invitation cookie: strict parsing, and `Set-Cookie` values with all protective
//! attributes.
//!
//! If the public URL is https, the names have the prefix `__Host-` (RFC 6265bis, 4.1.3.2; ASVS 3.3.3), unless the
//! settings give the session cookie another name or a domain. Browsers accept such a cookie only from this host and over
//! https, so a page of a subdomain cannot plant a session of the attacker.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use vestibule_core::secret::{InvitationToken, SessionToken};
use vestibule_core::settings::{SessionCookie, Settings};

const SESSION_COOKIE: &str = SessionCookie::PLAIN_NAME;
const SECURE_SESSION_COOKIE: &str = SessionCookie::HOST_NAME;
/// The name that clients of other versions of the API send. It is never set.
const LEGACY_SESSION_COOKIE: &str = "__session";
/// Contains the tokens of the mailed invitation links that were opened last.
const INVITATION_COOKIE: &str = "invitation";
const SECURE_INVITATION_COOKIE: &str = "__Host-invitation";
/// Different tokens in one request. With more, none is looked up.
const MAX_SESSION_TOKENS: usize = 4;
/// The invitations whose pages can be open at the same time.
pub(crate) const MAX_OPEN_INVITATIONS: usize = 5;
/// Separates invitation tokens. They do not contain it, and cookies may (RFC 6265, 4.1.1).
const SEPARATOR: &str = "~";
/// Longer than the value with the most invitation tokens.
const MAX_INVITATION_BYTES: usize = 512;

/// The session tokens in the cookies of a request.
#[derive(Clone, Debug)]
pub(crate) enum SessionCookies {
    None,
    One(SessionToken),
    /// Different ones, for each name of a cookie: another application of the same host or of a parent domain has a cookie
    /// of that name, or a page has injected one (cookie tossing). Only the database knows which of them is a session.
    Several(Vec<Vec<SessionToken>>),
    /// Too many to look up.
    TooMany,
}

/// Returns the session tokens of a request. Values that cannot be a token are ignored.
///
/// If the public URL is https, other names than that of the settings are read only if the client is not a browser,
/// because a page of a subdomain can set them.
pub(crate) fn session_tokens(headers: &HeaderMap, settings: &Settings) -> SessionCookies {
    let own_name = settings.session_cookie_name();
    let other_names: &[&str] = match (settings.public_url.is_https(), is_browser(headers)) {
        (true, true) => &[],
        (true, false) => &[SECURE_SESSION_COOKIE, SESSION_COOKIE, LEGACY_SESSION_COOKIE],
        (false, _) => &[SESSION_COOKIE, LEGACY_SESSION_COOKIE],
    };
    let mut found: Vec<(&str, &[u8], SessionToken)> = Vec::new();
    for name in std::iter::once(own_name).chain(other_names.iter().copied()) {
        for value in values(headers, name) {
            let is_known = found.iter().any(|(_, known, _)| *known == value);
            let Some(token) = SessionToken::try_from(value).ok().filter(|_| !is_known) else { continue };
            if found.len() == MAX_SESSION_TOKENS {
                return SessionCookies::TooMany;
            }
            found.push((name, value, token));
        }
    }
    if found.len() > 1 {
        let groups = found.chunk_by(|(name, ..), (next, ..)| name == next);
        let tokens = |group: &[(&str, &[u8], SessionToken)]| group.iter().map(|(_, _, token)| token.clone()).collect();
        return SessionCookies::Several(groups.map(tokens).collect());
    }
    found.pop().map_or(SessionCookies::None, |(_, _, token)| SessionCookies::One(token))
}

/// Browsers send `Sec-Fetch-Site` with every request to an https URL. Those before 2023 do not, but `User-Agent` begins
/// alike in all browsers.
fn is_browser(headers: &HeaderMap) -> bool {
    let user_agent = headers.get(header::USER_AGENT).map(HeaderValue::as_bytes).unwrap_or_default();
    headers.contains_key("sec-fetch-site") || user_agent.starts_with(b"Mozilla/")
}

/// Returns the tokens of the invitation cookie, the last opened one first, if there is exactly one such cookie. Values
/// without a token are ignored.
pub(crate) fn invitations(headers: &HeaderMap, secure: bool) -> Vec<InvitationToken> {
    let mut values = values(headers, invitation_cookie(secure)).filter_map(|value| {
        let text = std::str::from_utf8(value).ok().filter(|text| text.len() <= MAX_INVITATION_BYTES)?;
        let tokens = text.split(SEPARATOR).filter_map(|token| token.parse::<InvitationToken>().ok());
        let tokens: Vec<_> = tokens.take(MAX_OPEN_INVITATIONS).collect();
        (!tokens.is_empty()).then_some((value, tokens))
    });
    let Some((value, tokens)) = values.next() else { return Vec::new() };
    if values.all(|(other, _)| other == value) { tokens } else { Vec::new() }
}

fn invitation_cookie(secure: bool) -> &'static str {
    if secure { SECURE_INVITATION_COOKIE } else { INVITATION_COOKIE }
}

/// Returns a `Set-Cookie` value that stores invitation tokens for an hour, so that they stay out of URLs and scripts.
/// Without tokens it deletes the cookie.
pub(crate) fn set_invitations(tokens: &[InvitationToken], secure: bool) -> HeaderValue {
    let lifetime = if tokens.is_empty() { Duration::ZERO } else { Duration::from_hours(1) };
    let tokens: Vec<_> = tokens.iter().take(MAX_OPEN_INVITATIONS).map(InvitationToken::reveal).collect();
    set(invitation_cookie(secure), &tokens.join(SEPARATOR), secure, lifetime, None)
}

/// Appends the session cookie to the headers of a response.
///
/// A cookie with a domain replaces one of the same name for this host alone, as the server set it before the setting:
/// browsers would send both.
pub(crate) fn append_session(headers: &mut HeaderMap, token: &str, settings: &Settings) {
    let (name, secure) = (settings.session_cookie_name(), settings.public_url.is_https());
    let domain = settings.session_cookie.domain.as_deref();
    if domain.is_some_and(|domain| domain != settings.public_url.host()) {
        headers.append(header::SET_COOKIE, set(name, "", secure, Duration::ZERO, None));
    }
    headers.append(header::SET_COOKIE, set(name, token, secure, settings.sessions.max_lifetime, domain));
}

/// Returns the names of cookies in a request that have a session token, and that the server sets no longer: it had
/// another public URL or other settings before.
pub(crate) fn outdated_sessions(headers: &HeaderMap, settings: &Settings) -> Vec<&'static str> {
    let is_outdated = |name: &&'static str| {
        *name != settings.session_cookie_name()
            && values(headers, name).any(|value| SessionToken::try_from(value).is_ok())
    };
    [SECURE_SESSION_COOKIE, SESSION_COOKIE, LEGACY_SESSION_COOKIE].into_iter().filter(is_outdated).collect()
}

/// Appends headers that delete cookies of these names.
pub(crate) fn append_deletions(headers: &mut HeaderMap, names: &[&'static str]) {
    for name in names {
        // Browsers ignore a deletion without the attributes that the prefix requires.
        let secure = name.starts_with("__Host-");
        headers.append(header::SET_COOKIE, set(name, "", secure, Duration::ZERO, None));
    }
}

/// `__Host-` requires `Secure`, `Path=/` and no `Domain`.
fn set(name: &str, value: &str, secure: bool, lifetime: Duration, domain: Option<&str>) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let domain = domain.map_or_else(String::new, |domain| format!("; Domain={domain}"));
    let lifetime = lifetime.as_secs();
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={lifetime}{secure}{domain}");
    // Tokens are base64url, so this cannot fail.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// Returns all values of a cookie. They are bytes, because cookies of other applications need not be UTF-8.
fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    let pairs = lines.flat_map(|line| line.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
    let named = pairs.filter_map(move |pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    named.map(|value| value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use vestibule_core::id::InvitationId;
    use vestibule_core::secret::{Keys, MasterKey};
    use vestibule_core::settings::PublicUrl;

    fn cookies(lines: &[&str]) -> HeaderMap {
        let line = |line: &&str| (header::COOKIE, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        let mut headers = HeaderMap::new();
        lines.iter().map(line).for_each(|(name, value)| {
            headers.append(name, value);
        });
        headers
    }

    fn settings(public_url: &str, name: Option<&str>, domain: Option<&str>) -> Settings {
        let (name, domain) = (name.map(str::to_owned), domain.map(str::to_owned));
        let public_url = PublicUrl::parse(public_url).unwrap();
        Settings { public_url, session_cookie: SessionCookie { name, domain }, ..Settings::default() }
    }

    fn https() -> Settings {
        settings("https://join.example.com", None, None)
    }

    /// The only token, `several` with those of each name, or `too many`.
    fn read(headers: &HeaderMap, settings: &Settings) -> Option<String> {
        match session_tokens(headers, settings) {
            SessionCookies::None => None,
            SessionCookies::One(token) => Some(token.reveal()),
            SessionCookies::Several(groups) => {
                let join =
                    |group: &Vec<SessionToken>| group.iter().map(SessionToken::reveal).collect::<Vec<_>>().join("|");
                Some(groups.iter().map(join).collect::<Vec<_>>().join("; "))
            }
            SessionCookies::TooMany => Some("too many".to_owned()),
        }
    }

    #[test]
    fn ignores_values_that_cannot_be_a_token() {
        let tokens = [("abc", "A"), ("def", "E"), ("ghi", "I"), ("jkl", "M"), ("mno", "Q")];
        let fill = |text: &str| {
            tokens.iter().fold(text.to_owned(), |text, (name, character)| text.replace(name, &character.repeat(43)))
        };
        let abc = fill("abc");
        let cases: &[(&[&str], Option<&str>)] = &[
            (&["session_id=abc"], Some(&abc)),
            (&["theme=dark; session_id=abc; x=y"], Some(&abc)),
            (&["__session=abc"], Some(&abc)),
            (&["__session=old; session_id=abc"], Some(&abc)),
            (&["__session=def; session_id=abc"], Some("abc; def")),
            (&["session_id=abc; session_id=abc"], Some(&abc)),
            (&["session_id=abc; session_id=def"], Some("abc|def")),
            (&["session_id=abc", "session_id=def"], Some("abc|def")),
            (&["session_id=abc; session_id=def; __session=ghi"], Some("abc|def; ghi")),
            (&["session_id=abc; session_id=def; __session=abc"], Some("abc|def")),
            (&["session_id=abc; session_id=def; session_id=ghi; session_id=jkl"], Some("abc|def|ghi|jkl")),
            (&["session_id=abc; session_id=def; session_id=ghi; session_id=jkl; session_id=mno"], Some("too many")),
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
            let lines: Vec<_> = lines.iter().map(|line| fill(line)).collect();
            let lines: Vec<_> = lines.iter().map(String::as_str).collect();
            assert_eq!(read(&cookies(&lines), &Settings::default()), expected.map(fill), "{lines:?}");
        }
    }

    #[test]
    fn browsers_cannot_be_given_a_session_without_the_prefix() {
        let [abc, def] = ["A", "E"].map(|character| character.repeat(43));
        let (both, two) = (format!("{abc}; {def}"), format!("{abc}|{def}"));
        let cases: &[(&[&str], Option<&str>, Option<&str>)] = &[
            // The cookies; what a browser's request is, and what another client's.
            (&["__Host-session_id=abc"], Some(&abc), Some(&abc)),
            (&["session_id=def; __Host-session_id=abc; __session=def"], Some(&abc), Some(&both)),
            (&["session_id=abc"], None, Some(&abc)),
            (&["__session=abc"], None, Some(&abc)),
            (&["__Host-session_id=foreign; session_id=abc"], None, Some(&abc)),
            (&["__Host-session_id=abc; __Host-session_id=def"], Some(&two), Some(&two)),
            (&["__Host-session_id=abc; __Host-session_id=def; session_id=abc"], Some(&two), Some(&two)),
            (&["__host-session_id=abc"], None, None),
            (&["__Secure-session_id=abc"], None, None),
        ];
        for (lines, browser, other) in cases {
            let lines: Vec<_> = lines.iter().map(|line| line.replace("abc", &abc).replace("def", &def)).collect();
            let headers = cookies(&lines.iter().map(String::as_str).collect::<Vec<_>>());
            let token = |headers: &HeaderMap| read(headers, &https());
            assert_eq!(token(&headers).as_deref(), *other, "{lines:?}");
            for (name, value) in [("sec-fetch-site", "none"), ("user-agent", "Mozilla/5.0 (X11; Linux x86_64)")] {
                let mut headers = headers.clone();
                headers.insert(name, HeaderValue::from_static(value));
                assert_eq!(token(&headers).as_deref(), *browser, "{lines:?} {name}");
            }
        }
    }

    #[test]
    fn cookie_of_the_settings_takes_precedence_and_browsers_have_no_other() {
        let [abc, def] = ["A", "E"].map(|character| character.repeat(43));
        let (both, two) = (format!("{abc}; {def}"), format!("{abc}|{def}"));
        let join = "https://join.example.com";
        for (settings, lines, browser, other) in [
            (settings(join, Some("sid"), None), "sid=abc; __Host-session_id=def", Some(&abc), Some(&both)),
            (settings(join, Some("sid"), None), "__Host-session_id=abc; session_id=def", None, Some(&both)),
            (
                settings(join, None, Some("example.com")),
                "__Host-session_id=def; session_id=abc",
                Some(&abc),
                Some(&both),
            ),
            (settings(join, None, Some("example.com")), "session_id=abc; session_id=def", Some(&two), Some(&two)),
            (settings(join, Some("__session"), None), "session_id=def; __session=abc", Some(&abc), Some(&both)),
            (settings("http://localhost:8080", Some("sid"), None), "session_id=abc", Some(&abc), Some(&abc)),
            (settings("http://localhost:8080", Some("sid"), None), "sid=abc; session_id=def", Some(&both), Some(&both)),
        ] {
            let mut headers = cookies(&[&lines.replace("abc", &abc).replace("def", &def)]);
            let token = |headers: &HeaderMap| read(headers, &settings);
            assert_eq!(token(&headers).as_ref(), other, "{lines}");
            headers.insert("sec-fetch-site", HeaderValue::from_static("none"));
            assert_eq!(token(&headers).as_ref(), browser, "{lines}");
        }
    }

    #[test]
    fn deletes_tokens_in_cookies_that_are_set_no_longer() {
        let abc = "A".repeat(43);
        let domain = settings("https://join.example.com", None, Some("example.com"));
        for (settings, lines, names) in [
            (https(), "__Host-session_id=abc", &[][..]),
            (https(), "__Host-session_id=abc; session_id=abc; __session=abc", &["session_id", "__session"]),
            // Not a token of this server: another application on this host may need it.
            (https(), "__session=eyJhbGciOiJFUzI1NiJ9.e30.c2ln; session_id=x", &[]),
            (domain, "__Host-session_id=abc; session_id=abc", &["__Host-session_id"]),
            (Settings::default(), "session_id=abc; __session=abc", &["__session"]),
        ] {
            assert_eq!(outdated_sessions(&cookies(&[&lines.replace("abc", &abc)]), &settings), names, "{lines}");
        }
        let mut headers = HeaderMap::new();
        append_deletions(&mut headers, &["__Host-session_id", "session_id"]);
        let deletions: Vec<_> = headers.get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(
            deletions,
            [
                "__Host-session_id=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure",
                "session_id=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0",
            ]
        );
    }

    #[test]
    fn reads_one_invitation_cookie_of_the_right_name() {
        let keys = Keys::new(&MasterKey::new([7; 32]));
        let token = |generation| keys.invitation_token(InvitationId::from(7), generation).reveal();
        let (first, second) = (token(1), token(2));
        let long = format!("invitation={}", "a".repeat(MAX_INVITATION_BYTES + 1));
        for (lines, secure, is_first) in [
            (&["invitation=FIRST"][..], false, true),
            (&["__Host-invitation=FIRST"], true, true),
            (&["invitation=FIRST"], true, false),
            (&["__Host-invitation=FIRST"], false, false),
            (&["invitation=FIRST; invitation=FIRST"], false, true),
            (&["invitation=dark-theme; invitation=FIRST; invitation="], false, true),
            (&["invitation=FIRST; invitation=SECOND"], false, false),
            (&["invitation=FIRST", &long], false, true),
            (&[&long], false, false),
        ] {
            let lines: Vec<_> =
                lines.iter().map(|line| line.replace("FIRST", &first).replace("SECOND", &second)).collect();
            let headers = cookies(&lines.iter().map(String::as_str).collect::<Vec<_>>());
            let found: Vec<_> = invitations(&headers, secure).iter().map(InvitationToken::reveal).collect();
            let expected: Vec<_> = is_first.then(|| first.clone()).into_iter().collect();
            assert_eq!(found, expected, "{lines:?}");
        }
    }

    #[test]
    fn reads_the_invitations_that_it_stores() {
        let keys = Keys::new(&MasterKey::new([7; 32]));
        let tokens: Vec<_> = (1..=9).map(|id| keys.mailed_token(InvitationId::from(id), i64::MAX)).collect();
        let set = set_invitations(&tokens, true);
        let set = set.to_str().unwrap();
        assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600; Secure"), "{set}");
        let (cookie, _) = set.split_once(';').unwrap();
        let ids: Vec<_> = invitations(&cookies(&[cookie]), true).iter().map(|token| token.invitation().get()).collect();
        assert_eq!(ids, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn sets_protective_attributes() {
        let session = |settings: &Settings| {
            let mut headers = HeaderMap::new();
            append_session(&mut headers, "abc", settings);
            headers
                .get_all(header::SET_COOKIE)
                .iter()
                .map(|value| value.to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let month = 30 * 24 * 3600;
        let common = format!("Path=/; HttpOnly; SameSite=Lax; Max-Age={month}");
        let (join, domain) = ("https://join.example.com", Some("example.com"));
        let deletion = "Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure";
        for (settings, expected) in [
            (Settings::default(), vec![format!("session_id=abc; {common}")]),
            (https(), vec![format!("__Host-session_id=abc; {common}; Secure")]),
            (settings(join, Some("sid"), None), vec![format!("sid=abc; {common}; Secure")]),
            (
                settings(join, None, domain),
                vec![
                    format!("session_id=; {deletion}"),
                    format!("session_id=abc; {common}; Secure; Domain=example.com"),
                ],
            ),
            (
                settings(join, Some("__Secure-sid"), domain),
                vec![
                    format!("__Secure-sid=; {deletion}"),
                    format!("__Secure-sid=abc; {common}; Secure; Domain=example.com"),
                ],
            ),
            // The deletion would apply to the new cookie too: browsers do not distinguish them.
            (
                settings("https://example.com", None, domain),
                vec![format!("session_id=abc; {common}; Secure; Domain=example.com")],
            ),
        ] {
            assert_eq!(session(&settings), expected);
        }
        let deleted = "__Host-invitation=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure";
        assert_eq!(set_invitations(&[], true), deleted);
    }

    proptest! {
        #[test]
        fn never_panics_on_any_header(line in "[ -~]{0,200}") {
            let _ = read(&cookies(&[&line]), &Settings::default());
            let _ = read(&cookies(&[&line]), &https());
            let _ = outdated_sessions(&cookies(&[&line]), &https());
            let _ = invitations(&cookies(&[&line]), true);
        }
    }
}
