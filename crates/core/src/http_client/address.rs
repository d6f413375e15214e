//! Which addresses are public: global unicast addresses that the special-purpose address registries of IANA (RFC 6890)
//! do not list.
//!
//! Addresses outside of `2000::/3` are not allocated to anyone (RFC 4291, section 2.4), so only what is inside needs a
//! list.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// Why an address is not public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    Unspecified,
    Loopback,
    /// RFC 1918, and unique local addresses (RFC 4193).
    Private,
    LinkLocal,
    /// Of carriers' NAT (RFC 6598), and of many overlay networks.
    Shared,
    Multicast,
    Documentation,
    Benchmarking,
    /// A service with which machines in a cloud get their credentials.
    Metadata,
    /// An IPv4 address behind a translator (RFC 6052).
    Nat64,
    /// Contains an IPv4 address, which a tunnel or this machine may use instead.
    EmbeddedIpv4,
    /// Not allocated, or for the infrastructure of networks.
    Reserved,
}

impl AddressKind {
    /// Its name before the word "address".
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::LinkLocal => "link-local",
            Self::Shared => "shared",
            Self::Multicast => "multicast",
            Self::Documentation => "documentation",
            Self::Benchmarking => "benchmarking",
            Self::Metadata => "metadata",
            Self::Nat64 => "NAT64",
            Self::EmbeddedIpv4 => "IPv4-in-IPv6",
            Self::Reserved => "reserved",
        }
    }

    /// Returns why an address is not public, or `None` if it is.
    pub fn classify(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V4(address) => find(METADATA_V4, |metadata| *metadata == address)
                .or_else(|| find(SPECIAL_V4, |network| network.contains(&address))),
            IpAddr::V6(address) => find(METADATA_V6, |metadata| *metadata == address)
                .or_else(|| find(SPECIAL_V6, |network| network.contains(&address)))
                .or_else(|| (!GLOBAL_UNICAST.contains(&address)).then_some(Self::Reserved)),
        }
    }
}

fn find<T>(table: &[(T, AddressKind)], matches: impl Fn(&T) -> bool) -> Option<AddressKind> {
    table.iter().find(|(entry, _)| matches(entry)).map(|(_, kind)| *kind)
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(segments: [u16; 8], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::from_segments(segments), prefix)
}

/// Clouds document them. That of Azure is in a public network.
const METADATA_V4: &[(Ipv4Addr, AddressKind)] = &[
    (Ipv4Addr::new(169, 254, 169, 254), AddressKind::Metadata), // AWS, Google, Azure and most others
    (Ipv4Addr::new(169, 254, 170, 2), AddressKind::Metadata),   // AWS ECS
    (Ipv4Addr::new(169, 254, 170, 23), AddressKind::Metadata),  // AWS EKS
    (Ipv4Addr::new(168, 63, 129, 16), AddressKind::Metadata),   // Azure
    (Ipv4Addr::new(100, 100, 100, 200), AddressKind::Metadata), // Alibaba
    (Ipv4Addr::new(192, 0, 0, 192), AddressKind::Metadata),     // Oracle
];

const METADATA_V6: &[(Ipv6Addr, AddressKind)] = &[
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), AddressKind::Metadata), // AWS
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23), AddressKind::Metadata),  // AWS EKS
    (Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254), AddressKind::Metadata),  // Google
    (Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42), AddressKind::Metadata),   // Scaleway
];

/// Also the networks that the registry calls globally reachable: they belong to protocols, and no receiver is in them.
const SPECIAL_V4: &[(Ipv4Net, AddressKind)] = &[
    (v4(0, 0, 0, 0, 8), AddressKind::Unspecified),
    (v4(10, 0, 0, 0, 8), AddressKind::Private),
    (v4(100, 64, 0, 0, 10), AddressKind::Shared),
    (v4(127, 0, 0, 0, 8), AddressKind::Loopback),
    (v4(169, 254, 0, 0, 16), AddressKind::LinkLocal),
    (v4(172, 16, 0, 0, 12), AddressKind::Private),
    (v4(192, 0, 0, 0, 24), AddressKind::Reserved), // IETF protocol assignments
    (v4(192, 0, 2, 0, 24), AddressKind::Documentation),
    (v4(192, 31, 196, 0, 24), AddressKind::Reserved), // AS112
    (v4(192, 52, 193, 0, 24), AddressKind::Reserved), // AMT
    (v4(192, 88, 99, 0, 24), AddressKind::Reserved),  // 6to4 relays
    (v4(192, 168, 0, 0, 16), AddressKind::Private),
    (v4(192, 175, 48, 0, 24), AddressKind::Reserved), // AS112
    (v4(198, 18, 0, 0, 15), AddressKind::Benchmarking),
    (v4(198, 51, 100, 0, 24), AddressKind::Documentation),
    (v4(203, 0, 113, 0, 24), AddressKind::Documentation),
    (v4(224, 0, 0, 0, 4), AddressKind::Multicast),
    (v4(240, 0, 0, 0, 4), AddressKind::Reserved), // with the limited broadcast
];

