//! The strict grammar of a request's head (RFC 9112, sections 2 to 6; RFC 9110, section 5.5).
//!
//! hyper's parser is more lenient: it accepts a bare LF as the end of a line, several `Host` lines, and
//! `Content-Length` beside `Transfer-Encoding`. Two servers that read such a head differently disagree about where a
//! request ends (request smuggling), so these heads are rejected.

use std::net::Ipv6Addr;

use memchr::{memchr, memchr_iter};
use vestibule_core::Code;

/// In bytes, including the empty line at the end. `HEAD_TOO_LARGE` beyond it.
pub(super) const MAX_HEAD_BYTES: usize = 64 << 10;
/// hyper's own limit.
const MAX_HEADER_LINES: usize = 100;

/// What follows a request's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// A body of this many bytes, 0 for none.
    Length(u64),
    /// A chunked body, whose length is unknown.
    Chunked,
}

/// Finds the end of a head that arrives in parts. It examines each byte once.
#[derive(Debug, Default)]
pub(super) struct HeadScanner {
    scanned: usize,
    line_start: usize,
    has_request_line: bool,
}

impl HeadScanner {
    /// Returns the length of the head at the start of `bytes`, or `None` if it is incomplete. Later calls must have the
    /// same bytes, followed by others. Empty lines before the request line belong to the head (RFC 9112, 2.2).
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` for a bare LF, `HEAD_TOO_LARGE`.
    pub(super) fn head_length(&mut self, bytes: &[u8]) -> Result<Option<usize>, Code> {
        while let Some(found) = memchr(b'\n', &bytes[self.scanned..]) {
            let end = self.scanned + found + 1;
            if end > MAX_HEAD_BYTES {
                return Err(Code::HeadTooLarge);
            }
            let line = bytes[self.line_start..end].strip_suffix(b"\r\n").ok_or(Code::MalformedRequest)?;
            (self.scanned, self.line_start) = (end, end);
            match (line.is_empty(), self.has_request_line) {
                (true, true) => return Ok(Some(end)),
                (true, false) => {}
                (false, _) => self.has_request_line = true,
            }
        }
        self.scanned = bytes.len();
        if bytes.len() >= MAX_HEAD_BYTES { Err(Code::HeadTooLarge) } else { Ok(None) }
    }
}

/// Checks a complete head, and returns what follows it.
///
/// # Errors
/// `MALFORMED_REQUEST`, `INVALID_HOST`, `HEAD_TOO_LARGE` for too many lines.
pub(super) fn check(head: &[u8]) -> Result<Body, Code> {
    let mut start = 0;
    let mut lines = memchr_iter(b'\n', head).map(|end| {
        let line = &head[start..end];
        start = end + 1;
        line.strip_suffix(b"\r").unwrap_or(line)
    });
    let request_line = lines.find(|line| !line.is_empty()).ok_or(Code::MalformedRequest)?;
    let version = check_request_line(request_line)?;
    let mut framing = Framing::default();
    for (index, line) in lines.take_while(|line| !line.is_empty()).enumerate() {
        if index == MAX_HEADER_LINES {
            return Err(Code::HeadTooLarge);
        }
        framing.add(line)?;
    }
    framing.body(version)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    Http10,
    Http11,
}

fn check_request_line(line: &[u8]) -> Result<Version, Code> {
    let mut parts = line.split(|byte| *byte == b' ');
    let (Some(method), Some(target), Some(version), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Code::MalformedRequest);
    };
    if !is_token(method) || !is_target(method, target) {
        return Err(Code::MalformedRequest);
    }
    match version {
        b"HTTP/1.1" => Ok(Version::Http11),
        b"HTTP/1.0" => Ok(Version::Http10),
        _ => Err(Code::MalformedRequest),
    }
}

/// Whether the request target has a form that fits the method (RFC 9112, 3.2). Bytes outside ASCII are left to the
/// router.
fn is_target(method: &[u8], target: &[u8]) -> bool {
    if target.iter().any(|byte| *byte <= b' ' || matches!(byte, b'#' | 0x7f)) {
        return false;
    }
    match target {
        [b'/', ..] => true,
        b"*" => method == b"OPTIONS",
        _ if method == b"CONNECT" => is_host(target),
        _ => absolute_form_authority(target).is_some_and(is_host),
    }
}

/// Returns the authority of an `http` or `https` URL. A proxy may forward one; the server ignores its host, like that
/// of `Host`.
fn absolute_form_authority(target: &[u8]) -> Option<&[u8]> {
    let scheme_end = target.windows(3).position(|window| window == b"://")?;
    let (scheme, rest) = (&target[..scheme_end], &target[scheme_end + 3..]);
    let is_http = scheme.eq_ignore_ascii_case(b"http") || scheme.eq_ignore_ascii_case(b"https");
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    is_http.then_some(&rest[..end])
}

/// The header lines that decide where the request ends and for which host it is.
#[derive(Default)]
struct Framing {
    has_host: bool,
    content_length: Option<u64>,
    is_chunked: bool,
}

impl Framing {
    fn add(&mut self, line: &[u8]) -> Result<(), Code> {
        let colon = memchr(b':', line).ok_or(Code::MalformedRequest)?;
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        // An obsolete line folding or whitespace before the colon makes the name invalid.
        if !is_token(name) || has_control(value) {
            return Err(Code::MalformedRequest);
        }
        let value = value.trim_ascii();
        if name.eq_ignore_ascii_case(b"host") {
            if self.has_host || !is_host(value) {
                return Err(Code::InvalidHost);
            }
            self.has_host = true;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            if self.content_length.is_some() {
                return Err(Code::MalformedRequest);
            }
            self.content_length = Some(content_length(value).ok_or(Code::MalformedRequest)?);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if self.is_chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Code::MalformedRequest);
            }
            self.is_chunked = true;
        }
        Ok(())
    }

    fn body(&self, version: Version) -> Result<Body, Code> {
        // HTTP/1.0 has neither a required Host nor chunked bodies.
        if !self.has_host && version == Version::Http11 {
            return Err(Code::InvalidHost);
        }
        match (self.is_chunked, self.content_length) {
            (true, None) if version == Version::Http11 => Ok(Body::Chunked),
            (true, _) => Err(Code::MalformedRequest),
            (false, length) => Ok(Body::Length(length.unwrap_or(0))),
        }
    }
}

/// Only digits: `parse` alone would accept a sign.
fn content_length(value: &[u8]) -> Option<u64> {
    let is_number = value.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(value).ok().filter(|_| is_number)?.parse().ok()
}

/// Whether a value is a host name, an IPv4 address or an IPv6 address in brackets, with an optional port. Underscores
/// are accepted, because names of containers have them.
fn is_host(value: &[u8]) -> bool {
    let (host, rest) = if value.starts_with(b"[") {
        let end = value.iter().position(|byte| *byte == b']').map_or(value.len(), |bracket| bracket + 1);
        value.split_at(end)
    } else {
        value.split_at(value.iter().position(|byte| *byte == b':').unwrap_or(value.len()))
    };
    let is_valid_host = match host {
        [b'[', address @ .., b']'] => {
            std::str::from_utf8(address).is_ok_and(|address| address.parse::<Ipv6Addr>().is_ok())
        }
        name => !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(byte)),
    };
    let is_valid_port = match rest {
        [] | [b':'] => true,
        [b':', port @ ..] => content_length(port).is_some_and(|port| u16::try_from(port).is_ok()),
        _ => false,
    };
    is_valid_host && is_valid_port
}

/// The bytes of a token (RFC 9110, 5.6.2).
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = matches!(
            byte,
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.'
                | b'^' | b'_' | b'`' | b'|' | b'~'
        );
        byte += 1;
    }
    table
};

fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| TOKEN[usize::from(*byte)])
}

fn has_control(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The verdict on a complete stream: the head's length and what follows it.
    fn verdict(bytes: &[u8]) -> Result<Option<(usize, Body)>, Code> {
        let length = HeadScanner::default().head_length(bytes)?;
        length.map(|length| check(&bytes[..length]).map(|body| (length, body))).transpose()
    }

    #[test]
    fn finds_the_end_of_the_head_and_the_length_of_the_body() {
        for (head, body) in [
            ("GET / HTTP/1.1\r\nhost: a\r\n\r\n", Body::Length(0)),
            ("\r\n\r\nGET / HTTP/1.0\r\n\r\n", Body::Length(0)),
            ("POST / HTTP/1.1\r\nHOST: a\r\nCONTENT-LENGTH: \t007 \r\n\r\n", Body::Length(7)),
            ("POST / HTTP/1.1\r\nTRANSFER-ENCODING: CHUNKED\r\nhost: a\r\n\r\n", Body::Chunked),
        ] {
            for rest in ["", "GET", "\n\n", "\r\n\r\n"] {
                let stream = format!("{head}{rest}");
                assert_eq!(verdict(stream.as_bytes()), Ok(Some((head.len(), body))), "{stream:?}");
            }
            for end in 0..head.len() {
                assert_eq!(verdict(&head.as_bytes()[..end]), Ok(None), "{head:?} {end}");
            }
        }
    }

    #[test]
    fn limits_the_length_of_incomplete_heads() {
        let start = b"GET / HTTP/1.1\r\nhost: a\r\nx: ".to_vec();
        let with_length = |length: usize| [start.clone(), vec![b'y'; length - start.len()]].concat();
        assert_eq!(verdict(&with_length(MAX_HEAD_BYTES - 1)), Ok(None));
        assert_eq!(verdict(&with_length(MAX_HEAD_BYTES)), Err(Code::HeadTooLarge));
        let complete = |length: usize| [with_length(length - 4), b"\r\n\r\n".to_vec()].concat();
        assert!(matches!(verdict(&complete(MAX_HEAD_BYTES)), Ok(Some((MAX_HEAD_BYTES, _)))));
        assert_eq!(verdict(&complete(MAX_HEAD_BYTES + 1)), Err(Code::HeadTooLarge));
        assert_eq!(verdict(&b"\r\n".repeat(MAX_HEAD_BYTES)), Err(Code::HeadTooLarge));
    }

    /// A piece of a head, right or wrong.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let pieces = [
            "GET ",
            "POST ",
            "/ ",
            "/a?b ",
            "* ",
            "http://a/ ",
            "HTTP/1.1",
            "HTTP/1.0",
            "host",
            "content-length",
            ":",
            " ",
            "transfer-encoding",
            "chunked",
            "1",
            "a",
            "x",
            "\r\n",
            "\n",
            "\r",
            "\t",
            ",",
            "\0",
            "\r\n\r\n",
            "host: a\r\n",
            "GET / HTTP/1.1\r\nhost: a\r\n",
            "content-length: 3\r\n",
        ];
        prop_oneof![
            9 => prop::sample::select(pieces.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
            1 => prop::collection::vec(any::<u8>(), 1..4),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        /// hyper's parser must agree about the end and the lines of every head that it gets.
        #[test]
        fn hyper_reads_accepted_heads_in_the_same_way(pieces in prop::collection::vec(piece(), 0..24)) {
            let bytes = [&b"GET / HTTP/1.1\r\nhost: a\r\n"[..], &pieces.concat()].concat();
            for bytes in [&bytes[..], &pieces.concat()] {
                let Ok(Some((length, body))) = verdict(bytes) else { continue };
                let mut headers = [httparse::EMPTY_HEADER; MAX_HEADER_LINES];
                let mut request = httparse::Request::new(&mut headers);
                prop_assert_eq!(request.parse(bytes), Ok(httparse::Status::Complete(length)));
                let values = |name: &str| {
                    let named = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
                    named.map(|header| std::str::from_utf8(header.value).unwrap().trim().to_ascii_lowercase())
                        .collect::<Vec<_>>()
                };
                let (lengths, encodings) = (values("content-length"), values("transfer-encoding"));
                match body {
                    Body::Chunked => prop_assert_eq!((lengths, encodings), (vec![], vec!["chunked".to_owned()])),
                    Body::Length(0) if lengths.is_empty() => prop_assert!(encodings.is_empty()),
                    Body::Length(length) => {
                        prop_assert_eq!(lengths.len(), 1);
                        prop_assert_eq!(lengths[0].parse(), Ok(length));
                        prop_assert!(encodings.is_empty());
                    }
                }
                prop_assert!(values("host").len() == 1 || request.version == Some(0));
            }
        }

        /// The result does not depend on how the head arrives.
        #[test]
        fn split_reads_give_the_same_result(pieces in prop::collection::vec(piece(), 0..24), split in 0..99_usize) {
            let bytes = pieces.concat();
            let mut scanner = HeadScanner::default();
            let first = scanner.head_length(&bytes[..split.min(bytes.len())]);
            if first == Ok(None) {
                prop_assert_eq!(scanner.head_length(&bytes), HeadScanner::default().head_length(&bytes));
            } else {
                prop_assert_eq!(first, HeadScanner::default().head_length(&bytes));
            }
        }
    }
}
