//! Email addresses, parsed once and compared by one canonical key.
//!
//! The grammar is narrower than RFC 5322 on purpose: everything that mail programs are known to interpret differently
//! (quotes, comments, routes, encoded words, letters beyond ASCII) is rejected, so that the address that is checked is
//! the address that receives the mail.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::error::{Code, Problem};

const MAX_LENGTH: usize = 254;
const MAX_LOCAL_PART_LENGTH: usize = 64;
const MAX_LABEL_LENGTH: usize = 63;

/// An email address. Two are equal if their keys are: comparison ignores case, but not `+` suffixes or dots.
#[derive(Clone)]
pub struct EmailAddress {
    exact: String,
    key: String,
}

impl EmailAddress {
    /// Parses an address, without surrounding spaces and tabs: at most 254 bytes of ASCII, a local part of at most 64
    /// without quotes or comments, one `@`, and a domain of at least two labels.
    ///
    /// # Errors
    /// A sentence for the user.
    pub fn parse(text: &str) -> Result<Self, InvalidEmailAddress> {
        let exact = text.trim_matches([' ', '\t']);
        if exact.is_empty() {
            return Err(InvalidEmailAddress("The email address is empty."));
        }
        if exact.len() > MAX_LENGTH {
            return Err(InvalidEmailAddress("An email address has at most 254 characters."));
        }
        if !exact.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidEmailAddress(
                "An email address has only letters a-z, digits and signs: no spaces, line breaks, accents or \
                 look-alike letters.",
            ));
        }
        let Some((local, domain)) = exact.split_once('@').filter(|(_, domain)| !domain.contains('@')) else {
            return Err(InvalidEmailAddress("An email address has exactly one @."));
        };
        check_local_part(local)?;
        check_domain(domain)?;
        Ok(Self { exact: exact.to_owned(), key: exact.to_ascii_lowercase() })
    }

    /// From its two columns. No validation.
    pub fn from_stored(exact: String, key: String) -> Self {
        Self { exact, key }
    }

    /// The original spelling, for sending: only the receiving server knows whether the local part is case-sensitive.
    pub fn as_str(&self) -> &str {
        &self.exact
    }

    /// The canonical lower-case form, for comparison and for API responses.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The part after the `@`, in lower case.
    pub fn domain(&self) -> &str {
        self.key.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The form for logs: the first letter and the domain, as in `n***@example.com`.
    pub fn redacted(&self) -> String {
        match self.key.split_once('@') {
            Some((local, domain)) => format!("{}***@{domain}", local.chars().next().unwrap_or('*')),
            None => "***".to_owned(),
        }
    }
}

fn check_local_part(local: &str) -> Result<(), InvalidEmailAddress> {
    if local.is_empty() || local.len() > MAX_LOCAL_PART_LENGTH {
        return Err(InvalidEmailAddress("An email address has 1 to 64 characters before the @."));
    }
    if local.split('.').any(str::is_empty) {
        return Err(InvalidEmailAddress(
            "Before the @, an email address cannot begin or end with a dot, or have two in a row.",
        ));
    }
    // RFC 5322 also allows `%` and `!`, which some relays interpret as routes, and `=?`, which some programs decode.
    let plain = local.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".#$&'*+-/=?^_`{|}~".contains(&byte));
    if plain && !local.contains("=?") {
        Ok(())
    } else {
        Err(InvalidEmailAddress(
            "Before the @, this email address has a character that mail programs interpret differently.",
        ))
    }
}

fn check_domain(domain: &str) -> Result<(), InvalidEmailAddress> {
    let is_label = |label: &str| {
        (1..=MAX_LABEL_LENGTH).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A last label of digits would be an IPv4 address.
    let is_host = domain.split('.').all(is_label)
        && domain.rsplit_once('.').is_some_and(|(_, last)| !last.bytes().all(|byte| byte.is_ascii_digit()));
    if is_host {
        Ok(())
    } else {
        Err(InvalidEmailAddress("After the @, an email address has a domain name, such as example.com."))
    }
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for EmailAddress {}

impl Hash for EmailAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({})", self.redacted())
    }
}

