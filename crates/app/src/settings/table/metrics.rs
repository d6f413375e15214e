//! The section `metrics`: the metrics for Prometheus.

use super::super::parse::network;
use super::super::setting::{DefaultValue, Setting, ValueKind};
use crate::listener::ListenAddress;

pub(super) static METRICS: &[Setting] = &[
    Setting {
        path: "metrics.listen",
        description: "The address of the metrics for Prometheus (/metrics). Not for the internet. Empty: off.",
        expected: "an IP address and a port, or unix: and the absolute path of a socket, or empty",
        example: "127.0.0.1:9464",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Text,
        set: |loaded, text| {
            loaded.metrics_listen = if text.is_empty() { None } else { Some(ListenAddress::parse(text)?) };
            Some(())
        },
    },
    Setting {
        path: "metrics.allowed_networks",
        description: "Clients that get the metrics, by their address. Empty for all.",
        expected: "a list of IP addresses and networks in CIDR notation",
        example: "127.0.0.1,10.0.0.0/8",
        default: DefaultValue::Literal(""),
        kind: ValueKind::List(|loaded| loaded.settings.metrics.allowed_networks.clear()),
        set: |loaded, text| {
            loaded.settings.metrics.allowed_networks.push(network(text)?);
            Some(())
        },
    },
];
