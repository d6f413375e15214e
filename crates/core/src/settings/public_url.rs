//! The URL under which browsers reach the server.

use std::net::{IpAddr, Ipv6Addr};

/// An absolute http or https URL without path, query, fragment, credentials or trailing slash. It is normalized like an
/// origin in browsers: lower case, and without the default port of the scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl Default for PublicUrl {
    fn default() -> Self {
        Self("http://127.0.0.1:8080".to_owned())
    }
}

impl PublicUrl {
    /// Parses and normalizes a URL. Accepts one trailing slash.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lower = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
        let parts = lower.split_once("://").filter(|(scheme, _)| matches!(*scheme, "https" | "http"));
        let Some((scheme, authority)) = parts else {
            return Err("it must start with https:// or http://".to_owned());
        };
        let Some((host, port)) = host_and_port(authority) else {
            return Err("after the scheme it must contain only a host and an optional port".to_owned());
        };
        let default_port = if scheme == "https" { 443 } else { 80 };
        Ok(Self(match port.filter(|port| *port != default_port) {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }))
    }

    /// Returns the URL, to which a path can be appended. It is also the origin that browsers send.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Returns the host, with the port if it is not the default of the scheme.
    pub fn host_and_port(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, authority)| authority)
    }

    /// Returns the host, an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        let authority = self.host_and_port();
        let port = authority.rfind(':').filter(|colon| !authority[*colon..].contains(']'));
        &authority[..port.unwrap_or(authority.len())]
    }

    /// Returns the host as the domain of message IDs and of EHLO; `localhost` for an IPv6 address.
    pub fn mail_domain(&self) -> &str {
        if self.host().starts_with('[') { "localhost" } else { self.host() }
    }

    /// Returns whether only this machine can reach the URL.
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
    }
}

/// The names of this machine that browsers treat as different sites.
const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl PublicUrl {
    /// Returns whether an authority is another name for the host of this URL: with http, `localhost`, `127.0.0.1` and
    /// `[::1]` with the same port are one server during development.
    pub fn is_loopback_alias(&self, authority: &str) -> bool {
        let own = self.host_and_port();
        let port = own.strip_prefix(self.host()).unwrap_or_default();
        let is_alias = LOOPBACK_HOSTS.iter().any(|host| authority.strip_prefix(host) == Some(port));
        !self.is_https() && LOOPBACK_HOSTS.contains(&self.host()) && is_alias && authority != own
    }
}

fn host_and_port(authority: &str) -> Option<(String, Option<u16>)> {
    let (host, rest) = if let Some(bracketed) = authority.strip_prefix('[') {
        let (address, rest) = bracketed.split_once(']')?;
        (format!("[{}]", address.parse::<Ipv6Addr>().ok()?), rest)
    } else {
        let (host, rest) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
        (host.bytes().all(is_plain).then(|| host.to_owned())?, rest)
    };
    let digits = rest.strip_prefix(':');
    let port = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())).and_then(|d| d.parse().ok());
    (!host.is_empty() && (rest.is_empty() || port.is_some())).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_url_rejects_everything_but_an_origin() {
        assert_eq!(PublicUrl::parse("https://Join.Example.com/").unwrap().as_str(), "https://join.example.com");
        assert!(PublicUrl::parse("http://[::1]:8080").is_ok());
        for invalid in
            ["", "example.com", "https://", "ftp://x", "https://a/b", "https://u@h", "https://h?x", "https://h#x"]
        {
            assert!(PublicUrl::parse(invalid).is_err(), "{invalid:?}");
        }
        for invalid in
            ["https://:443", "https://h:", "https://h:65536", "https://h:+1", "https://[::1", "https://a:1:2"]
        {
            assert!(PublicUrl::parse(invalid).is_err(), "{invalid:?}");
        }
    }

    #[test]
    fn public_url_is_normalized_like_an_origin() {
        for (text, origin) in [
            ("https://example.com:443", "https://example.com"),
            ("http://example.com:80/", "http://example.com"),
            ("https://example.com:80", "https://example.com:80"),
            ("HTTP://[0:0::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(PublicUrl::parse(text).unwrap().as_str(), origin);
        }
    }

    #[test]
    fn host_has_no_port() {
        for (url, host) in
            [("https://a.example", "a.example"), ("http://a.example:1", "a.example"), ("http://[::1]:80", "[::1]")]
        {
            assert_eq!(PublicUrl::parse(url).unwrap().host(), host);
        }
        assert_eq!(PublicUrl::parse("http://[::1]:8080").unwrap().host(), "[::1]");
    }

    #[test]
    fn loopback_names_with_the_same_port_are_one_server() {
        for (url, authority, expected) in [
            ("http://127.0.0.1:8080", "localhost:8080", true),
            ("http://127.0.0.1:8080", "[::1]:8080", true),
            ("http://localhost:8080", "127.0.0.1:8080", true),
            ("http://[::1]", "localhost", true),
            ("http://127.0.0.1:8080", "127.0.0.1:8080", false),
            ("http://127.0.0.1:8080", "localhost:8081", false),
            ("http://127.0.0.1:8080", "localhost", false),
            ("http://127.0.0.1:8080", "localhost:8080.evil.example", false),
            ("http://127.0.0.1:8080", "localhost.evil.example:8080", false),
            ("http://127.0.0.1:8080", "127.0.0.2:8080", false),
            ("https://localhost:8080", "127.0.0.1:8080", false),
            ("http://join.example.com:8080", "localhost:8080", false),
            ("http://app.localhost:8080", "localhost:8080", false),
        ] {
            assert_eq!(PublicUrl::parse(url).unwrap().is_loopback_alias(authority), expected, "{url} {authority}");
        }
    }

    #[test]
    fn recognizes_loopback_hosts() {
        for url in ["http://localhost:1", "http://app.localhost", "http://127.8.0.1", "http://[::1]:8080"] {
            assert!(PublicUrl::parse(url).unwrap().is_loopback(), "{url}");
        }
        for url in ["http://0.0.0.0:8080", "https://localhost.example.com", "http://[::]"] {
            assert!(!PublicUrl::parse(url).unwrap().is_loopback(), "{url}");
        }
    }
}
