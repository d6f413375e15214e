//! The URLs that requests are sent to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::uri::PathAndQuery;
use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

use super::destination::{DestinationPolicy, Host};
use crate::settings::{is_host_name, is_ipv4_like};

/// In bytes.
pub const MAX_URL_LENGTH: usize = 2000;

/// The ports to which browsers send no request (WHATWG Fetch, "port blocking"): those of other protocols, whose servers
/// could take a request for commands.
const BLOCKED_PORTS: &[u16] = &[
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
    110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531,
    532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
    5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/// An absolute https URL without credentials and fragment, whose host is a DNS name or a public address. During
/// development, or if the settings allow this machine in staging, it may be an http URL of this machine. It is
/// normalized: lower case and ASCII up to the path, and without the default port.
///
/// Its path and query may contain a secret, so `Debug` does not print them.
#[derive(Clone, PartialEq, Eq)]
pub struct OutgoingUrl {
    text: String,
    origin_length: usize,
    host: Host,
    port: u16,
    is_https: bool,
    path_and_query: PathAndQuery,
}

/// Why a text is no [`OutgoingUrl`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlError {
    TooLong,
    NotHttps,
    HasCredentials,
    HasFragment,
    InvalidHost,
    BlockedPort,
    BlockedAddress,
    InvalidPath,
}

vestibule_db::text_enum!(UrlError: TooLong = "too_long", NotHttps = "not_https", HasCredentials = "has_credentials",
    HasFragment = "has_fragment", InvalidHost = "invalid_host", BlockedPort = "blocked_port",
    BlockedAddress = "blocked_address", InvalidPath = "invalid_path");

impl OutgoingUrl {
    /// Parses a URL for these destinations. Nothing is looked up: a name can still lead to a blocked address.
    pub fn parse(text: &str, policy: &DestinationPolicy) -> Result<Self, UrlError> {
        if text.len() > MAX_URL_LENGTH {
            return Err(UrlError::TooLong);
        }
        let (scheme, rest) = text.split_once("://").ok_or(UrlError::NotHttps)?;
        let is_https = scheme.eq_ignore_ascii_case("https");
        if !is_https && !scheme.eq_ignore_ascii_case("http") {
            return Err(UrlError::NotHttps);
        }
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(UrlError::HasCredentials);
        }
        if path.contains('#') {
            return Err(UrlError::HasFragment);
        }
        let default_port = if is_https { 443 } else { 80 };
        let (host, port) = parse_authority(authority, default_port)?;
        let may_be_http = policy.allows_http_on_loopback && host.is_loopback();
        if !is_https && !may_be_http {
            return Err(UrlError::NotHttps);
        }
        if BLOCKED_PORTS.contains(&port) {
            return Err(UrlError::BlockedPort);
        }
        let addresses = host.known_addresses().unwrap_or_default();
        if addresses.into_iter().any(|address| policy.check(&host, port, address).is_err()) {
            return Err(UrlError::BlockedAddress);
        }
        let path_and_query = parse_path(path)?;
        let scheme = if is_https { "https" } else { "http" };
        let origin =
            if port == default_port { format!("{scheme}://{host}") } else { format!("{scheme}://{host}:{port}") };
        let origin_length = origin.len();
        let text = origin + path_and_query.as_str();
        if text.len() > MAX_URL_LENGTH {
            return Err(UrlError::TooLong);
        }
        Ok(Self { text, origin_length, host, port, is_https, path_and_query })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the scheme, the host and, unless it is the default one, the port. Unlike the rest it is no secret.
    pub fn origin(&self) -> &str {
        &self.text[..self.origin_length]
    }

    /// Returns the host and, unless it is the default one, the port.
    pub(super) fn authority(&self) -> &str {
        self.origin().split_once("://").map_or("", |(_, authority)| authority)
    }

    pub fn host(&self) -> &Host {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn is_https(&self) -> bool {
        self.is_https
    }

    pub(super) fn path_and_query(&self) -> &PathAndQuery {
        &self.path_and_query
    }
}

impl fmt::Debug for OutgoingUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutgoingUrl({}/…)", self.origin())
    }
}

