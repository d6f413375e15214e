//! The parsers of requests that a stranger reaches, each with what must hold for every input. `tests.rs` calls them
//! with generated inputs, and the targets of `fuzz/` with those of a fuzzer.

#![expect(clippy::missing_panics_doc, clippy::panic, reason = "each function panics if its parser breaks a promise")]

use std::net::IpAddr;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use futures_util::FutureExt;
use ipnet::IpNet;
use vestibule_core::Code;
use vestibule_core::caller::UNKNOWN_ADDRESS;
use vestibule_core::invitation::{BulkRow, MAX_ROWS, RequestedRoles};
use vestibule_core::settings::{ForwardedHeader, PublicUrl, Settings};

use crate::api::invitations::bulk::idempotency_key;
use crate::api::invitations::list::ListParams;
use crate::api::invitations::{ImportList, ImportOptions, PastedList, RoleNames};
use crate::client_address::{Proxies, client_address};
use crate::cookie::{self, SessionCookies};
use crate::extract::{FieldMap, FieldReader, FromFields, Value};
use crate::return_to::ReturnTo;
use crate::serve::check_head;

/// More fields are refused.
const MAX_FIELDS: usize = 200;
/// The boundary of generated multipart bodies.
pub const BOUNDARY: &str = "B";

/// A session token is from the header, and setting it again gives the same token. On https, a browser's token is from a
/// cookie that no subdomain can set.
pub fn cookies(line: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(line) else { return };
    let with_url = |url: &str| PublicUrl::parse(url).map(|public_url| Settings { public_url, ..Settings::default() });
    let (Ok(http), Ok(https)) = (with_url("http://localhost"), with_url("https://join.example.com")) else { return };
    for (secure, is_browser) in [(false, false), (false, true), (true, false), (true, true)] {
        let settings = if secure { &https } else { &http };
        let mut headers = HeaderMap::from_iter([(header::COOKIE, value.clone())]);
        if is_browser {
            headers.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
        }
        let has = |part: &str| line.windows(part.len()).any(|window| window == part.as_bytes());
        let tokens = match cookie::session_tokens(&headers, settings) {
            SessionCookies::None | SessionCookies::TooMany => Vec::new(),
            SessionCookies::One(token) => vec![token],
            SessionCookies::Several(groups) => groups.concat(),
        };
        assert!(tokens.len() <= 4);
        for token in tokens {
            let text = token.reveal();
            assert!(has(&text) && (!secure || !is_browser || has("__Host-session_id=")));
            let mut set = HeaderMap::new();
            cookie::append_session(&mut set, &text, settings);
            headers.insert(header::COOKIE, set.remove(header::SET_COOKIE).unwrap_or(value.clone()));
            let SessionCookies::One(again) = cookie::session_tokens(&headers, settings) else {
                panic!("a cookie of ours is not read")
            };
            assert_eq!(again.reveal(), text);
        }
        headers.insert(header::COOKIE, value.clone());
        let invitations = cookie::invitations(&headers, secure);
        assert!(invitations.len() <= cookie::MAX_OPEN_INVITATIONS);
        for invitation in invitations {
            assert!(has(&invitation.reveal()));
        }
    }
}

/// The head of a request is at most 64 KiB, and ends at the same place however its bytes arrive.
pub fn request_head(bytes: &[u8]) {
    let whole = check_head(&[bytes]);
    let (first, second) = bytes.split_at(bytes.len() / 2);
    assert_eq!(check_head(&[first, second]), whole);
    match whole {
        Ok(length) => assert!(length.is_none_or(|length| length <= bytes.len())),
        Err(code) => assert!(matches!(code, Code::MalformedRequest | Code::InvalidHost | Code::HeadTooLarge)),
    }
}

/// A form has a bounded number of fields. Written again, it has the same ones.
pub fn form(body: &[u8]) {
    match FieldMap::parse_form(body) {
        Ok(fields) => {
            assert!(fields.values().len() <= MAX_FIELDS);
            let mut written = form_urlencoded::Serializer::new(String::new());
            for (name, value) in fields.values() {
                match value {
                    Value::Text(text) => {
                        written.append_pair(name, text);
                    }
                    Value::List(values) => values.iter().for_each(|value| {
                        if let Value::Text(text) = value {
                            written.append_pair(&format!("{name}[]"), text);
                        }
                    }),
                    other => panic!("a form has {other:?}"),
                }
            }
            // A field whose own name ends in brackets reads differently once it is written again.
            if fields.values().iter().all(|(name, _)| !name.contains('[')) {
                assert_eq!(FieldMap::parse_form(written.finish().as_bytes()).ok().as_ref(), Some(&fields));
            }
        }
        Err(problem) => assert_eq!(problem.code(), Code::BadRequestBody),
    }
}

/// A JSON body has a bounded number of fields, or is refused with one code.
pub fn json(body: &[u8]) {
    match parse_body("application/json", body) {
        Ok(fields) => assert!(fields.values().len() <= MAX_FIELDS),
        Err(code) => assert_eq!(code, Code::BadRequestBody),
    }
}

/// A multipart body has a bounded number of fields, none larger than the body, or is refused with one code.
pub fn multipart(body: &[u8]) {
    match parse_body(&format!("multipart/form-data; boundary={BOUNDARY}"), body) {
        Ok(fields) => {
            assert!(fields.values().len() <= MAX_FIELDS);
            for (_, value) in fields.values() {
                match value {
                    Value::File(bytes) => assert!(!bytes.is_empty() && bytes.len() <= body.len()),
                    Value::Text(text) => assert!(text.len() <= body.len()),
                    _ => {}
                }
            }
        }
        Err(code) => assert_eq!(code, Code::BadRequestBody),
    }
}

