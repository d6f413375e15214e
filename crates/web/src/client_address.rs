//! The client's IP address. `X-Forwarded-For` is only used as far as trusted proxies wrote it.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue};
use ipnet::IpNet;

/// Returns the nearest hop that is not a trusted proxy. IPv4-mapped IPv6 addresses become IPv4.
pub(crate) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut address = peer.to_canonical();
    if !is_trusted(&address) {
        return address;
    }
    // Split as bytes: what the client wrote at the start of the line need not be text.
    let lines = headers.get_all("x-forwarded-for").iter().rev().map(HeaderValue::as_bytes);
    let mut hops = lines.flat_map(|line| line.rsplit(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    while is_trusted(&address) {
        let hop = hops.next().and_then(|hop| std::str::from_utf8(hop).ok()?.parse::<IpAddr>().ok());
        // An invalid entry or the end of the list: the last trusted proxy is the best known address.
        let Some(hop) = hop else { break };
        address = hop.to_canonical();
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(peer: &str, forwarded: &[&[u8]], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        forwarded.iter().for_each(|line| {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(line).unwrap());
        });
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn uses_forwarded_addresses_only_as_far_as_trusted_proxies_wrote_them() {
        let proxy = &["10.0.0.0/8"][..];
        for (peer, forwarded, trusted, expected) in [
            ("203.0.113.9", &[&b"198.51.100.1"[..]][..], &[][..], "203.0.113.9"),
            ("203.0.113.9", &[b"198.51.100.1"], proxy, "203.0.113.9"),
            ("10.0.0.1", &[b"198.51.100.1"], proxy, "198.51.100.1"),
            ("10.0.0.1", &[b"1.2.3.4, 198.51.100.1, 10.0.0.2"], proxy, "198.51.100.1"),
            ("10.0.0.1", &[b"1.2.3.4,198.51.100.1 ,\t10.0.0.2"], proxy, "198.51.100.1"),
            ("10.0.0.1", &[b"1.2.3.4", b"198.51.100.1"], proxy, "198.51.100.1"),
            ("10.0.0.1", &[b"1.2.3.4", b"198.51.100.1", b"10.9.9.9"], proxy, "198.51.100.1"),
            // All hops are proxies: the farthest one.
            ("10.0.0.1", &[b"10.0.0.3, 10.0.0.2"], proxy, "10.0.0.3"),
            // The proxy's own entry is unreadable.
            ("10.0.0.1", &[b"198.51.100.1, garbage"], proxy, "10.0.0.1"),
            ("10.0.0.1", &[b"198.51.100.1, garbage, 10.0.0.2"], proxy, "10.0.0.2"),
            ("10.0.0.1", &[b"198.51.100.1, "], proxy, "10.0.0.1"),
            ("10.0.0.1", &[b"unknown"], proxy, "10.0.0.1"),
            // What the client wrote before is not read.
            ("10.0.0.1", &[b"\xff\xfe, 198.51.100.1"], proxy, "198.51.100.1"),
            ("10.0.0.1", &[b"garbage, 198.51.100.1"], proxy, "198.51.100.1"),
            ("10.0.0.1", &[], proxy, "10.0.0.1"),
            ("::ffff:10.0.0.1", &[b"2001:db8::1"], proxy, "2001:db8::1"),
            ("10.0.0.1", &[b"::ffff:198.51.100.1"], proxy, "198.51.100.1"),
            ("10.0.0.1", &[b"198.51.100.1, ::ffff:10.0.0.2"], proxy, "198.51.100.1"),
            ("::ffff:203.0.113.9", &[], proxy, "203.0.113.9"),
        ] {
            assert_eq!(address(peer, forwarded, trusted), expected, "{peer} {forwarded:?} {trusted:?}");
        }
    }
}
