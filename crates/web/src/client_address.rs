//! The client's IP address. `X-Forwarded-For` is only used as far as trusted proxies wrote it.

use std::net::IpAddr;

use axum::http::HeaderMap;
use ipnet::IpNet;

/// Returns the nearest hop that is not a trusted proxy. IPv4-mapped IPv6 addresses become IPv4.
pub(crate) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut address = peer.to_canonical();
    if !is_trusted(&address) {
        return address;
    }
    let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
    let mut hops = lines.iter().rev().flat_map(|line| line.split(',').rev()).map(str::trim);
    while is_trusted(&address) {
        match hops.next().map(str::parse::<IpAddr>) {
            Some(Ok(hop)) => address = hop.to_canonical(),
            // An invalid entry or the end of the list: the last trusted proxy is the best known address.
            Some(Err(_)) | None => break,
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn address(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        forwarded.iter().for_each(|line| {
            headers.append("x-forwarded-for", HeaderValue::from_str(line).unwrap());
        });
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn ignores_forwarded_addresses_of_untrusted_peers() {
        assert_eq!(address("203.0.113.9", &["198.51.100.1"], &[]), "203.0.113.9");
        assert_eq!(address("10.0.0.1", &["198.51.100.1"], &["10.0.0.0/8"]), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &["1.2.3.4, 198.51.100.1, 10.0.0.2"], &["10.0.0.0/8"]), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &["1.2.3.4", "198.51.100.1"], &["10.0.0.0/8"]), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &["198.51.100.1, garbage"], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(address("10.0.0.1", &[], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(address("::ffff:10.0.0.1", &["2001:db8::1"], &["10.0.0.0/8"]), "2001:db8::1");
    }
}
