use axum::http::HeaderName;

use super::*;

fn find(peer: Node, lines: &[&[u8]], header: ForwardedHeader, trusted: &[&str]) -> ClientAddress {
    let mut headers = HeaderMap::new();
    lines.iter().for_each(|line| {
        headers.append(HeaderName::from_static(header.name()), HeaderValue::from_bytes(line).unwrap());
    });
    let networks: Vec<IpNet> = trusted.iter().filter_map(|network| network.parse().ok()).collect();
    client_address(peer, &headers, &Proxies { networks: &networks, unix: trusted.contains(&"unix:"), header })
}

fn address(peer: &str, lines: &[&[u8]], header: ForwardedHeader, trusted: &[&str]) -> String {
    let peer = if peer == "unix:" { Node::Unix } else { peer.parse::<IpAddr>().unwrap().into() };
    let found = find(peer, lines, header, trusted).address;
    if found == UNKNOWN_ADDRESS { "unknown".to_owned() } else { found.to_string() }
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
        ("10.0.0.1", &[b"198.51.100.1, garbage"], proxy, "unknown"),
        ("10.0.0.1", &[b"198.51.100.1, garbage, 10.0.0.2"], proxy, "unknown"),
        ("10.0.0.1", &[b"198.51.100.1, "], proxy, "unknown"),
        ("10.0.0.1", &[b"unknown"], proxy, "unknown"),
        ("10.0.0.1", &[b"198.51.100.1, _hidden"], proxy, "unknown"),
        // What the client wrote before is not read.
        ("10.0.0.1", &[b"\xff\xfe, 198.51.100.1"], proxy, "198.51.100.1"),
        ("10.0.0.1", &[b"garbage, 198.51.100.1"], proxy, "198.51.100.1"),
        ("10.0.0.1", &[], proxy, "10.0.0.1"),
        ("::ffff:10.0.0.1", &[b"2001:db8::1"], proxy, "2001:db8::1"),
        ("10.0.0.1", &[b"::ffff:198.51.100.1"], proxy, "198.51.100.1"),
        ("10.0.0.1", &[b"198.51.100.1, ::ffff:10.0.0.2"], proxy, "198.51.100.1"),
        ("::ffff:203.0.113.9", &[], proxy, "203.0.113.9"),
        ("unix:", &[b"198.51.100.1"], proxy, "unknown"),
        ("unix:", &[b"198.51.100.1"], &["unix:"], "198.51.100.1"),
        ("unix:", &[], &["unix:"], "unknown"),
        // nginx appends this entry if it listens on a Unix socket itself.
        ("10.0.0.1", &[b"198.51.100.1, unix:"], &["unix:", "10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", &[b"198.51.100.1, unix:"], proxy, "unknown"),
    ] {
        let found = address(peer, forwarded, ForwardedHeader::XForwardedFor, trusted);
        assert_eq!(found, expected, "{peer} {forwarded:?} {trusted:?}");
    }
}

#[test]
fn forwarded_for_with_a_port_is_the_client() {
    for line in [
        &b"203.0.113.9:51234"[..],
        b"198.51.100.1:80, 203.0.113.9:51234",
        b"203.0.113.9:51234, 10.0.0.2:443",
        b"198.51.100.1, [::ffff:203.0.113.9]:51234, \"10.0.0.2:443\"",
    ] {
        let found = address("10.0.0.1", &[line], ForwardedHeader::XForwardedFor, &["10.0.0.0/8"]);
        assert_eq!(found, "203.0.113.9", "{}", line.escape_ascii());
    }
    let found = address("10.0.0.1", &[b"[2001:db8::7]:443"], ForwardedHeader::XForwardedFor, &["10.0.0.0/8"]);
    assert_eq!(found, "2001:db8::7");
}

#[test]
fn reads_the_forwarded_header_as_far_as_trusted_proxies_wrote_it() {
    let proxy = &["10.0.0.0/8", "2001:db8:1::/48"][..];
    for (peer, lines, expected) in [
        ("10.0.0.1", &[&b"for=198.51.100.1"[..]][..], "198.51.100.1"),
        ("203.0.113.9", &[b"for=198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", &[b"for=1.2.3.4, for=198.51.100.1;proto=https, For=\"10.0.0.2:80\""], "198.51.100.1"),
        ("10.0.0.1", &[b"for=1.2.3.4", b"proto=https;for=\"[2001:db8::7]:80\""], "2001:db8::7"),
        ("10.0.0.1", &[b"for=198.51.100.1", b"for=\"[2001:db8:1::5]\""], "198.51.100.1"),
        ("10.0.0.1", &[b"for=\"1.2.3.4, for=198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", &[b"\xff\", for=198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", &[b"for=198.51.100.1, proto=https"], "unknown"),
        ("10.0.0.1", &[b"for=198.51.100.1, for=unknown"], "unknown"),
        ("10.0.0.1", &[b"for=198.51.100.1, for=_a1"], "unknown"),
        ("10.0.0.1", &[b"for=198.51.100.1, "], "unknown"),
        ("10.0.0.1", &[b"198.51.100.1"], "unknown"),
        ("10.0.0.1", &[], "10.0.0.1"),
    ] {
        assert_eq!(address(peer, lines, ForwardedHeader::Forwarded, proxy), expected, "{peer} {lines:?}");
    }
}

#[test]
fn reads_only_the_header_of_the_settings() {
    let (forwarded, listed) = (HeaderName::from_static("forwarded"), HeaderName::from_static("x-forwarded-for"));
    let headers = HeaderMap::from_iter([
        (forwarded, HeaderValue::from_static("for=198.51.100.1")),
        (listed, HeaderValue::from_static("203.0.113.9")),
    ]);
    let networks = ["10.0.0.0/8".parse().unwrap()];
    for (header, expected) in
        [(ForwardedHeader::Forwarded, "198.51.100.1"), (ForwardedHeader::XForwardedFor, "203.0.113.9")]
    {
        let proxies = Proxies { networks: &networks, unix: false, header };
        let found = client_address(Node::Address("10.0.0.1".parse().unwrap()), &headers, &proxies);
        assert_eq!(found, ClientAddress { address: expected.parse().unwrap(), notice: None });
    }
}

#[test]
fn notices_proxies_that_do_not_tell_the_client() {
    let proxy: Node = "10.0.0.1".parse::<IpAddr>().unwrap().into();
    let notice = |lines: &[&[u8]], header| find(proxy, lines, header, &["10.0.0.0/8"]).notice;
    let listed = ForwardedHeader::XForwardedFor;
    assert_eq!(notice(&[b"198.51.100.1"], listed), None);
    assert_eq!(notice(&[], listed), None, "a health check");
    assert_eq!(notice(&[b"unknown"], listed), Some(Notice::hidden(proxy)));
    assert_eq!(notice(&[b"x\xff "], listed), Some(Notice::unreadable(proxy, b"x\xff")));
    assert_eq!(notice(&[b"by=x"], ForwardedHeader::Forwarded), Some(Notice::unreadable(proxy, b"by=x")));
    let headers =
        HeaderMap::from_iter([(HeaderName::from_static("forwarded"), HeaderValue::from_static("for=1.2.3.4"))]);
    let networks = ["10.0.0.0/8".parse().unwrap()];
    let found = client_address(proxy, &headers, &Proxies { networks: &networks, unix: false, header: listed });
    assert_eq!(found.notice, Some(Notice::other_header(proxy, ForwardedHeader::Forwarded)));
}
