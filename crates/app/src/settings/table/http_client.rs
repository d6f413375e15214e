//! The section `http_client`: requests to servers that users name.

use vestibule_core::settings::AllowedHost;

use super::super::parse::{network, optional_path};
use super::super::setting::{DefaultValue, Setting, ValueKind};

pub(super) static HTTP_CLIENT: &[Setting] = &[
    Setting {
        path: "http_client.allowed_networks",
        description: "Networks that webhooks and other requests may reach although they are not public.",
        expected: "a list of IP addresses and networks in CIDR notation",
        example: "10.20.0.0/16,fd12:3456:789a::/48",
        default: DefaultValue::Literal(""),
        kind: ValueKind::List(|loaded| loaded.settings.http_client.allowed_networks.clear()),
        set: |loaded, text| {
            loaded.settings.http_client.allowed_networks.push(network(text)?);
            Some(())
        },
    },
    Setting {
        path: "http_client.allowed_hosts",
        description: "Hosts that these requests may reach although their addresses are not public.",
        expected: "a list of host names, each with an optional port",
        example: "hooks.internal.example.com:8443",
        default: DefaultValue::Literal(""),
        kind: ValueKind::List(|loaded| loaded.settings.http_client.allowed_hosts.clear()),
        set: |loaded, text| {
            loaded.settings.http_client.allowed_hosts.push(AllowedHost::parse(text)?);
            Some(())
        },
    },
    Setting {
        path: "http_client.ca_file",
        description: "PEM certificates that these requests trust, besides the system's certificate authorities.",
        expected: "a file path, or empty",
        example: "/etc/ssl/internal-ca.pem",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Path,
        set: |loaded, text| optional_path(&mut loaded.http_ca_file, text),
    },
];