/// Splits an authority into host and port.
fn parse_authority(authority: &str, default_port: u16) -> Result<(Host, u16), UrlError> {
    let (host, rest) = if let Some(bracketed) = authority.strip_prefix('[') {
        let (address, rest) = bracketed.split_once(']').ok_or(UrlError::InvalidHost)?;
        let address: Ipv6Addr = address.parse().map_err(|_| UrlError::InvalidHost)?;
        (Host::Address(address.into()), rest)
    } else {
        let (name, rest) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
        (parse_name(name)?, rest)
    };
    if rest.is_empty() {
        return Ok((host, default_port));
    }
    let digits = rest.strip_prefix(':').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let port = digits.and_then(|digits| digits.parse().ok()).ok_or(UrlError::BlockedPort)?;
    Ok((host, port))
}

/// Parses a name, also an international one (UTS 46), or an IPv4 address. Of the latter only the form with four decimal
/// numbers is valid: others, such as 2130706433 and 0x7f.1, have the purpose of hiding where they lead.
fn parse_name(text: &str) -> Result<Host, UrlError> {
    let ascii = Uts46::new().to_ascii(text.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow, DnsLength::Verify);
    let ascii = ascii.map_err(|_| UrlError::InvalidHost)?;
    if is_ipv4_like(&ascii) {
        let address = ascii.parse::<Ipv4Addr>().map_err(|_| UrlError::InvalidHost)?;
        return Ok(Host::Address(IpAddr::V4(address)));
    }
    if is_host_name(&ascii) { Ok(Host::Name(ascii.into_owned())) } else { Err(UrlError::InvalidHost) }
}

