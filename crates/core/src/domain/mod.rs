//! Domains: an organization claims an email domain, proves by DNS that it owns it, and chooses how people with an
//! address of that domain can join.
//!
//! Joining takes two proofs: the organization has verified the domain, and the user has verified the address. An
//! unverified domain or address has no effect.

mod claim;
mod join;
pub(crate) mod sql;
mod verify;

use crate::email_address::EmailAddress;
use crate::error::{Code, Result};

pub use crate::settings::JoinPolicy;
pub use claim::{Add, Delete, List, Update};
pub use join::{Join, JoinOutcome, ListJoinable};
pub(crate) use join::{auto_join, auto_join_inactive, auto_join_new_user, join_approved};
pub use sql::{Domain, JoinableOrganization};
pub use verify::{VERIFY_ERRORS, verify};

/// Domains of mail providers where anyone can get an address. Sorted; no organization can claim them or their
/// subdomains.
const PUBLIC_DOMAINS: &[&str] = &[
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

/// A domain in the form that it has in an address key: lower-case ASCII.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DomainName(String);

impl DomainName {
    /// Parses a domain by the grammar of [`EmailAddress`]: ASCII, at least two labels, and a last label that is not a
    /// number. Internationalized names have to be in their ASCII form (`xn--…`), so that look-alikes are visible.
    ///
    /// # Errors
    /// `INVALID_DOMAIN`; `DOMAIN_IS_PUBLIC` for the domain of a mail provider or a subdomain of it.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim().trim_end_matches('.');
        let address = EmailAddress::parse(&format!("x@{text}")).map_err(|_| Code::InvalidDomain)?;
        let domain = domain_part(address.key());
        let is_number = domain.rsplit('.').next().is_none_or(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
        if is_number {
            return Err(Code::InvalidDomain.into());
        }
        let is_public =
            |public: &str| domain.strip_suffix(public).is_some_and(|prefix| prefix.is_empty() || prefix.ends_with('.'));
        if PUBLIC_DOMAINS.iter().copied().any(is_public) {
            return Err(Code::DomainIsPublic.into());
        }
        Ok(Self(domain.to_owned()))
    }

    /// The domain as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The DNS name of the TXT record that proves the ownership of `domain`.
    pub fn record_name(domain: &str) -> String {
        format!("_vestibule-verification.{domain}")
    }

    /// The name that earlier versions showed. Its record proves the ownership too.
    pub(crate) fn former_record_name(domain: &str) -> String {
        format!("_wc-verification.{domain}")
    }
}

/// The domain of an address key.
fn domain_part(key: &str) -> &str {
    key.rsplit_once('@').map_or("", |(_, domain)| domain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parses_domains_that_an_organization_can_own() {
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
        assert!(PUBLIC_DOMAINS.is_sorted());
    }

    proptest! {
        #[test]
        fn parsed_domain_is_the_domain_of_its_addresses(text in "[a-zA-Z0-9.-]{1,40}") {
            if let Ok(domain) = DomainName::parse(&text) {
                let address = EmailAddress::parse(&format!("nina@{}", domain.as_str())).unwrap();
                prop_assert_eq!(domain_part(address.key()), domain.as_str());
            }
        }

        #[test]
        fn parse_never_panics(text in ".*") {
            let _ = DomainName::parse(&text);
        }
    }
}