impl serde::Serialize for EmailAddress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.key)
    }
}

/// The text is no valid email address. `Display` is a sentence for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidEmailAddress(&'static str);

impl fmt::Display for InvalidEmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for InvalidEmailAddress {}

impl From<InvalidEmailAddress> for Problem {
    fn from(InvalidEmailAddress(reason): InvalidEmailAddress) -> Self {
        Code::InvalidEmail.with_message(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parses_ordinary_addresses() {
        for (text, exact, key) in [
            ("nora@example.com", "nora@example.com", "nora@example.com"),
            ("Nora.Example@Example.COM", "Nora.Example@Example.COM", "nora.example@example.com"),
            (" \tnora@example.com\t ", "nora@example.com", "nora@example.com"),
            ("nora+eu@example.com", "nora+eu@example.com", "nora+eu@example.com"),
            ("a@b.c", "a@b.c", "a@b.c"),
            ("1@1.2.x3", "1@1.2.x3", "1@1.2.x3"),
            ("o'brien@mail.example.co.uk", "o'brien@mail.example.co.uk", "o'brien@mail.example.co.uk"),
            ("a#$&'*+-/?=^_`{|}~z@example.com", "a#$&'*+-/?=^_`{|}~z@example.com", "a#$&'*+-/?=^_`{|}~z@example.com"),
            ("x@xn--bcher-kva.example", "x@xn--bcher-kva.example", "x@xn--bcher-kva.example"),
        ] {
            let address = EmailAddress::parse(text).unwrap();
            assert_eq!((address.as_str(), address.key()), (exact, key));
            assert!(key.ends_with(&format!("@{}", address.domain())) && !address.domain().contains('@'));
        }
    }

    #[test]
    fn enforces_length_limits() {
        let longest = format!("{}@{}.{}.{}.ee", "a".repeat(64), "b".repeat(63), "c".repeat(63), "d".repeat(58));
        assert_eq!(longest.len(), 254);
        assert!(EmailAddress::parse(&longest).is_ok());
        assert!(EmailAddress::parse(&format!("{longest}e")).is_err(), "255 bytes");
        assert!(EmailAddress::parse(&format!("{}@example.com", "a".repeat(65))).is_err());
        assert!(EmailAddress::parse(&format!("a@{}.com", "b".repeat(63))).is_ok());
        assert!(EmailAddress::parse(&format!("a@{}.com", "b".repeat(64))).is_err());
        assert!(EmailAddress::parse(&format!("{}@example.com", "a".repeat(1_000_000))).is_err());
    }

    #[test]
    fn rejects_ambiguous_addresses() {
        for text in [
            "",
            " \t ",
            "@",
            "nora",
            "nora@",
            "@example.com",
            "nora\u{ff20}example.com",
            "nora@evil.com\u{ff20}example.com",
            "nora@\u{212a}elvin.com",
            "m\u{131}ke@example.org",
            "mike@example.org\u{131}",
            "\u{430}dmin@example.com",
            "bücher@example.com",
            "x@bücher.example",
            "nora@example\u{3002}com",
            "nora@example.com\u{200b}",
            "\u{feff}nora@example.com",
            "\u{a0}nora@example.com",
            "\"a@b.c \"@example.com",
            "\"xclow3n@gmail.com x\"@internal.example",
            "nora@evil.com@example.com",
            "nora@example.com@",
            "nora@@example.com",
            "@evil.com:nora@example.com",
            "Nora <nora@example.com>",
            "<nora@example.com>",
            "nora@example.com,mallory@evil.com",
            "nora@example.com;mallory@evil.com",
            "nora@example.com mallory@evil.com",
            "group:nora@example.com;",
            "nora\\@evil.com@example.com",
            "a@b.c\r\nBcc: x@y.z",
            "a@b.c\n",
            "\r\na@b.c",
            "a\r@b.c",
            "a@b.c\0",
            "a\0@b.c",
            "a\u{7f}@b.c",
            "a\t@b.c",
        ] {
            assert!(EmailAddress::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn rejects_characters_outside_the_grammar() {
        let locals = ".nora nora. no..ra nora%evil.com evil.com!nora nora(comment) \"nora\" no\\ra mailto:nora n,a n;a n[a \
                      =?utf-8?q?=61=62?= =?iso-8859-1?q?=61=40evil.com=3e=00?=foo =?utf-8?b?YUBiLmM=?=";
        for local in locals.split(' ') {
            assert!(EmailAddress::parse(&format!("{local}@example.com")).is_err(), "{local}");
        }
        let domains = "example .example.com example.com. example..com -example.com example-.com exam_ple.com example.123 \
                       127.0.0.1 [127.0.0.1] [IPv6:::1] ::1 example.com/path example.com:25 (comment)example.com ex%ample.com";
        for domain in domains.split(' ') {
            assert!(EmailAddress::parse(&format!("nora@{domain}")).is_err(), "{domain}");
        }
    }

    #[test]
    fn comparison_ignores_case_but_not_plus_or_dots() {
        let parse = |text| EmailAddress::parse(text).unwrap();
        assert_eq!(parse("Nora@Example.com"), parse("nora@example.COM"));
        assert_ne!(parse("nora+a@example.com"), parse("nora@example.com"));
        assert_ne!(parse("no.ra@example.com"), parse("nora@example.com"));
    }

    #[test]
    fn domain_is_lower_case() {
        assert_eq!(EmailAddress::parse("Nora@Mail.Example.COM").unwrap().domain(), "mail.example.com");
        assert_eq!(EmailAddress::from_stored(String::new(), "broken".to_owned()).domain(), "");
    }

    #[test]
    fn redacts_in_logs_and_serializes_the_key() {
        let address = EmailAddress::parse("Nora.Secret@Example.com").unwrap();
        assert_eq!(address.redacted(), "n***@example.com");
        assert_eq!(format!("{address:?}"), "EmailAddress(n***@example.com)");
        assert_eq!(serde_json::to_string(&address).unwrap(), "\"nora.secret@example.com\"");
        assert_eq!(EmailAddress::from_stored(String::new(), "broken".to_owned()).redacted(), "***");
    }

    #[test]
    fn problem_has_the_reason() {
        let problem = Problem::from(EmailAddress::parse("a@b@c.d").unwrap_err());
        assert_eq!(problem.code(), Code::InvalidEmail);
        assert_eq!(problem.to_string(), "INVALID_EMAIL: An email address has exactly one @.");
    }

    proptest! {
        #[test]
        fn parses_any_text_without_panic(text in any::<String>()) {
            let _ = EmailAddress::parse(&text);
        }

        #[test]
        fn accepts_only_one_line_of_ascii(text in "[ -~\\r\\n\u{ff20}\u{131}]{0,6}@[ -~\\r\\n]{0,6}\\.[a-z\\n]{1,3}") {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert!(address.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert_eq!(address.as_str().matches('@').count(), 1);
            }
        }

        #[test]
        fn parsing_the_key_returns_the_key(text in "[A-Za-z0-9+_-]{1,9}(\\.[A-Za-z0-9+_-]{1,9})?@[A-Za-z0-9]{1,9}\\.[A-Za-z]{1,5}") {
            let address = EmailAddress::parse(&text).unwrap();
            let reparsed = EmailAddress::parse(address.key()).unwrap();
            prop_assert_eq!(reparsed.key(), address.key());
            prop_assert_eq!(&EmailAddress::parse(&text.to_ascii_uppercase()).unwrap(), &address);
            prop_assert_eq!(address.as_str(), text);
        }
    }
}
