//! The cookie with the session token, and the names of the invitation cookie, which it cannot have.

use super::Settings;

/// The name of the cookie with the tokens of opened invitation links.
pub const INVITATION_COOKIE: &str = "invitation";
/// Its name if the public URL is https.
pub const SECURE_INVITATION_COOKIE: &str = "__Host-invitation";

/// The session cookie's name and domain. Other applications of the domain's hosts see a cookie with a domain, and can
/// set one.
#[derive(Clone, Debug, Default)]
pub struct SessionCookie {
    /// `None` for [`Self::HOST_NAME`] if that is possible, and otherwise [`Self::PLAIN_NAME`].
    pub name: Option<String>,
    /// In lower case, without a leading dot. `None` for the host of the public URL alone.
    pub domain: Option<String>,
}

impl SessionCookie {
    /// Browsers accept it only from the host itself, over https and without a domain (RFC 6265bis, 4.1.3.2).
    pub const HOST_NAME: &str = "__Host-session_id";
    pub const PLAIN_NAME: &str = "session_id";
    const MAX_NAME_BYTES: usize = 64;

    /// Returns whether a name is short and plain, and not that of the invitation cookie.
    pub fn is_valid_name(name: &str) -> bool {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let is_taken =
            [INVITATION_COOKIE, SECURE_INVITATION_COOKIE].iter().any(|taken| name.eq_ignore_ascii_case(taken));
        (1..=Self::MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(is_token) && !is_taken
    }
}

impl Settings {
    /// Returns the name of the session cookie.
    pub fn session_cookie_name(&self) -> &str {
        match &self.session_cookie {
            SessionCookie { name: Some(name), .. } => name,
            SessionCookie { domain: None, .. } if self.public_url.is_https() => SessionCookie::HOST_NAME,
            SessionCookie { .. } => SessionCookie::PLAIN_NAME,
        }
    }
}