/// All that is allocated.
const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// Networks inside of [`GLOBAL_UNICAST`], and those outside that have a better name than "reserved".
const SPECIAL_V6: &[(Ipv6Net, AddressKind)] = &[
    (v6([0; 8], 128), AddressKind::Unspecified),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), AddressKind::Loopback),
    (v6([0; 8], 96), AddressKind::EmbeddedIpv4), // IPv4-compatible
    (v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96), AddressKind::EmbeddedIpv4), // IPv4-mapped
    (v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96), AddressKind::Nat64),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), AddressKind::EmbeddedIpv4), // local NAT64
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), AddressKind::EmbeddedIpv4),    // Teredo
    (v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48), AddressKind::Benchmarking),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), AddressKind::Documentation),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), AddressKind::Reserved), // IETF protocol assignments
    (v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), AddressKind::EmbeddedIpv4), // 6to4
    (v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), AddressKind::Reserved), // AS112
    (v6([0x3ffe, 0, 0, 0, 0, 0, 0, 0], 16), AddressKind::Reserved), // the former 6bone
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), AddressKind::Documentation),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), AddressKind::Private),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), AddressKind::LinkLocal),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), AddressKind::Private), // site-local
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), AddressKind::Multicast),
];

#[cfg(test)]
mod tests {
    use ipnet::IpNet;
    use proptest::prelude::*;

    use super::*;

    /// The networks of IANA's special-purpose address registries, of its IPv6 address space registry, and of its
    /// multicast registries, as of 2026. Every address in them is refused.
    const REGISTRIES: &[&str] = &[
        "0.0.0.0/8",
        "0.0.0.0/32",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.0.0/29",
        "192.0.0.8/32",
        "192.0.0.9/32",
        "192.0.0.10/32",
        "192.0.0.170/32",
        "192.0.0.171/32",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "255.255.255.255/32",
        "::1/128",
        "::/128",
        "::ffff:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "100:0:0:1::/64",
        "2001::/23",
        "2001::/32",
        "2001:1::1/128",
        "2001:1::2/128",
        "2001:1::3/128",
        "2001:2::/48",
        "2001:3::/32",
        "2001:4:112::/48",
        "2001:10::/28",
        "2001:20::/28",
        "2001:30::/28",
        "2001:db8::/32",
        "2002::/16",
        "2620:4f:8000::/48",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        // Not in the special-purpose registry: outside of the global unicast space, or returned to IANA.
        "::/96",
        "::/3",
        "3ffe::/16",
        "4000::/2",
        "8000::/1",
        "fec0::/10",
        "ff00::/8",
    ];

    /// What is left of the address space.
    fn is_listed(address: IpAddr) -> bool {
        let metadata = ["168.63.129.16"].iter().any(|text| text.parse() == Ok(address));
        metadata || REGISTRIES.iter().any(|network| network.parse::<IpNet>().unwrap().contains(&address))
    }

    #[test]
    fn refuses_every_registered_network_from_its_first_address_to_its_last() {
        for text in REGISTRIES {
            let network: IpNet = text.parse().unwrap();
            for address in [network.network(), network.broadcast()] {
                assert!(AddressKind::classify(address).is_some(), "{address} of {text}");
            }
        }
    }

