//! The cookies: those of the session, open invitations, the setup link, the language, the typed address and the next
//! message; strict parsing, and `Set-Cookie` values with all protective attributes.
//!
//! If the public URL is https, the names have the prefix `__Host-` (RFC 6265bis, 4.1.3.2; ASVS 3.3.3), unless the
//! settings give the session cookie another name or a domain. Browsers accept such a cookie only from this host and
//! over https, so a page of a subdomain cannot plant a session of the attacker.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::language::Language;
use vestibule_core::secret::{InvitationToken, SessionToken, SetupToken};
use vestibule_core::settings::{INVITATION_COOKIE, SECURE_INVITATION_COOKIE, SessionCookie, Settings};

const SESSION_COOKIE: &str = SessionCookie::PLAIN_NAME;
const SECURE_SESSION_COOKIE: &str = SessionCookie::HOST_NAME;
/// The name that clients of other versions of the API send. It is never set.
const LEGACY_SESSION_COOKIE: &str = "__session";
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
    /// Different ones, for each name of a cookie: another application of the same host or of a parent domain has a
    /// cookie of that name, or a page has injected one (cookie tossing). Only the database knows which of them is a
    /// session.
    Several(Vec<Vec<SessionToken>>),
    /// Too many to look up.
    TooMany,
}

const LANGUAGE_COOKIE: &str = "language";
const SECURE_LANGUAGE_COOKIE: &str = "__Host-language";
const SETUP_COOKIE: &str = "setup";
/// Not `__Host-`, which requires the path `/`.
const SECURE_SETUP_COOKIE: &str = "__Secure-setup";
/// The pages that get the cookie of a setup link.
const SETUP_PATH: &str = "/setup";
const FLASH_COOKIE: &str = "flash";
const SECURE_FLASH_COOKIE: &str = "__Host-flash";
const ADDRESS_COOKIE: &str = "address";
const SECURE_ADDRESS_COOKIE: &str = "__Host-address";
/// As long as a mailed code works.
const ADDRESS_LIFETIME: Duration = Duration::from_mins(10);
/// Longer than the redirect that follows takes.
const FLASH_LIFETIME: Duration = Duration::from_mins(1);

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

/// Returns the token of the setup link that this browser has opened, if its cookies have exactly one. A page of a subdomain
/// can set a second one.
pub(crate) fn setup_token(headers: &HeaderMap, secure: bool) -> Option<SetupToken> {
    let mut values = values(headers, setup_cookie(secure)).filter_map(|value| {
        let token = std::str::from_utf8(value).ok()?.parse::<SetupToken>().ok()?;
        Some((value, token))
    });
    let (value, token) = values.next()?;
    values.all(|(other, _)| other == value).then_some(token)
}

fn setup_cookie(secure: bool) -> &'static str {
    if secure { SECURE_SETUP_COOKIE } else { SETUP_COOKIE }
}

/// Returns a `Set-Cookie` value that stores the token of a setup link for the setup pages. Without a token it deletes the
/// cookie.
pub(crate) fn set_setup_token(token: Option<&SetupToken>, lifetime: Duration, settings: &Settings) -> HeaderValue {
    let secure = settings.public_url.is_https();
    let (value, lifetime) = token.map_or((String::new(), Duration::ZERO), |token| (token.reveal(), lifetime));
    // Browsers compare the path with the one that they see, so it has the prefix.
    let path = format!("{}{SETUP_PATH}", settings.public_url.path());
    set_at(&path, setup_cookie(secure), &value, secure, lifetime, None)
}

/// Returns the language that the user has chosen in this browser.
pub(crate) fn language(headers: &HeaderMap, secure: bool) -> Option<Language> {
    let mut values = values(headers, if secure { SECURE_LANGUAGE_COOKIE } else { LANGUAGE_COOKIE });
    values.find_map(|value| std::str::from_utf8(value).ok()?.parse().ok())
}

/// Returns a `Set-Cookie` value that stores the language for a year.
pub(crate) fn set_language(language: Language, secure: bool) -> HeaderValue {
    let name = if secure { SECURE_LANGUAGE_COOKIE } else { LANGUAGE_COOKIE };
    set(name, language.tag(), secure, Duration::from_hours(365 * 24), None)
}

/// Returns the key of the message to show once.
pub(crate) fn flash(headers: &HeaderMap, secure: bool) -> Option<String> {
    let mut values = values(headers, if secure { SECURE_FLASH_COOKIE } else { FLASH_COOKIE });
    values.next().and_then(|value| String::from_utf8(value.to_owned()).ok())
}

/// Returns a `Set-Cookie` value that stores the key of a message for the next page. An empty key deletes the cookie.
pub(crate) fn set_flash(key: &str, secure: bool) -> HeaderValue {
    let name = if secure { SECURE_FLASH_COOKIE } else { FLASH_COOKIE };
    set(name, key, secure, if key.is_empty() { Duration::ZERO } else { FLASH_LIFETIME }, None)
}

/// Returns the address that the user has typed on the page before. It is no more than what a field is filled with.
pub(crate) fn address(headers: &HeaderMap, secure: bool) -> Option<String> {
    let mut values = values(headers, if secure { SECURE_ADDRESS_COOKIE } else { ADDRESS_COOKIE });
    values.next().and_then(|value| String::from_utf8(value.to_owned()).ok())
}

/// Returns a `Set-Cookie` value that carries a typed address to the next page, so that it is in no URL.
pub(crate) fn set_address(address: &EmailAddress, secure: bool) -> HeaderValue {
    let name = if secure { SECURE_ADDRESS_COOKIE } else { ADDRESS_COOKIE };
    set(name, address.key(), secure, ADDRESS_LIFETIME, None)
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

/// Returns whether a `Set-Cookie` value of this module deletes the cookie.
pub(crate) fn is_deletion(cookie: &HeaderValue) -> bool {
    cookie.to_str().is_ok_and(|text| text.contains("; Max-Age=0"))
}

/// `__Host-` requires `Secure`, `Path=/` and no `Domain`.
fn set(name: &str, value: &str, secure: bool, lifetime: Duration, domain: Option<&str>) -> HeaderValue {
    set_at("/", name, value, secure, lifetime, domain)
}

fn set_at(path: &str, name: &str, value: &str, secure: bool, lifetime: Duration, domain: Option<&str>) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let domain = domain.map_or_else(String::new, |domain| format!("; Domain={domain}"));
    let lifetime = lifetime.as_secs();
    let text = format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={lifetime}{secure}{domain}");
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
mod tests;
