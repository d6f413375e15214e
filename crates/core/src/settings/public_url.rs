//! The URL under which browsers reach the server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::host::{is_host_name, is_ipv4_like};

const MAX_PATH_BYTES: usize = 200;

/// The names of this machine that browsers treat as different sites.
const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// An absolute http or https URL without query, fragment, credentials or trailing slash. Its origin is normalized as
/// browsers do: lower case, and without the default port of the scheme. It may have a path, the prefix of all paths of
/// the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    url: String,
    origin_length: usize,
}

/// How an SMTP client names itself (RFC 5321, section 4.1.3): by a domain name with a dot, or by an address literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientName<'a> {
    Domain(&'a str),
    Address(IpAddr),
}

impl Default for PublicUrl {
    fn default() -> Self {
        Self::from_origin("http://127.0.0.1:8080".to_owned())
    }
}

impl PublicUrl {
    fn from_origin(origin: String) -> Self {
        Self { origin_length: origin.len(), url: origin }
    }

    /// Parses and normalizes a URL. Accepts one trailing slash.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or_default();
        let scheme = scheme.to_ascii_lowercase();
        if !matches!(scheme.as_str(), "https" | "http") {
            return Err("it must start with https:// or http://".to_owned());
        }
        if rest.contains(['?', '#']) {
            return Err("it cannot have a query or a fragment".to_owned());
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err("it cannot have a user name or password".to_owned());
        }
        let (host, port) = parse_authority(&authority.to_ascii_lowercase())?;
        let default_port = if scheme == "https" { 443 } else { 80 };
        let origin = match port.filter(|port| *port != default_port) {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        };
        let path = path.strip_suffix('/').unwrap_or(path);
        let is_segment = |segment: &str| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            !segment.is_empty() && segment != "." && segment != ".." && segment.bytes().all(is_plain)
        };
        if path.len() > MAX_PATH_BYTES || !path.split('/').skip(1).all(is_segment) {
            return Err("its path may only have letters, digits and -._~ between single slashes".to_owned());
        }
        Ok(Self { origin_length: origin.len(), url: origin + path })
    }

    /// Parses an origin: a URL without a path. Accepts one trailing slash.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse_origin(text: &str) -> Result<Self, String> {
        let url = Self::parse(text)?;
        if url.path().is_empty() { Ok(url) } else { Err("it cannot have a path".to_owned()) }
    }

    /// Returns the URL, to which a path can be appended.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// Returns the scheme, the host and the port, as browsers send them in `Origin`.
    pub fn origin(&self) -> &str {
        &self.url[..self.origin_length]
    }

    /// Returns the prefix of all paths of the server: empty, or a slash and a path without a slash at its end.
    pub fn path(&self) -> &str {
        &self.url[self.origin_length..]
    }

    pub fn is_https(&self) -> bool {
        self.url.starts_with("https://")
    }

    /// Returns the host and, unless it is the default one of the scheme, the port.
    pub fn host_and_port(&self) -> &str {
        self.origin().split_once("://").map_or("", |(_, authority)| authority)
    }

    /// Returns the host, an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        let authority = self.host_and_port();
        let port = authority.rfind(':').filter(|colon| !authority[*colon..].contains(']'));
        &authority[..port.unwrap_or(authority.len())]
    }

    /// Returns the host as the domain of message IDs; `localhost` for an IPv6 address.
    pub fn mail_domain(&self) -> &str {
        if self.host().starts_with('[') { "localhost" } else { self.host() }
    }

    /// Returns the name for the EHLO command. A host without a dot, such as `localhost`, is no name for other hosts.
    pub fn smtp_client_name(&self) -> ClientName<'_> {
        match (self.address(), self.host()) {
            (Some(address), _) => ClientName::Address(address),
            (None, host) if host.contains('.') => ClientName::Domain(host),
            _ => ClientName::Address(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        }
    }

    /// Returns the host if it is an IP address.
    fn address(&self) -> Option<IpAddr> {
        self.host().trim_matches(['[', ']']).parse().ok()
    }

    /// Returns whether only this machine can reach the URL.
    pub fn is_loopback(&self) -> bool {
        match self.address() {
            Some(address) => address.is_loopback(),
            None => self.host() == "localhost" || self.host().ends_with(".localhost"),
        }
    }

    /// Returns whether mail programs, or the servers that load images for them, can load what this server serves.
    pub fn is_reachable_by_mail_programs(&self) -> bool {
        self.is_https() && !self.is_loopback()
    }

    /// Returns whether an authority is another name for the host of this URL: with http, `localhost`, `127.0.0.1` and
    /// `[::1]` with the same port are one server during development.
    pub fn is_loopback_alias(&self, authority: &str) -> bool {
        let own = self.host_and_port();
        let port = own.strip_prefix(self.host()).unwrap_or_default();
        let is_alias = LOOPBACK_HOSTS.iter().any(|host| authority.strip_prefix(host) == Some(port));
        !self.is_https() && LOOPBACK_HOSTS.contains(&self.host()) && is_alias && authority != own
    }
}