    #[test]
    fn accepts_the_neighbours_of_networks() {
        for text in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "191.255.255.255",
            "192.0.1.0",
            "192.0.3.0",
            "192.31.195.255",
            "192.52.194.0",
            "192.88.98.255",
            "192.167.255.255",
            "192.169.0.0",
            "192.175.49.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "203.0.114.0",
            "223.255.255.255",
            "168.63.129.15",
            "168.63.129.17",
            "8.8.8.8",
            "2001:200::",
            "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:db9::",
            "2003::",
            "2620:4f:7fff:ffff::",
            "2620:4f:8001::",
            "3ffd:ffff::",
            "3fff:1000::",
            "2606:4700:4700::1111",
            "2a00:1450::1",
        ] {
            assert_eq!(AddressKind::classify(text.parse().unwrap()), None, "{text}");
        }
    }

    #[test]
    fn names_the_kind() {
        for (text, kind) in [
            ("127.0.0.1", AddressKind::Loopback),
            ("::1", AddressKind::Loopback),
            ("0.0.0.0", AddressKind::Unspecified),
            ("::", AddressKind::Unspecified),
            ("169.254.169.254", AddressKind::Metadata),
            ("169.254.169.253", AddressKind::LinkLocal),
            ("168.63.129.16", AddressKind::Metadata),
            ("fd00:ec2::254", AddressKind::Metadata),
            ("fd00:ec2::255", AddressKind::Private),
            ("100.100.100.200", AddressKind::Metadata),
            ("::ffff:8.8.8.8", AddressKind::EmbeddedIpv4),
            ("::8.8.8.8", AddressKind::EmbeddedIpv4),
            ("64:ff9b::8.8.8.8", AddressKind::Nat64),
            ("2002:7f00:1::", AddressKind::EmbeddedIpv4),
            ("2001:0:1::", AddressKind::EmbeddedIpv4),
            ("5f00::1", AddressKind::Reserved),
        ] {
            assert_eq!(AddressKind::classify(text.parse().unwrap()), Some(kind), "{text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_registries_on_ipv4(bits: u32) {
            let address = IpAddr::from(Ipv4Addr::from(bits));
            prop_assert_eq!(AddressKind::classify(address).is_some(), is_listed(address), "{}", address);
        }

        #[test]
        fn agrees_with_the_registries_on_ipv6(bits: u128, is_global: bool) {
            let bits = if is_global { (bits >> 3) | (1 << 125) } else { bits };
            let address = IpAddr::from(Ipv6Addr::from(bits));
            prop_assert_eq!(AddressKind::classify(address).is_some(), is_listed(address), "{}", address);
        }

        #[test]
        fn refuses_any_host_of_a_registered_network(index in 0..REGISTRIES.len(), bits: u128) {
            let address = match REGISTRIES[index].parse::<IpNet>().unwrap() {
                IpNet::V4(network) => {
                    let bits = u32::try_from(bits >> 96).unwrap() & u32::from(network.hostmask());
                    IpAddr::from(Ipv4Addr::from(u32::from(network.network()) | bits))
                }
                IpNet::V6(network) => {
                    IpAddr::from(Ipv6Addr::from(u128::from(network.network()) | (bits & u128::from(network.hostmask()))))
                }
            };
            prop_assert!(AddressKind::classify(address).is_some(), "{}", address);
        }

        /// However an IPv6 address carries an IPv4 one, it is refused: nothing has to be decoded.
        #[test]
        fn refuses_every_ipv6_address_with_an_ipv4_address_in_it(bits: u32) {
            let [a, b] = [u16::try_from(bits >> 16).unwrap(), u16::try_from(bits & 0xffff).unwrap()];
            for segments in [
                [0, 0, 0, 0, 0, 0, a, b],
                [0, 0, 0, 0, 0, 0xffff, a, b],
                [0, 0, 0, 0, 0xffff, 0, a, b],
                [0x64, 0xff9b, 0, 0, 0, 0, a, b],
                [0x64, 0xff9b, 1, a, b, 0, 0, 0],
                [0x2002, a, b, 0, 0, 0, 0, 1],
                [0x2001, 0, a, b, 0, 0, !a, !b],
                [0xfe80, 0, 0, 0, 0, 0x5efe, a, b],
            ] {
                prop_assert!(AddressKind::classify(Ipv6Addr::from(segments).into()).is_some());
            }
        }

        /// The standard library is a second opinion.
        #[test]
        fn refuses_what_the_standard_library_calls_special(bits: u32, network in 0..REGISTRIES.len()) {
            let near = match REGISTRIES[network].parse::<IpNet>().unwrap() {
                IpNet::V4(network) => u32::from(network.network()) ^ (bits & 0xffff),
                IpNet::V6(_) => bits,
            };
            let address = Ipv4Addr::from(near);
            let is_special = address.is_private() || address.is_loopback() || address.is_link_local()
                || address.is_multicast() || address.is_broadcast() || address.is_documentation()
                || address.is_unspecified();
            prop_assert!(!is_special || AddressKind::classify(address.into()).is_some(), "{}", address);
        }
    }
}
