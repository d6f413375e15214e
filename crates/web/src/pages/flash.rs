//! Flash messages: the result of a form, shown once by the page after the redirect. A cookie carries the key of the
//! phrase, so that a reload does not show it again. It has no text of users.

use axum::http::{HeaderMap, HeaderValue};

use crate::cookie;

/// The longest value of the cookie that is read.
const MAX_BYTES: usize = 120;
const SEPARATOR: char = '.';

/// The key of a message, with the counts or ids that belong to it: `suspended.3`, `role_changed.12.34`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flash {
    pub(super) key: String,
    pub(super) arguments: Vec<String>,
}

impl Flash {
    /// Parses `key.argument.…`, with lower-case letters and underscores in the key, and digits in the arguments.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(SEPARATOR);
        let key = parts.next()?;
        let is_key = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        let is_argument = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let arguments: Vec<_> = parts.map(str::to_owned).collect();
        let is_valid = text.len() <= MAX_BYTES
            && !key.is_empty()
            && key.bytes().all(is_key)
            && arguments.iter().all(|argument| is_argument(argument));
        is_valid.then(|| Self { key: key.to_owned(), arguments })
    }

    pub(super) fn from_headers(headers: &HeaderMap, secure: bool) -> Option<Self> {
        Self::parse(&cookie::flash(headers, secure)?)
    }

    /// Returns the `Set-Cookie` value that carries the message to the next page.
    pub(super) fn cookie(&self, secure: bool) -> HeaderValue {
        let parts = std::iter::once(&self.key).chain(&self.arguments).map(String::as_str);
        cookie::set_flash(&parts.collect::<Vec<_>>().join("."), secure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_keys_with_numbers_only() {
        let flash = Flash::parse("role_changed.12.34").unwrap();
        assert_eq!((flash.key.as_str(), flash.arguments), ("role_changed", vec!["12".to_owned(), "34".to_owned()]));
        assert_eq!(Flash::parse("saved").unwrap().arguments, Vec::<String>::new());
        for invalid in ["", ".", "saved.", "Saved", "saved.x", "<b>", "saved.1.<b>", "saved 1", &"s".repeat(121)] {
            assert_eq!(Flash::parse(invalid), None, "{invalid}");
        }
    }
}
