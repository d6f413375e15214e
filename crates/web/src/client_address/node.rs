//! One hop of a forwarding header: the node forms of RFC 7239 (section 6), and those that proxies write instead.

use std::net::{IpAddr, Ipv6Addr};

use crate::serve::Peer;

/// Who sent a request, or who forwarded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// IPv4-mapped IPv6 addresses are IPv4.
    Address(IpAddr),
    /// The connection was a Unix socket. nginx writes `unix:`.
    Unix,
    /// The proxy does not name the client: `unknown`, an obfuscated identifier such as `_hidden`, or an unspecified
    /// address.
    Hidden,
}

impl Node {
    /// Parses an entry of a list, with or without quotation marks and with or without a port. `None` if it is none of
    /// the forms.
    pub(super) fn parse(entry: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(entry).ok()?;
        let text = text.strip_prefix('"').map_or(Some(text), |rest| rest.strip_suffix('"'))?;
        if text.eq_ignore_ascii_case("unix:") {
            return Some(Self::Unix);
        }
        if let Some(bracketed) = text.strip_prefix('[') {
            let (address, rest) = bracketed.split_once(']')?;
            let has_valid_end = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
            return ipv6(address).filter(|_| has_valid_end);
        }
        if let Some(node) = ipv6(text) {
            return Some(node);
        }
        // The port of an address without brackets is the part after the last colon. An IPv6 address only gets here if
        // it is none with that part.
        let (host, has_valid_port) = text.rsplit_once(':').map_or((text, true), |(host, port)| (host, is_port(port)));
        has_valid_port.then_some(())?;
        if host.eq_ignore_ascii_case("unknown") || is_obfuscated(host) {
            return Some(Self::Hidden);
        }
        host.parse().ok().map(|address| Self::from_address(IpAddr::V4(address))).or_else(|| ipv6(host))
    }

    fn from_address(address: IpAddr) -> Self {
        let address = address.to_canonical();
        if address.is_unspecified() { Self::Hidden } else { Self::Address(address) }
    }
}

impl From<IpAddr> for Node {
    fn from(address: IpAddr) -> Self {
        Self::from_address(address)
    }
}

impl From<Peer> for Node {
    fn from(peer: Peer) -> Self {
        match peer {
            Peer::Ip(address) => address.into(),
            Peer::Unix => Self::Unix,
        }
    }
}

/// Parses an IPv6 address without brackets. A zone (RFC 6874) is only valid on the machine that wrote it, so it is
/// dropped.
fn ipv6(text: &str) -> Option<Node> {
    let (address, zone) = text.split_once('%').map_or((text, None), |(address, zone)| (address, Some(zone)));
    let is_zone = |zone: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
        !zone.is_empty() && zone.bytes().all(is_plain)
    };
    zone.is_none_or(is_zone).then_some(())?;
    address.parse::<Ipv6Addr>().ok().map(|address| Node::from_address(IpAddr::V6(address)))
}

/// A port of RFC 7239: up to five digits, or obfuscated.
fn is_port(text: &str) -> bool {
    let is_number = (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number || is_obfuscated(text)
}

fn is_obfuscated(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    text.strip_prefix('_').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_plain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_all_node_forms() {
        let address = |text: &str| Some(Node::Address(text.parse().unwrap()));
        for (text, expected) in [
            ("203.0.113.9", address("203.0.113.9")),
            ("203.0.113.9:51234", address("203.0.113.9")),
            ("\"203.0.113.9:51234\"", address("203.0.113.9")),
            ("203.0.113.9:_port", address("203.0.113.9")),
            ("2001:db8::7", address("2001:db8::7")),
            ("2001:DB8::7", address("2001:db8::7")),
            ("\"2001:db8::7\"", address("2001:db8::7")),
            ("[2001:db8::7]", address("2001:db8::7")),
            ("[2001:db8::7]:443", address("2001:db8::7")),
            ("\"[2001:db8::7]:443\"", address("2001:db8::7")),
            ("\"[2001:db8::7]:_x\"", address("2001:db8::7")),
            // Without brackets, a port that cannot be part of the address.
            ("2001:db8:0:0:0:0:0:7:443", address("2001:db8::7")),
            ("2001:db8::7:51234", address("2001:db8::7")),
            ("fe80::1%eth0", address("fe80::1")),
            ("[fe80::1%25eth0]:80", address("fe80::1")),
            ("::ffff:203.0.113.9", address("203.0.113.9")),
            ("[::ffff:203.0.113.9]:80", address("203.0.113.9")),
            ("::ffff:cb00:7109", address("203.0.113.9")),
            ("unknown", Some(Node::Hidden)),
            ("Unknown", Some(Node::Hidden)),
            ("unknown:4711", Some(Node::Hidden)),
            ("_hidden", Some(Node::Hidden)),
            ("_SEVKISEK:_p", Some(Node::Hidden)),
            ("::", Some(Node::Hidden)),
            ("0.0.0.0", Some(Node::Hidden)),
            ("unix:", Some(Node::Unix)),
            ("", None),
            ("\"\"", None),
            ("\"203.0.113.9", None),
            ("203.0.113.9\"", None),
            ("203.0.113.9:", None),
            ("203.0.113.9:123456", None),
            ("203.0.113.9:+1", None),
            ("203.0.113.9:80:80", None),
            ("203.0.113.09", None),
            ("203.0.113", None),
            ("203.0.113.9 198.51.100.1", None),
            ("[203.0.113.9]", None),
            ("[2001:db8::7", None),
            ("[2001:db8::7]x", None),
            ("[2001:db8::7]:", None),
            ("2001:db8::7%", None),
            ("2001:db8::7%eth 0", None),
            ("_", None),
            ("_a b", None),
            ("proxy.example", None),
            ("-", None),
            ("/run/proxy.sock", None),
        ] {
            assert_eq!(Node::parse(text.as_bytes()), expected, "{text:?}");
        }
        assert_eq!(Node::parse(b"\xff"), None);
    }

    proptest! {
        #[test]
        fn reads_every_address_in_every_form(address: IpAddr, port: u16, zone in "[a-z0-9]{1,8}") {
            let plain = match address {
                IpAddr::V4(address) => address.to_string(),
                IpAddr::V6(address) => format!("[{address}]"),
            };
            let mut forms = vec![address.to_string(), plain.clone(), format!("{plain}:{port}"), format!("{plain}:_{zone}")];
            if address.is_ipv6() {
                forms.extend([format!("{address}%{zone}"), format!("[{address}%{zone}]:{port}")]);
            }
            for form in forms {
                prop_assert_eq!(Node::parse(form.as_bytes()), Some(Node::from(address)), "{}", form);
                prop_assert_eq!(Node::parse(format!("\"{form}\"").as_bytes()), Some(Node::from(address)), "{}", form);
            }
        }

        #[test]
        fn does_not_panic(text in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = Node::parse(&text);
        }
    }
}
