//! Host names as DNS and certificates have them (RFC 1123, section 2.1).

const MAX_NAME_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

/// Whether it is a host name: labels of ASCII letters, digits and hyphens, without a dot at its end. International
/// names are valid in their ASCII form only (`xn--…`).
pub(crate) fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=MAX_LABEL_BYTES).contains(&label.len())
            && label.bytes().all(is_plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= MAX_NAME_BYTES && text.split('.').all(is_label)
}

/// Whether browsers read it as an IPv4 address: its last label is a number, also in hexadecimal (WHATWG URL, "ends in a
/// number").
pub(crate) fn is_ipv4_like(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or_default();
    let is_hexadecimal = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    !last.is_empty()
        && (last.bytes().all(|byte| byte.is_ascii_digit()) || last.strip_prefix("0x").is_some_and(is_hexadecimal))
}

/// Whether it is a host name or an IP address without brackets, without a port.
pub fn is_host(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok() || (is_host_name(text) && !is_ipv4_like(text))
}
