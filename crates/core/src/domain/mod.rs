//! Domains: that an organization says, and proves by DNS, that the addresses of a domain are its people's; and what those
//! people may do with it.
//!
//! Two proofs meet before anybody comes in: the organization's of the domain, and the person's of their own address.
//! Neither a claimed domain nor a claimed address counts for anything.

mod claim;
mod join;
pub(crate) mod sql;
mod verify;

use std::fmt;

pub use claim::{Add, Delete, List, Update};
pub use join::{Join, JoinOutcome, Joinable, ListJoinable};
pub(crate) use join::{auto_join, let_in};
pub use sql::Domain;
pub use verify::verify;

use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use vestibule_db::{Argument, Cell, Column, Kind, Value};

/// Where anybody can have an address: whoever shares one is nobody's colleague for that.
const PUBLIC: &[&str] = &[
    "126.com",
    "163.com",
    "aol.com",
    "att.net",
    "bk.ru",
    "bluewin.ch",
    "btinternet.com",
    "comcast.net",
    "duck.com",
    "fastmail.com",
    "fastmail.fm",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hey.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.de",
    "hotmail.fr",
    "icloud.com",
    "inbox.lv",
    "inbox.ru",
    "laposte.net",
    "libero.it",
    "list.ru",
    "live.com",
    "live.de",
    "mac.com",
    "mail.com",
    "mail.de",
    "mail.ru",
    "me.com",
    "msn.com",
    "naver.com",
    "o2.pl",
    "online.de",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "outlook.fr",
    "pm.me",
    "posteo.de",
    "proton.me",
    "protonmail.ch",
    "protonmail.com",
    "qq.com",
    "rambler.ru",
    "rocketmail.com",
    "sbcglobal.net",
    "seznam.cz",
    "sina.com",
    "t-online.de",
    "tuta.com",
    "tutamail.com",
    "tutanota.com",
    "tutanota.de",
    "verizon.net",
    "wanadoo.fr",
    "web.de",
    "wp.pl",
    "yahoo.co.jp",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.de",
    "yahoo.fr",
    "yandex.com",
    "yandex.ru",
    "ymail.com",
    "zoho.com",
];

/// A domain, as it stands behind the `@` of an address's key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DomainName(String);

impl DomainName {
    /// Reads a domain by the grammar of addresses: ASCII, at least two labels, no number in the place of the last one. A
    /// name with other letters is written as it stands in DNS (`xn--…`), so that look-alikes look like nothing.
    ///
    /// Errors: `INVALID_DOMAIN`; `DOMAIN_IS_PUBLIC` for where anybody can have an address, and below it.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim().trim_end_matches('.');
        let address = EmailAddress::parse(&format!("x@{text}")).map_err(|_| Code::InvalidDomain)?;
        let domain = address.key().split_once('@').map_or("", |(_, domain)| domain);
        let is_number = domain.rsplit('.').next().is_none_or(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
        if is_number {
            return Err(Code::InvalidDomain.into());
        }
        let is_public =
            |public: &str| domain.strip_suffix(public).is_some_and(|before| before.is_empty() || before.ends_with('.'));
        if PUBLIC.iter().copied().any(is_public) {
            return Err(Code::DomainIsPublic.into());
        }
        Ok(Self(domain.to_owned()))
    }

    /// The domain of an address.
    pub fn of(key: &str) -> &str {
        key.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the TXT record stands that proves it (contract B.0.7).
    pub fn record_name(domain: &str) -> String {
        format!("_wc-verification.{domain}")
    }
}

/// What people with a verified address of a verified domain may do who are no members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joining {
    /// Nothing.
    None,
    /// Ask, and somebody who manages members says yes or no.
    Request,
    /// Come in, if they like.
    Join,
    /// They come in by themselves, the first time they sign in.
    Auto,
}

impl Joining {
    /// As it is stored, and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Request => "request",
            Self::Join => "join",
            Self::Auto => "auto",
        }
    }

    /// Reads the word of a field. Error: `INVALID_FIELD`.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        let all = [Self::None, Self::Request, Self::Join, Self::Auto];
        let found = all.into_iter().find(|one| one.as_str() == text);
        found.ok_or_else(|| crate::error::Problem::field(field, "write none, request, join or auto."))
    }
}

impl fmt::Display for Joining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Column for Joining {
    fn read(cell: Cell<'_>) -> Option<Self> {
        let text = String::read(cell)?;
        [Self::None, Self::Request, Self::Join, Self::Auto].into_iter().find(|one| one.as_str() == text)
    }
}

impl Argument for Joining {
    type Given<'a> = Self;
    const KIND: Kind = Kind::Text;
    fn value(given: Self::Given<'_>) -> Value<'_> {
        Value::Text(given.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_domain_is_one_that_somebody_can_own() {
        assert_eq!(DomainName::parse(" Acme.Example. ").unwrap().as_str(), "acme.example");
        assert_eq!(DomainName::parse("xn--bcher-kva.example").unwrap().as_str(), "xn--bcher-kva.example");
        let long = format!("{}.example", "a".repeat(250));
        for wrong in [
            "",
            ".",
            "acme",
            "127.0.0.1",
            "[::1]",
            "acme.1",
            "b\u{fc}cher.example",
            "a b.example",
            "-a.example",
            &long,
            "acme..example",
            "x@acme.example",
            "https://acme.example",
            "acme.example/x",
            "*.example",
            "_dmarc.example",
            "\u{430}cme.example",
        ] {
            assert_eq!(DomainName::parse(wrong).unwrap_err().code(), Code::InvalidDomain, "{wrong}");
        }
        for public in ["gmail.com", "GMAIL.com", "x.gmail.com", "web.de"] {
            assert_eq!(DomainName::parse(public).unwrap_err().code(), Code::DomainIsPublic, "{public}");
        }
        assert!(DomainName::parse("notgmail.com").is_ok());
        assert!(PUBLIC.is_sorted());
    }

    proptest! {
        #[test]
        fn what_is_a_domain_is_the_domain_of_an_address(text in "[a-zA-Z0-9.-]{1,40}") {
            if let Ok(domain) = DomainName::parse(&text) {
                let address = EmailAddress::parse(&format!("nina@{}", domain.as_str())).unwrap();
                prop_assert_eq!(DomainName::of(address.key()), domain.as_str());
            }
        }

        #[test]
        fn nothing_makes_it_panic(text in ".*") {
            let _ = DomainName::parse(&text);
        }
    }
}
