//! Which destinations requests may have: public addresses, and what the operator allows besides.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::address::AddressKind;
use crate::settings::{AllowedHost, Mode, Settings};

/// The destinations that the settings allow.
#[derive(Clone, Debug)]
pub struct DestinationPolicy {
    allowed_networks: Vec<IpNet>,
    allowed_hosts: Vec<AllowedHost>,
    /// Whether URLs may name this machine: only during development, when nobody else can reach the server. Otherwise any
    /// user could send requests to the other servers of the machine.
    allows_loopback: bool,
    /// Whether URLs of this machine, if they are allowed, may have the scheme http.
    pub(super) allows_http_on_loopback: bool,
}

/// The host of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// In lower case and in ASCII, without a dot at its end.
    Name(String),
    Address(IpAddr),
}

/// An address that requests must not reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockedAddress {
    pub address: IpAddr,
    pub kind: AddressKind,
}

impl fmt::Display for BlockedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is a {} address", self.address, self.kind.as_str())
    }
}

impl Host {
    /// The addresses of a host that no DNS server is asked about: an address, and `localhost` (RFC 6761, section 6.3).
    pub(super) fn known_addresses(&self) -> Option<Vec<IpAddr>> {
        match self {
            Self::Address(address) => Some(vec![*address]),
            Self::Name(name) if name == "localhost" || name.ends_with(".localhost") => {
                Some(vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()])
            }
            Self::Name(_) => None,
        }
    }

    /// Whether its name alone says that it is this machine.
    pub(super) fn is_loopback(&self) -> bool {
        self.known_addresses().is_some_and(|addresses| addresses.iter().all(IpAddr::is_loopback))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl DestinationPolicy {
    pub fn new(settings: &Settings) -> Self {
        Self {
            allowed_networks: settings.http_client.allowed_networks.clone(),
            allowed_hosts: settings.http_client.allowed_hosts.clone(),
            allows_loopback: settings.mode != Mode::Production && settings.public_url.is_loopback(),
            allows_http_on_loopback: settings.mode != Mode::Production,
        }
    }

    /// Checks an address of a host.
    ///
    /// # Errors
    /// It is not public, and the settings do not allow it.
    pub(super) fn check(&self, host: &Host, port: u16, address: IpAddr) -> Result<(), BlockedAddress> {
        let Some(kind) = AddressKind::classify(address) else { return Ok(()) };
        let is_allowed = match kind {
            // No receiver has such an address; on some systems 0.0.0.0 is this machine.
            AddressKind::Unspecified | AddressKind::Multicast | AddressKind::EmbeddedIpv4 => false,
            // Only by an entry of its own, so that no larger network gives the credentials of the machine away.
            AddressKind::Metadata => self.allowed_networks.contains(&IpNet::from(address)),
            AddressKind::Nat64 => {
                self.is_in_allowed_network(address) && self.is_translation_allowed(host, port, address)
            }
            _ => {
                self.is_in_allowed_network(address)
                    || self.is_allowed_host(host, port)
                    || (self.allows_loopback && kind == AddressKind::Loopback && host.is_loopback())
            }
        };
        if is_allowed { Ok(()) } else { Err(BlockedAddress { address, kind }) }
    }

    fn is_in_allowed_network(&self, address: IpAddr) -> bool {
        self.allowed_networks.iter().any(|network| network.contains(&address))
    }

    fn is_allowed_host(&self, host: &Host, port: u16) -> bool {
        let Host::Name(name) = host else { return false };
        self.allowed_hosts.iter().any(|allowed| allowed.contains(name, port))
    }

    /// Whether the IPv4 address that a translator connects to is allowed too: the last 32 bits (RFC 6052, section 2.2).
    fn is_translation_allowed(&self, host: &Host, port: u16, address: IpAddr) -> bool {
        let IpAddr::V6(address) = address else { return false };
        let [.., a, b, c, d] = address.octets();
        self.check(host, port, Ipv4Addr::new(a, b, c, d).into()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permission::parse_network;
    use crate::settings::PublicUrl;

    fn policy(networks: &[&str], hosts: &[&str], mode: Mode) -> DestinationPolicy {
        policy_at("http://localhost:8080", networks, hosts, mode)
    }

    fn policy_at(public_url: &str, networks: &[&str], hosts: &[&str], mode: Mode) -> DestinationPolicy {
        let public_url = PublicUrl::parse(public_url).unwrap();
        let mut settings = Settings { mode, public_url, ..Settings::default() };
        settings.http_client.allowed_networks = networks.iter().map(|text| parse_network(text).unwrap()).collect();
        settings.http_client.allowed_hosts = hosts.iter().map(|text| AllowedHost::parse(text).unwrap()).collect();
        DestinationPolicy::new(&settings)
    }

    fn allows(policy: &DestinationPolicy, host: &str, address: &str) -> bool {
        let host = host.parse().map_or_else(|_| Host::Name(host.to_owned()), Host::Address);
        policy.check(&host, 443, address.parse().unwrap()).is_ok()
    }

    #[test]
    fn allows_only_public_addresses_by_default() {
        let policy = policy(&[], &[], Mode::Production);
        assert!(allows(&policy, "a.example", "93.184.215.14") && allows(&policy, "a.example", "2606:4700::1"));
        for address in ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "::ffff:93.184.215.14", "0.0.0.0"] {
            assert!(!allows(&policy, "a.example", address), "{address}");
            assert!(!allows(&policy, address, address), "{address}");
        }
        assert!(!allows(&policy, "localhost", "127.0.0.1"));
    }

    #[test]
    fn allowed_networks_contain_no_metadata_service_unless_they_name_it() {
        let wide = policy(&["0.0.0.0/0", "::/0"], &[], Mode::Production);
        for address in ["10.0.0.1", "127.0.0.1", "169.254.1.1", "100.64.0.1", "fd00::1", "fe80::1"] {
            assert!(allows(&wide, "a.example", address), "{address}");
        }
        for address in [
            "169.254.169.254",
            "168.63.129.16",
            "100.100.100.200",
            "fd00:ec2::254",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "2002:a00:1::",
        ] {
            assert!(!allows(&wide, "a.example", address), "{address}");
        }
        let named = policy(&["169.254.169.254"], &[], Mode::Production);
        assert!(allows(&named, "a.example", "169.254.169.254") && !allows(&named, "a.example", "169.254.170.2"));
    }

    #[test]
    fn allowed_nat64_network_leads_to_allowed_ipv4_addresses_only() {
        let policy = policy(&["64:ff9b::/96", "10.0.0.0/8"], &[], Mode::Production);
        assert!(
            allows(&policy, "a.example", "64:ff9b::93.184.215.14") && allows(&policy, "a.example", "64:ff9b::10.0.0.1")
        );
        assert!(!allows(&policy, "a.example", "64:ff9b::127.0.0.1"));
        assert!(!allows(&policy, "a.example", "64:ff9b::169.254.169.254"));
    }

    #[test]
    fn allowed_host_may_have_private_addresses() {
        let policy = policy(&[], &["hooks.internal", "other.internal:8443"], Mode::Production);
        assert!(allows(&policy, "hooks.internal", "10.0.0.1") && allows(&policy, "hooks.internal", "::1"));
        assert!(!allows(&policy, "hooks.internal", "169.254.169.254") && !allows(&policy, "hooks.internal", "0.0.0.0"));
        assert!(!allows(&policy, "other.internal", "10.0.0.1"), "the port is another one");
        assert!(!allows(&policy, "a.hooks.internal", "10.0.0.1"));
    }

    #[test]
    fn development_reaches_this_machine_by_its_own_names() {
        let policy = policy(&[], &[], Mode::Staging);
        for host in ["localhost", "app.localhost", "127.0.0.1"] {
            assert!(allows(&policy, host, "127.0.0.1"), "{host}");
        }
        assert!(allows(&policy, "localhost", "::1") && allows(&policy, "127.8.0.1", "127.8.0.1"));
        assert!(!allows(&policy, "a.example", "127.0.0.1"), "a name in DNS that points here");
        assert!(!allows(&policy, "localhost", "10.0.0.1") && !allows(&policy, "localhost.example", "127.0.0.1"));
    }

    #[test]
    fn staging_that_others_can_reach_does_not_reach_this_machine_unless_it_is_allowed() {
        for public_url in ["https://staging.example.com", "http://192.168.1.2:8080", "https://localhost.example.com"] {
            let policy = policy_at(public_url, &[], &[], Mode::Staging);
            for (host, address) in [("localhost", "::1"), ("app.localhost", "127.0.0.1"), ("127.0.0.1", "127.0.0.1")] {
                assert!(!allows(&policy, host, address), "{public_url} {host}");
            }
        }
        let allowed = policy_at("https://staging.example.com", &["127.0.0.1"], &["app.localhost"], Mode::Staging);
        assert!(allows(&allowed, "127.0.0.1", "127.0.0.1") && allows(&allowed, "app.localhost", "::1"));
        assert!(!allows(&allowed, "127.0.0.2", "127.0.0.2") && !allows(&allowed, "localhost", "::1"));
        for public_url in ["http://127.8.0.1:8080", "http://[::1]:8080", "https://app.localhost"] {
            assert!(allows(&policy_at(public_url, &[], &[], Mode::Staging), "localhost", "::1"), "{public_url}");
        }
    }
}
