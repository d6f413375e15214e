//! The IP addresses from which an organization or a workspace allows access.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use crate::error::{Problem, Result};
use crate::settings::contains_client;

const MAX_ENTRIES: usize = 100;

/// IPv4 and IPv6 addresses and networks. An empty list allows every address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressList(Vec<IpNet>);

impl AddressList {
    /// Parses addresses and networks in CIDR notation. Duplicates are removed.
    ///
    /// # Errors
    /// `INVALID_FIELD`, with the field's name.
    pub fn parse(field: &str, texts: &[String]) -> Result<Self> {
        if texts.len() > MAX_ENTRIES {
            return Err(Problem::field(field, format_args!("name at most {MAX_ENTRIES} addresses and networks.")));
        }
        let mut list = Vec::new();
        for text in texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            let network = parse_network(text).ok_or_else(|| {
                let shown: String = text.chars().filter(char::is_ascii_graphic).take(50).collect();
                Problem::field(field, format_args!("{shown} is no IP address or network, such as 192.0.2.0/24."))
            })?;
            if !list.contains(&network) {
                list.push(network);
            }
        }
        Ok(Self(list))
    }

    /// From its column, a JSON array.
    pub fn from_stored(json: &str) -> Self {
        let texts: Vec<String> = serde_json::from_str(json).unwrap_or_default();
        Self(texts.iter().filter_map(|text| parse_network(text)).collect())
    }

    /// Whether a stored list allows this address. The list applies only if `is_restricted`.
    pub(crate) fn is_allowed(is_restricted: bool, stored: &str, address: IpAddr) -> bool {
        !is_restricted || Self::from_stored(stored).allows(address)
    }

    /// The stored form, which API responses have too: a JSON array.
    pub fn to_json(&self) -> String {
        serde_json::Value::from(self.texts().collect::<Vec<_>>()).to_string()
    }

    /// The form of a text field: one address or network per line.
    pub fn to_lines(&self) -> String {
        self.texts().collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn to_strings(&self) -> Vec<String> {
        self.texts().collect()
    }

    /// Single addresses have no prefix length.
    fn texts(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|network| {
            let is_single = network.prefix_len() == network.max_prefix_len();
            if is_single { network.addr().to_string() } else { network.to_string() }
        })
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn allows(&self, address: IpAddr) -> bool {
        self.0.is_empty() || contains_client(&self.0, address)
    }
}

/// Parses a network in CIDR notation, or an address as a network of one. Bits of the host are cleared: 10.1.2.3/8 means
/// 10.0.0.0/8. IPv4-mapped IPv6 networks become IPv4, as the addresses of clients do.
pub fn parse_network(text: &str) -> Option<IpNet> {
    let network: IpNet = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()?;
    let network = match network {
        IpNet::V6(mapped) if mapped.prefix_len() >= 96 => match mapped.addr().to_ipv4_mapped() {
            Some(address) => IpNet::V4(Ipv4Net::new(address, mapped.prefix_len() - 96).ok()?),
            None => network,
        },
        _ => network,
    };
    Some(network.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(texts: &[&str]) -> AddressList {
        AddressList::parse("whitelisted_ips", &texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn allows_listed_addresses_only() {
        let list = list(&["192.0.2.7", "10.1.2.3/8", "2001:db8:1::/48", "10.0.0.0/8"]);
        assert_eq!(list.to_json(), r#"["192.0.2.7","10.0.0.0/8","2001:db8:1::/48"]"#);
        for inside in ["192.0.2.7", "10.255.0.1", "2001:db8:1:ffff::1", "::ffff:192.0.2.7"] {
            assert!(list.allows(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["192.0.2.8", "11.0.0.1", "2001:db8:2::1", "::1"] {
            assert!(!list.allows(outside.parse().unwrap()), "{outside}");
        }
        assert_eq!(AddressList::from_stored(&list.to_json()), list);
        assert!(AddressList::default().allows("203.0.113.1".parse().unwrap()), "an empty list allows every address");
    }

    #[test]
    fn rejects_invalid_addresses() {
        for invalid in ["10.0.0.0/33", "::/129", "example.com", "10.0.0", "1.2.3.4/", "/8", "10.0.0.1-9", "<b>", "\0"] {
            let problem = AddressList::parse("ips", &[invalid.to_owned()]).unwrap_err();
            assert_eq!(problem.code(), crate::error::Code::InvalidField, "{invalid}");
            assert!(problem.to_string().contains("ips"), "{invalid}");
        }
        assert!(AddressList::parse("ips", &vec!["10.0.0.1".to_owned(); 101]).is_err());
    }

    proptest! {
        #[test]
        fn parses_any_text_and_round_trips(texts in proptest::collection::vec(".{0,40}", 0..8)) {
            if let Ok(list) = AddressList::parse("ips", &texts) {
                prop_assert_eq!(AddressList::from_stored(&list.to_json()), list);
            }
        }
    }
}
