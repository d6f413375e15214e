//! The settings of the requests that the server sends to other servers.

use std::fmt;
use std::time::Duration;

use ipnet::IpNet;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::host::{is_host_name, is_ipv4_like};

/// The destinations that are reachable although their addresses are not public, and the certificates that are trusted
/// although no public authority issued them.
#[derive(Clone, Debug)]
pub struct HttpClient {
    pub allowed_networks: Vec<IpNet>,
    pub allowed_hosts: Vec<AllowedHost>,
    /// They are trusted besides the system's certificate authorities.
    pub certificates: TrustedCertificates,
    /// For a whole request to an identity provider, for which a person waits. It is no key of the configuration.
    pub provider_timeout: Duration,
}

impl Default for HttpClient {
    fn default() -> Self {
        Self {
            allowed_networks: Vec::new(),
            allowed_hosts: Vec::new(),
            certificates: TrustedCertificates::default(),
            provider_timeout: Duration::from_secs(5),
        }
    }
}

/// A host whose addresses may be private.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost {
    name: String,
    /// `None` for every port.
    port: Option<u16>,
}

impl AllowedHost {
    /// Parses a host name in ASCII, with an optional port. `None` for an address: networks have a setting of their own.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, port) = match text.split_once(':') {
            Some((name, port)) => (name, Some(port.parse().ok().filter(|port| *port > 0)?)),
            None => (text, None),
        };
        let name = name.to_ascii_lowercase();
        (is_host_name(&name) && !is_ipv4_like(&name)).then_some(Self { name, port })
    }

    /// `name` is in lower case.
    pub fn contains(&self, name: &str, port: u16) -> bool {
        self.name == name && self.port.is_none_or(|allowed| allowed == port)
    }
}

/// Certificates of authorities, or of single servers.
#[derive(Clone, Default)]
pub struct TrustedCertificates(Vec<CertificateDer<'static>>);

impl TrustedCertificates {
    /// Parses PEM with at least one certificate.
    ///
    /// # Errors
    /// What is wrong, as a part of a sentence.
    pub fn parse_pem(pem: &[u8]) -> Result<Self, String> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let certificates = certificates.map_err(|error| format!("is no PEM file: {error}"))?;
        if certificates.is_empty() {
            return Err("has no certificate in PEM format".to_owned());
        }
        let mut store = RootCertStore::empty();
        for certificate in &certificates {
            store.add(certificate.clone()).map_err(|error| format!("has an unusable certificate: {error}"))?;
        }
        Ok(Self(certificates))
    }

    pub(crate) fn as_slice(&self) -> &[CertificateDer<'static>] {
        &self.0
    }
}

impl fmt::Debug for TrustedCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustedCertificates({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowed_host_is_a_name_with_an_optional_port() {
        let host = AllowedHost::parse("Hooks.Internal").unwrap();
        assert!(host.contains("hooks.internal", 443) && host.contains("hooks.internal", 8443));
        assert!(!host.contains("a.hooks.internal", 443) && !host.contains("internal", 443));
        let host = AllowedHost::parse("hooks:8443").unwrap();
        assert!(host.contains("hooks", 8443) && !host.contains("hooks", 443));
        for invalid in ["", "10.0.0.1", "0x7f.1", "::1", "[::1]", "a:", "a:0", "a:65536", "a.", "https://a", "a/b", "ä"]
        {
            assert_eq!(AllowedHost::parse(invalid), None, "{invalid}");
        }
    }

    #[test]
    fn certificates_are_pem() {
        let made = rcgen::generate_simple_self_signed(vec!["hooks.internal".to_owned()]).unwrap();
        let pem = made.cert.pem();
        assert_eq!(TrustedCertificates::parse_pem(pem.as_bytes()).unwrap().as_slice().len(), 1);
        assert_eq!(TrustedCertificates::parse_pem(pem.repeat(2).as_bytes()).unwrap().as_slice().len(), 2);
        let key = made.signing_key.serialize_pem();
        let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (invalid, reason) in
            [("", "no certificate"), (key.as_str(), "no certificate"), (garbage, "unusable"), (&pem[..60], "PEM")]
        {
            let error = TrustedCertificates::parse_pem(invalid.as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
