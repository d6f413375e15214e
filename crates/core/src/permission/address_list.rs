//! From where an organization or a workspace lets its members in.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::error::{Problem, Result};

/// The most networks a list may name.
const MOST: usize = 100;

/// Addresses and networks, IPv4 and IPv6. Without any, nobody is kept out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressList(Vec<IpNet>);

impl AddressList {
    /// Reads addresses and networks in CIDR form, each kept once. Error: `INVALID_FIELD`, which names the field.
    pub fn parse(field: &str, texts: &[String]) -> Result<Self> {
        if texts.len() > MOST {
            return Err(Problem::field(field, format_args!("name at most {MOST} addresses and networks.")));
        }
        let mut list = Vec::new();
        for text in texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            let network = network(text).ok_or_else(|| {
                let shown: String = text.chars().filter(char::is_ascii_graphic).take(50).collect();
                Problem::field(field, format_args!("{shown} is no IP address or network, such as 192.0.2.0/24."))
            })?;
            if !list.contains(&network) {
                list.push(network);
            }
        }
        Ok(Self(list))
    }

    /// From the column that the database holds: a JSON array.
    pub fn from_stored(json: &str) -> Self {
        let texts: Vec<String> = serde_json::from_str(json).unwrap_or_default();
        Self(texts.iter().filter_map(|text| network(text)).collect())
    }

    /// Whether somebody at this address may come in where this list is stored, and counts only if it `restricts`.
    pub(crate) fn is_allowed(restricts: bool, stored: &str, address: IpAddr) -> bool {
        !restricts || Self::from_stored(stored).allows(address)
    }

    /// As the database holds it, and as answers show it: an address alone without its length.
    pub fn to_json(&self) -> String {
        let shown = |network: &IpNet| {
            let is_one = network.prefix_len() == network.max_prefix_len();
            if is_one { network.addr().to_string() } else { network.to_string() }
        };
        serde_json::Value::from(self.0.iter().map(shown).collect::<Vec<_>>()).to_string()
    }

    /// Whether somebody at this address may come in.
    pub fn allows(&self, address: IpAddr) -> bool {
        // An IPv4 client of a socket that serves both looks like an IPv6 one.
        let address = address.to_canonical();
        self.0.is_empty() || self.0.iter().any(|network| network.contains(&address))
    }
}

fn network(text: &str) -> Option<IpNet> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()?;
    // 10.1.2.3/8 means 10.0.0.0/8, and is kept as that.
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
    fn members_come_from_where_the_list_says() {
        let list = list(&["192.0.2.7", "10.1.2.3/8", "2001:db8:1::/48", "10.0.0.0/8"]);
        assert_eq!(list.to_json(), r#"["192.0.2.7","10.0.0.0/8","2001:db8:1::/48"]"#);
        for inside in ["192.0.2.7", "10.255.0.1", "2001:db8:1:ffff::1", "::ffff:192.0.2.7"] {
            assert!(list.allows(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["192.0.2.8", "11.0.0.1", "2001:db8:2::1", "::1"] {
            assert!(!list.allows(outside.parse().unwrap()), "{outside}");
        }
        assert_eq!(AddressList::from_stored(&list.to_json()), list);
        assert!(AddressList::default().allows("203.0.113.1".parse().unwrap()), "an empty list keeps nobody out");
    }

    #[test]
    fn what_is_no_address_is_refused_by_name() {
        for wrong in ["10.0.0.0/33", "::/129", "example.com", "10.0.0", "1.2.3.4/", "/8", "10.0.0.1-9", "<b>", "\0"] {
            let refused = AddressList::parse("ips", &[wrong.to_owned()]).unwrap_err();
            assert_eq!(refused.code(), crate::error::Code::InvalidField, "{wrong}");
            assert!(refused.to_string().contains("ips"), "{wrong}");
        }
        assert!(AddressList::parse("ips", &vec!["10.0.0.1".to_owned(); 101]).is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_is_kept(texts in proptest::collection::vec(".{0,40}", 0..8)) {
            if let Ok(list) = AddressList::parse("ips", &texts) {
                prop_assert_eq!(AddressList::from_stored(&list.to_json()), list);
            }
        }
    }
}
