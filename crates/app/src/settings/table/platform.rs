//! The section `platform`: the API for backends.

use super::super::parse::{network, number};
use super::super::setting::{DefaultValue, Setting, ValueKind};
use super::store;
use crate::listener::ListenAddress;

pub(super) static PLATFORM: &[Setting] = &[
    Setting {
        path: "platform.listen",
        description: "The address of the API for backends, which takes API keys. Not for the internet. Empty: off.",
        expected: "an IP address and a port, or unix: and the absolute path of a socket, or empty",
        example: "127.0.0.1:8081",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Text,
        set: |loaded, text| {
            let address = if text.is_empty() { None } else { Some(ListenAddress::parse(text)?) };
            loaded.settings.platform.is_on = address.is_some();
            loaded.platform_listen = address;
            Some(())
        },
    },
    Setting {
        path: "platform.allowed_networks",
        description: "Clients that reach the API for backends, by their address. Empty for all.",
        expected: "a list of IP addresses and networks in CIDR notation",
        example: "127.0.0.1,10.0.0.0/8",
        default: DefaultValue::Literal(""),
        kind: ValueKind::List(|loaded| loaded.settings.platform.allowed_networks.allowed_networks.clear()),
        set: |loaded, text| {
            loaded.settings.platform.allowed_networks.allowed_networks.push(network(text)?);
            Some(())
        },
    },
    Setting {
        path: "platform.requests_per_key",
        description: "Requests of one API key in a minute at one process. 0: no limit.",
        expected: "a whole number from 0 to 10000000",
        example: "60000",
        default: DefaultValue::Literal("6000"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.platform.requests_per_key, number(text, 0..=10_000_000)),
    },
];
