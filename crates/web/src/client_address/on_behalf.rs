//! The header in which a server of the application names the browser that it calls for.
//!
//! SDKs of back ends exchange a browser's cookie for a session token on their own connection. The address of that
//! server would count for the browser's limits and for the allowed addresses of organizations.

use std::net::IpAddr;

use axum::http::{HeaderMap, Method};
use vestibule_core::caller::UNKNOWN_ADDRESS;

use super::{Node, Proxies};

const HEADER: &str = "x-wacht-forwarded-for";
/// The only call that such servers make for a browser.
const PATH: &str = "/session/token";

/// Returns the browser that the server at `found` calls for, if `found` is a trusted proxy and says so; otherwise
/// `found`. An unreadable value makes the address unknown, as that of a proxy does.
pub(crate) fn on_behalf(
    found: IpAddr,
    (method, path, headers): (&Method, &str, &HeaderMap),
    proxies: &Proxies<'_>,
) -> IpAddr {
    if method != Method::GET || path != PATH || !proxies.trusts(found.into()) {
        return found;
    }
    let Some(last) = headers.get_all(HEADER).iter().next_back() else {
        return found;
    };
    // The server may have passed on a list. What it wrote itself is the last entry.
    let entry = last.as_bytes().rsplit(|byte| *byte == b',').next().unwrap_or_default();
    match Node::parse(entry.trim_ascii()) {
        Some(Node::Address(address)) => address,
        Some(Node::Unix | Node::Hidden) | None => UNKNOWN_ADDRESS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use ipnet::IpNet;
    use vestibule_core::settings::ForwardedHeader;

    fn address(found: &str, method: &Method, path: &str, values: &[&'static str]) -> String {
        let networks: [IpNet; 1] = ["10.0.0.0/8".parse().unwrap()];
        let proxies = Proxies { networks: &networks, unix: false, header: ForwardedHeader::XForwardedFor };
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_static(value));
        }
        on_behalf(found.parse().unwrap(), (method, path, &headers), &proxies).to_string()
    }

    #[test]
    fn believes_trusted_servers_for_session_tokens_only() {
        let unknown = UNKNOWN_ADDRESS.to_string();
        for (found, method, path, values, expected) in [
            ("10.0.0.5", Method::GET, PATH, &["203.0.113.9"][..], "203.0.113.9"),
            ("10.0.0.5", Method::GET, PATH, &["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.5", Method::GET, PATH, &["198.51.100.1", "203.0.113.9:4711"], "203.0.113.9"),
            ("10.0.0.5", Method::GET, PATH, &["[2001:db8::7]:80"], "2001:db8::7"),
            ("10.0.0.5", Method::GET, PATH, &["::ffff:203.0.113.9"], "203.0.113.9"),
            ("10.0.0.5", Method::GET, PATH, &[], "10.0.0.5"),
            ("10.0.0.5", Method::GET, PATH, &["garbage"], &unknown),
            ("10.0.0.5", Method::GET, PATH, &[""], &unknown),
            ("10.0.0.5", Method::GET, PATH, &["unknown"], &unknown),
            // A browser says whatever it likes.
            ("203.0.113.9", Method::GET, PATH, &["10.0.0.7"], "203.0.113.9"),
            ("10.0.0.5", Method::GET, "/session", &["203.0.113.9"], "10.0.0.5"),
            ("10.0.0.5", Method::POST, PATH, &["203.0.113.9"], "10.0.0.5"),
        ] {
            assert_eq!(address(found, &method, path, values), expected, "{found} {method} {path} {values:?}");
        }
    }
}
