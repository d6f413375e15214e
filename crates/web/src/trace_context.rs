//! The trace of a request, from its header `traceparent` (W3C Trace Context, 3.2). It is written to the log and decides
//! about nothing.

use axum::http::{HeaderMap, HeaderName};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// `00-`, 32 digits, `-`, 16 digits, `-`, 2 digits.
const LENGTH: usize = 55;

/// The ids of a trace and of the span that made the request, in lower case hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceContext<'a> {
    pub(crate) trace_id: &'a str,
    pub(crate) parent_id: &'a str,
}

impl<'a> TraceContext<'a> {
    /// `None` without exactly one header that is valid.
    pub(crate) fn from_headers(headers: &'a HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Self::parse(value.as_bytes()),
            _ => None,
        }
    }

    /// Parses version 00. Anything else is ignored, also an id of zeros, which is invalid (3.2.2.3, 3.2.2.4).
    pub(crate) fn parse(value: &'a [u8]) -> Option<Self> {
        let value = std::str::from_utf8(value).ok().filter(|value| value.len() == LENGTH)?;
        let mut parts = value.strip_prefix("00-")?.split('-');
        let (trace_id, parent_id, flags) = (parts.next()?, parts.next()?, parts.next()?);
        let is_valid = is_hex(trace_id, 32)
            && is_hex(parent_id, 16)
            && is_hex(flags, 2)
            && !is_zero(trace_id)
            && !is_zero(parent_id)
            && parts.next().is_none();
        is_valid.then_some(Self { trace_id, parent_id })
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_zero(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'0')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    #[test]
    fn reads_ids_of_version_00() {
        let expected = Some(TraceContext { trace_id: TRACE, parent_id: PARENT });
        for flags in ["00", "01", "ff"] {
            assert_eq!(TraceContext::parse(format!("00-{TRACE}-{PARENT}-{flags}").as_bytes()), expected);
        }
    }

    #[test]
    fn ignores_what_is_not_valid() {
        let (zeros, upper) = ("0".repeat(32), TRACE.to_uppercase());
        for value in [
            String::new(),
            format!("01-{TRACE}-{PARENT}-01"),
            format!("ff-{TRACE}-{PARENT}-01"),
            format!("00-{TRACE}-{PARENT}-01-more"),
            format!("00-{TRACE}-{PARENT}-"),
            format!("00-{TRACE}-{PARENT}-0g"),
            format!("00-{zeros}-{PARENT}-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{upper}-{PARENT}-01"),
            format!("00-{PARENT}-{TRACE}-01"),
            format!(" 00-{TRACE}-{PARENT}-01"),
            format!("00-{}-{PARENT}-01", "é".repeat(16)),
        ] {
            assert_eq!(TraceContext::parse(value.as_bytes()), None, "{value}");
        }
    }

    #[test]
    fn ignores_repeated_headers() {
        let value = format!("00-{TRACE}-{PARENT}-01");
        let mut headers = HeaderMap::new();
        assert_eq!(TraceContext::from_headers(&headers), None);
        headers.append(TRACEPARENT, value.parse().unwrap());
        assert!(TraceContext::from_headers(&headers).is_some());
        headers.append(TRACEPARENT, value.parse().unwrap());
        assert_eq!(TraceContext::from_headers(&headers), None);
    }

    proptest! {
        #[test]
        fn reads_every_valid_header(trace in 1_u128.., parent in 1_u64.., flags: u8) {
            let value = format!("00-{trace:032x}-{parent:016x}-{flags:02x}");
            let context = TraceContext::parse(value.as_bytes()).unwrap();
            prop_assert_eq!(u128::from_str_radix(context.trace_id, 16).unwrap(), trace);
            prop_assert_eq!(u64::from_str_radix(context.parent_id, 16).unwrap(), parent);
        }

        /// One byte of a valid header is replaced, inserted or removed, so that many inputs are almost valid.
        #[test]
        fn ids_are_hexadecimal_and_of_the_header(
            trace: u128,
            parent: u64,
            edits in proptest::collection::vec((0_usize..56, any::<Option<u8>>(), any::<bool>()), 0..3),
        ) {
            let mut value = format!("00-{trace:032x}-{parent:016x}-01").into_bytes();
            for (index, byte, replaces) in edits {
                let index = index.min(value.len());
                if replaces && index < value.len() {
                    value.remove(index);
                }
                if let Some(byte) = byte {
                    value.insert(index, byte);
                }
            }
            if let Some(TraceContext { trace_id, parent_id }) = TraceContext::parse(&value) {
                prop_assert_eq!(&value[..3], b"00-");
                prop_assert_eq!(value.len(), LENGTH);
                prop_assert_eq!(&value[3..35], trace_id.as_bytes());
                prop_assert_eq!(&value[36..52], parent_id.as_bytes());
                prop_assert!(u128::from_str_radix(trace_id, 16).is_ok_and(|id| id > 0));
                prop_assert!(u64::from_str_radix(parent_id, 16).is_ok_and(|id| id > 0));
                prop_assert!(!value.iter().any(u8::is_ascii_uppercase));
            }
        }

        #[test]
        fn any_bytes_are_parsed_without_a_panic(value: Vec<u8>) {
            prop_assert_eq!(TraceContext::parse(&value), None);
        }
    }
}