/// Any content type is understood or refused.
pub fn content_type(content_type: &str, body: &[u8]) {
    if let Err(code) = parse_body(content_type, body) {
        assert!(matches!(code, Code::BadRequestBody | Code::UnsupportedMediaType));
    }
}

fn parse_body(content_type: &str, body: &[u8]) -> Result<FieldMap, Code> {
    let parsed = FieldMap::parse_body(Some(content_type), Bytes::copy_from_slice(body)).now_or_never();
    // The body is in memory, so nothing is waited for.
    parsed.unwrap_or_else(|| panic!("parsing waits")).map_err(|problem| problem.code())
}

/// A list of invitees has 1 to 1,000 rows, each with an address or a code, or is refused.
pub fn import(body: &[u8]) {
    let multipart = format!("multipart/form-data; boundary={BOUNDARY}");
    for content_type in ["text/csv", "application/json", "application/x-www-form-urlencoded", &multipart] {
        let parsed = ImportList::parse_body(Some(content_type), Bytes::copy_from_slice(body)).now_or_never();
        match parsed.unwrap_or_else(|| panic!("parsing waits")) {
            Ok(list) => assert!((1..=MAX_ROWS).contains(&list.rows(&ImportOptions::default()).len())),
            Err(problem) => assert_eq!(problem.code().status(), 400),
        }
    }
    if let Ok(text) = std::str::from_utf8(body) {
        pasted_addresses(text);
    }
}

/// Pasted addresses are up to 1,000 rows. The valid ones are found again in a list of them.
pub fn pasted_addresses(text: &str) {
    let roles = RoleNames::default();
    let parse = |text: &str| PastedList::parse(text, &roles).map(|list| list.rows(RequestedRoles::default(), &roles));
    match parse(text) {
        Ok(rows) => {
            assert!(rows.len() <= MAX_ROWS);
            let valid = |rows: &[BulkRow]| {
                let valid = rows.iter().filter_map(|row| Some(row.parsed.as_ref().ok()?.0.as_str().to_owned()));
                valid.collect::<Vec<_>>()
            };
            let addresses = valid(&rows);
            for separator in [", ", ";", "\n"] {
                let again = parse(&addresses.join(separator));
                assert_eq!(again.map(|rows| valid(&rows)).unwrap_or_default(), addresses);
            }
        }
        Err(problem) => assert_eq!(problem.code(), Code::TooManyRows),
    }
}

/// The client's address is that of the connection, or one that a trusted proxy wrote, or unknown. Nobody else chooses
/// it.
pub fn forwarded_for(peer: IpAddr, lines: &[&[u8]], trusted: &[IpNet]) {
    for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
        forwarded(peer, lines, Proxies { networks: trusted, unix: false, header });
    }
}

fn forwarded(peer: IpAddr, lines: &[&[u8]], proxies: Proxies<'_>) {
    let values = lines.iter().filter_map(|line| HeaderValue::from_bytes(line).ok());
    let name = header::HeaderName::from_static(proxies.header.name());
    let mut headers = HeaderMap::new();
    values.for_each(|value| {
        headers.append(&name, value);
    });
    let peer = peer.to_canonical();
    let find = |headers: &HeaderMap| client_address(peer.into(), headers, &proxies).address;
    let address = find(&headers);
    let is_trusted = |address: &IpAddr| proxies.networks.iter().any(|network| network.contains(address));
    assert_eq!(address, address.to_canonical());
    assert!(is_trusted(&peer) || address == peer || peer.is_unspecified(), "an untrusted peer is the client");
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_hexdigit).count();
    let has_address = lines.iter().any(|line| digits(&String::from_utf8_lossy(line)) > 0);
    assert!(address == peer || address == UNKNOWN_ADDRESS || has_address);
    // What the client itself sends comes first in the list, and changes nothing if its own address is not trusted. A
    // proxy that appends to its last line separates it with a comma.
    if !is_trusted(&address) && !lines.is_empty() {
        for forgery in ["203.0.113.66, nonsense", "for=203.0.113.66, for=\"", "for=\"\\", "unknown"] {
            let mut forged = HeaderMap::new();
            forged.append(&name, HeaderValue::from_static(forgery));
            for value in headers.get_all(&name) {
                forged.append(&name, value.clone());
            }
            assert_eq!(find(&forged), address);
        }
    }
}

/// Parameters of a list, with its cursor: in bounds, or refused.
pub fn list_parameters(query: &[u8]) {
    let parsed = FieldMap::parse_form(query).and_then(|fields| ListParams::from_fields(&mut FieldReader::new(fields)));
    if let Err(problem) = parsed {
        assert_eq!(problem.code().status(), 400);
    }
}

/// An idempotency key is 1 to 255 characters of ASCII, or refused.
pub fn idempotency(key: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(key) else { return };
    match idempotency_key(&value, &Uri::from_static("/?mode=all"), b"body") {
        Ok(parsed) => assert!((1..=255).contains(&parsed.key.len()) && parsed.key.as_bytes() == key),
        Err(problem) => assert_eq!(problem.code(), Code::InvalidField),
    }
}

/// A redirect target stays on this server or on an allowed origin, as a browser reads it.
pub fn return_to(text: &str) {
    match ReturnTo::parse("return_to", text) {
        Ok(ReturnTo::Path(path)) => assert!(path.starts_with('/') && !path.starts_with("//") && !path.contains('\\')),
        Ok(ReturnTo::Url { origin, url }) => {
            assert!(url.to_ascii_lowercase().starts_with("http") && !origin.contains('@'));
        }
        Err(problem) => assert_eq!(problem.code(), Code::InvalidField),
    }
}

#[cfg(test)]
mod tests;
