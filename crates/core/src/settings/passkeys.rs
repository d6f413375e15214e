//! The relying party of passkeys: the domain that they belong to, and the pages that can use them.

use super::host::is_ipv4_like;
use super::{PublicUrl, Settings};

/// The settings of passkeys. Use [`Settings::passkey_rp_id`].
#[derive(Clone, Debug, Default)]
pub struct Passkeys {
    /// In lower case. `None` for the host of the public URL.
    pub rp_id: Option<String>,
}

impl Settings {
    /// Returns the relying party id (WebAuthn Level 3, 4): the domain to which browsers bind passkeys. `None` if they
    /// offer none at the public URL, because it has an IP address, or neither https nor a host of this machine.
    pub fn passkey_rp_id(&self) -> Option<&str> {
        let host = self.public_url.host();
        can_use_passkeys(&self.public_url).then(|| self.passkeys.rp_id.as_deref().unwrap_or(host))
    }

    /// Returns the origins whose pages can use the passkeys: that of the public URL, and the other allowed ones that
    /// are at the relying party id or below it.
    pub fn passkey_origins(&self) -> Vec<String> {
        let Some(rp_id) = self.passkey_rp_id() else { return Vec::new() };
        let is_usable = |origin: &&str| {
            PublicUrl::parse_origin(origin).is_ok_and(|url| can_use_passkeys(&url) && is_at_or_below(url.host(), rp_id))
        };
        let origins = std::iter::once(self.public_url.origin()).chain(self.other_origins());
        origins.filter(is_usable).map(str::to_owned).collect()
    }
}

/// Whether browsers offer passkeys to pages of a URL: a secure context with a domain.
fn can_use_passkeys(url: &PublicUrl) -> bool {
    let host = url.host();
    !host.starts_with('[') && !is_ipv4_like(host) && (url.is_https() || url.is_loopback())
}

/// Whether a host is a domain or one of its subdomains.
fn is_at_or_below(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(public_url: &str, rp_id: Option<&str>, allowed: &[&str]) -> Settings {
        Settings {
            public_url: PublicUrl::parse(public_url).unwrap(),
            passkeys: Passkeys { rp_id: rp_id.map(str::to_owned) },
            allowed_origins: allowed.iter().map(|origin| (*origin).to_owned()).collect(),
            ..Settings::default()
        }
    }

    #[test]
    fn passkeys_need_a_domain_and_a_secure_context() {
        for (public_url, rp_id, expected) in [
            ("https://join.example.com/auth", None, Some("join.example.com")),
            ("https://join.example.com:8443", Some("example.com"), Some("example.com")),
            ("http://localhost:8080", None, Some("localhost")),
            ("http://join.localhost:8080", None, Some("join.localhost")),
            ("http://join.example.com", None, None),
            ("http://join.example.com", Some("example.com"), None),
            ("http://127.0.0.1:8080", None, None),
            ("https://192.0.2.1", None, None),
            ("https://[2001:db8::1]", None, None),
        ] {
            assert_eq!(settings(public_url, rp_id, &[]).passkey_rp_id(), expected, "{public_url}");
        }
    }

    #[test]
    fn other_origins_use_passkeys_below_the_relying_party_only() {
        let allowed = [
            "https://app.example.com",
            "https://example.com:8443",
            "http://app.example.com",
            "https://app.example.org",
            "https://notexample.com",
            "http://localhost:3000",
        ];
        let origins = settings("https://join.example.com", Some("example.com"), &allowed).passkey_origins();
        assert_eq!(origins, ["https://join.example.com", "https://app.example.com", "https://example.com:8443"]);
        let origins = settings("https://join.example.com/auth", None, &allowed).passkey_origins();
        assert_eq!(origins, ["https://join.example.com"]);
        let origins = settings("http://localhost:8080", None, &allowed).passkey_origins();
        assert_eq!(origins, ["http://localhost:8080", "http://localhost:3000"]);
        assert!(settings("http://127.0.0.1:8080", None, &allowed).passkey_origins().is_empty());
    }
}