/// Parses the path and the query. An empty path becomes a slash.
fn parse_path(text: &str) -> Result<PathAndQuery, UrlError> {
    let is_allowed = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    let is_escape = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if !text.bytes().all(is_allowed) || !text.split('%').skip(1).all(is_escape) {
        return Err(UrlError::InvalidPath);
    }
    let slash = if text.starts_with('/') { "" } else { "/" };
    PathAndQuery::try_from(format!("{slash}{text}")).map_err(|_| UrlError::InvalidPath)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::permission::parse_network;
    use crate::settings::{Mode, PublicUrl, Settings};

    fn policy(mode: Mode) -> DestinationPolicy {
        let public_url = PublicUrl::parse("http://localhost:8080").unwrap();
        DestinationPolicy::new(&Settings { mode, public_url, ..Settings::default() })
    }

    fn parse(text: &str) -> Result<String, UrlError> {
        OutgoingUrl::parse(text, &policy(Mode::Production)).map(|url| url.as_str().to_owned())
    }

    #[test]
    fn normalizes_up_to_the_path() {
        for (text, normalized) in [
            ("https://Hooks.Example.com", "https://hooks.example.com/"),
            ("HTTPS://hooks.example.com:443/A?b=C", "https://hooks.example.com/A?b=C"),
            ("https://hooks.example.com:8443/a", "https://hooks.example.com:8443/a"),
            ("https://hooks.example.com?a[]=1", "https://hooks.example.com/?a[]=1"),
            ("https://bücher.example/%C3%BC", "https://xn--bcher-kva.example/%C3%BC"),
            ("https://BÜCHER。example/", "https://xn--bcher-kva.example/"),
            ("https://93.184.215.14/", "https://93.184.215.14/"),
            ("https://[2606:4700:0::1111]:444/", "https://[2606:4700::1111]:444/"),
            ("https://hooks.example.com/..//a@b:c/", "https://hooks.example.com/..//a@b:c/"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(normalized), "{text}");
        }
        let url = OutgoingUrl::parse("https://Hooks.example.com:8443/secret", &policy(Mode::Production)).unwrap();
        assert_eq!((url.origin(), url.authority()), ("https://hooks.example.com:8443", "hooks.example.com:8443"));
        assert_eq!(format!("{url:?}"), "OutgoingUrl(https://hooks.example.com:8443/…)");
    }

    #[test]
    fn rejects_what_is_no_plain_https_url() {
        for (text, error) in [
            ("", UrlError::NotHttps),
            ("hooks.example.com", UrlError::NotHttps),
            ("//hooks.example.com", UrlError::NotHttps),
            ("https:/hooks.example.com", UrlError::NotHttps),
            (" https://hooks.example.com", UrlError::NotHttps),
            ("http://hooks.example.com", UrlError::NotHttps),
            ("http://localhost", UrlError::NotHttps),
            ("ftp://hooks.example.com", UrlError::NotHttps),
            ("file:///etc/passwd", UrlError::NotHttps),
            ("javascript://hooks.example.com/%0aalert(1)", UrlError::NotHttps),
            ("https://user@hooks.example.com", UrlError::HasCredentials),
            ("https://user:password@hooks.example.com", UrlError::HasCredentials),
            ("https://hooks.example.com@169.254.169.254", UrlError::HasCredentials),
            ("https://hooks.example.com/#a", UrlError::HasFragment),
            ("https://hooks.example.com#@evil.example", UrlError::HasFragment),
            ("https://", UrlError::InvalidHost),
            ("https:///a", UrlError::InvalidHost),
            ("https://:443", UrlError::InvalidHost),
            ("https://hooks.example.com.", UrlError::InvalidHost),
            ("https://hooks..example.com", UrlError::InvalidHost),
            ("https://-a.example.com", UrlError::InvalidHost),
            ("https://a_b.example.com", UrlError::InvalidHost),
            ("https://a b.example.com", UrlError::InvalidHost),
            ("https://a\t.example.com", UrlError::InvalidHost),
            ("https://%31%32%37.0.0.1", UrlError::InvalidHost),
            ("https://xn--a.example", UrlError::InvalidHost),
            ("https://a.example\\@b.example", UrlError::HasCredentials),
            ("https://a.example\\.b.example", UrlError::InvalidHost),
            ("https://[::1", UrlError::InvalidHost),
            ("https://[fe80::1%25eth0]", UrlError::InvalidHost),
            ("https://[1.2.3.4]", UrlError::InvalidHost),
            ("https://::1/", UrlError::InvalidHost),
            ("https://a.example/\\b", UrlError::InvalidPath),
            ("https://a.example/a b", UrlError::InvalidPath),
            ("https://a.example/\r\nHost: b", UrlError::InvalidPath),
            ("https://a.example/ü", UrlError::InvalidPath),
            ("https://a.example/%", UrlError::InvalidPath),
            ("https://a.example/%2", UrlError::InvalidPath),
            ("https://a.example/%zz", UrlError::InvalidPath),
            ("https://a.example/<b>", UrlError::InvalidPath),
        ] {
            assert_eq!(parse(text), Err(error), "{text:?}");
        }
        assert!(parse(&format!("https://a.example/{}", "a".repeat(1982))).is_ok());
        assert_eq!(parse(&format!("https://a.example/{}", "a".repeat(1983))), Err(UrlError::TooLong));
        let long = format!("https://a.example{}", "a".repeat(1983).replacen('a', "?", 1));
        assert_eq!(long.len(), MAX_URL_LENGTH);
        assert_eq!(parse(&long), Err(UrlError::TooLong), "with the slash that is added");
    }

    #[test]
    fn rejects_addresses_that_are_not_public_in_every_spelling() {
        for text in [
            "https://127.0.0.1/",
            "https://10.1.2.3:8443/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:5db8:d70e]/",
            "https://[fd00:ec2::254]/",
            "https://[64:ff9b::7f00:1]/",
            "https://１２７.０.０.１/",
            "https://127。0。0。1/",
            "https://localhost/",
            "https://LOCALHOST:8443/",
            "https://app.localhost/",
        ] {
            assert_eq!(parse(text), Err(UrlError::BlockedAddress), "{text}");
        }
        for text in
            ["https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://127.1/", "https://0177.0.0.1/"]
        {
            assert_eq!(parse(text), Err(UrlError::InvalidHost), "{text}");
        }
    }

    #[test]
    fn rejects_ports_of_other_protocols() {
        for port in ["0", "22", "25", "53", "465", "587", "6000", "6667", "", "+443", "65536", "4 4", "443:1"] {
            assert_eq!(parse(&format!("https://a.example:{port}/")), Err(UrlError::BlockedPort), "{port:?}");
        }
        for port in ["80", "443", "1024", "3000", "8080", "8443", "65535"] {
            assert!(parse(&format!("https://a.example:{port}/")).is_ok(), "{port}");
        }
        assert!(BLOCKED_PORTS.is_sorted());
    }

    #[test]
    fn development_may_use_http_on_this_machine() {
        let development = policy(Mode::Staging);
        for text in ["http://localhost:3000/a", "http://127.0.0.1:3000/", "http://[::1]/", "https://app.localhost/"] {
            assert_eq!(OutgoingUrl::parse(text, &development).map(|url| url.as_str().to_owned()).as_deref(), Ok(text));
        }
        for (text, error) in [
            ("http://hooks.example.com/", UrlError::NotHttps),
            ("http://93.184.215.14/", UrlError::NotHttps),
            ("http://localhost.example/", UrlError::NotHttps),
            ("http://10.0.0.1/", UrlError::NotHttps),
            ("https://10.0.0.1/", UrlError::BlockedAddress),
            ("http://localhost:25/", UrlError::BlockedPort),
        ] {
            assert_eq!(OutgoingUrl::parse(text, &development), Err(error), "{text}");
        }
    }

    #[test]
    fn staging_that_others_can_reach_uses_http_only_where_this_machine_is_allowed() {
        let public_url = PublicUrl::parse("https://staging.example.com").unwrap();
        let mut settings = Settings { mode: Mode::Staging, public_url, ..Settings::default() };
        let parse = |settings: &Settings, text: &str| {
            OutgoingUrl::parse(text, &DestinationPolicy::new(settings)).map(|url| url.as_str().to_owned())
        };
        for url in ["http://localhost:3000/", "http://127.0.0.1:3000/", "http://[::1]:3000/", "https://127.0.0.1/"] {
            assert_eq!(parse(&settings, url), Err(UrlError::BlockedAddress), "{url}");
        }
        settings.http_client.allowed_networks = vec![parse_network("127.0.0.1").unwrap()];
        assert!(parse(&settings, "http://127.0.0.1:3000/").is_ok());
        for url in ["http://127.0.0.2:3000/", "http://localhost:3000/"] {
            assert_eq!(parse(&settings, url), Err(UrlError::BlockedAddress), "{url}");
        }
        assert_eq!(parse(&settings, "http://hooks.example.com/"), Err(UrlError::NotHttps));
        settings.mode = Mode::Production;
        assert_eq!(parse(&settings, "http://127.0.0.1:3000/"), Err(UrlError::NotHttps));
    }

    /// Pieces of URLs, so that many generated texts are almost valid.
    fn url() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[a-zA-Z0-9.:/?#@%\\[\\]\\\\-]{0,6}",
            Just("https://".to_owned()),
            Just("a.example".to_owned()),
            Just("127.0.0.1".to_owned()),
            Just("[::1]".to_owned()),
            Just("bücher".to_owned()),
            Just(":8443".to_owned()),
            Just("%41".to_owned()),
            "\\PC{0,3}",
        ];
        proptest::collection::vec(piece, 0..6).prop_map(|pieces| format!("https://{}", pieces.concat()))
    }

    proptest! {
        /// Browsers and the programs of receivers read the URL as we do: no parser sees another host behind it.
        #[test]
        fn is_read_in_the_same_way_by_other_parsers(text in url()) {
            if let Ok(parsed) = OutgoingUrl::parse(&text, &policy(Mode::Production)) {
                crate::fuzzing::outgoing_url(&text);
                let other = ::url::Url::parse(&text).unwrap();
                prop_assert_eq!(other.host_str().unwrap(), parsed.host().to_string());
                prop_assert_eq!(other.port_or_known_default(), Some(parsed.port()));
                prop_assert_eq!((other.username(), other.password(), other.fragment()), ("", None, None));
                let uri: http::Uri = parsed.as_str().parse().unwrap();
                prop_assert_eq!(uri.authority().unwrap().as_str(), parsed.authority());
                prop_assert_eq!(uri.path_and_query().unwrap(), parsed.path_and_query());
            }
        }
    }
}