/// Splits an authority into its host, normalized, and its port.
fn parse_authority(authority: &str) -> Result<(String, Option<u16>), String> {
    let invalid_host = "its host must be a name such as join.example.com, without a dot at its end, or an IP address; \
                        write other letters than a-z in their ASCII form, xn--…";
    let (host, rest) = if let Some(bracketed) = authority.strip_prefix('[') {
        let (address, rest) = bracketed.split_once(']').ok_or(invalid_host)?;
        (ipv6_host(address.parse().map_err(|_| invalid_host)?), rest)
    } else {
        let (host, rest) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
        let is_host = if is_ipv4_like(host) { host.parse::<Ipv4Addr>().is_ok() } else { is_host_name(host) };
        (is_host.then(|| host.to_owned()).ok_or(invalid_host)?, rest)
    };
    if rest.is_empty() {
        return Ok((host, None));
    }
    let digits = rest.strip_prefix(':').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let port = digits.and_then(|digits| digits.parse().ok()).filter(|port| *port > 0);
    port.map(|port| (host, Some(port))).ok_or_else(|| "its port must be a number from 1 to 65535".to_owned())
}

/// Formats an IPv6 host as browsers do: Rust writes the last 32 bits of an IPv4-mapped address in decimal.
fn ipv6_host(address: Ipv6Addr) -> String {
    match address.to_ipv4_mapped() {
        Some(_) => format!("[::ffff:{:x}:{:x}]", address.segments()[6], address.segments()[7]),
        None => format!("[{address}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_url_rejects_what_no_browser_can_open() {
        assert_eq!(PublicUrl::parse("https://Join.Example.com/").unwrap().as_str(), "https://join.example.com");
        assert!(PublicUrl::parse("http://[::1]:8080").is_ok());
        for invalid in
            ["", "example.com", "https://", "ftp://x", "https://u@h", "https://h?x", "https://h#x", "https:///a"]
        {
            assert!(PublicUrl::parse(invalid).is_err(), "{invalid:?}");
        }
        for invalid in [
            "https://join.example.com.",
            "https://join.example.com./",
            "https://-a.example",
            "https://a-.example",
            "https://a..example",
            "https://.a.example",
            "https://a_b.example",
            "https://bücher.example",
            "https://1.2.3",
            "https://1.2.3.4.5",
            "https://01.2.3.4",
            "https://0x7f.1",
            "https://2130706433",
            "https://a.example:0",
            "https://[fe80::1%eth0]",
            "https://[1.2.3.4]",
            "https://*.example.com",
            "https://a b.example",
            " https://a.example",
            "https://a.example ",
        ] {
            assert!(PublicUrl::parse(invalid).is_err(), "{invalid:?}");
        }
        assert!(PublicUrl::parse(&format!("https://{}.example", "a".repeat(64))).is_err());
        assert!(PublicUrl::parse(&format!("https://{}example", "a.".repeat(124))).is_err());
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
            ("https://[::ffff:1.2.3.4]", "https://[::ffff:102:304]"),
            ("https://XN--BCHER-KVA.example", "https://xn--bcher-kva.example"),
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

    #[test]
    fn path_is_a_prefix_of_plain_segments() {
        for (text, origin, path) in [
            ("https://Example.com/auth", "https://example.com", "/auth"),
            ("https://example.com/Auth/v1.0/", "https://example.com", "/Auth/v1.0"),
            ("https://example.com:443/a", "https://example.com", "/a"),
            ("http://[::1]:8080/a", "http://[::1]:8080", "/a"),
            ("https://example.com/", "https://example.com", ""),
        ] {
            let url = PublicUrl::parse(text).unwrap();
            assert_eq!((url.origin(), url.path(), url.as_str()), (origin, path, format!("{origin}{path}").as_str()));
            assert_eq!(PublicUrl::parse_origin(text).is_ok(), path.is_empty());
        }
        for path in ["//", "/a//", "/a//b", "/..", "/a/../b", "/.", "/a b", "/ä", "/%41", "/a?b", "/a#b", "/a;b", "/\\"]
        {
            assert!(PublicUrl::parse(&format!("https://a.example{path}")).is_err(), "{path}");
        }
    }

    #[test]
    fn smtp_client_name_is_a_domain_or_an_address_literal() {
        let address = |text: &str| ClientName::Address(text.parse().unwrap());
        for (url, expected) in [
            ("https://join.example.com:8443/auth", ClientName::Domain("join.example.com")),
            ("http://127.0.0.1:8080", address("127.0.0.1")),
            ("http://203.0.113.9", address("203.0.113.9")),
            ("http://[2001:db8::1]:8080", address("2001:db8::1")),
            ("http://localhost:8080", address("127.0.0.1")),
            ("http://vestibule", address("127.0.0.1")),
        ] {
            assert_eq!(PublicUrl::parse(url).unwrap().smtp_client_name(), expected, "{url}");
        }
    }
}
