//! Every setting, in the order of the reference.
//!
//! A derived default can depend only on settings above it; for example, `key_file` depends on `database`.

use std::net::SocketAddr;
use std::path::Path;

use vestibule_core::settings::{ForwardedHeader, Mode, PublicUrl, SignUpMode};

mod application;
mod audit;
mod authentication;
pub(super) mod branding;
mod challenge;
mod http_client;
mod mail;
mod metrics;
mod organizations;
mod platform;
mod rate_limits;
mod social;
mod storage;
mod webhooks;

use super::load::Environment;
use super::parse::{database, duration, file_path, network, number, optional_path, public_url};
use super::setting::{DefaultValue, Setting, ValueKind};
use super::{LoadedSettings, LogFormat};
use crate::listener::ListenAddress;
use crate::telemetry;

/// Stores a parsed value.
fn store<T>(target: &mut T, value: Option<T>) -> Option<()> {
    *target = value?;
    Some(())
}

/// Returns the path of `name` in the directory of the SQLite file, or with PostgreSQL in the default data directory.
fn in_data_dir(loaded: &LoadedSettings, environment: &Environment, name: &str) -> Option<String> {
    let dir = match loaded.database.file() {
        Some(file) => file.parent().unwrap_or(Path::new("")).to_owned(),
        None => environment.data_dir.as_ref()?.join("vestibule"),
    };
    dir.join(name).to_str().map(str::to_owned)
}

fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Returns every setting, in order.
pub(crate) fn settings() -> impl Iterator<Item = &'static Setting> {
    let sections = [
        GENERAL,
        application::APPLICATION,
        branding::BRANDING,
        authentication::AUTHENTICATION,
        social::SOCIAL,
        challenge::CHALLENGE,
        platform::PLATFORM,
        metrics::METRICS,
        organizations::ORGANIZATIONS,
        rate_limits::RATE_LIMITS,
        mail::MAIL,
        storage::STORAGE,
        http_client::HTTP_CLIENT,
        audit::AUDIT,
        webhooks::WEBHOOKS,
    ];
    sections.into_iter().flatten()
}

/// Settings of the server, and of its accounts.
pub(super) static GENERAL: &[Setting] = &[
    Setting {
        path: "database",
        description: "The SQLite file, created if it does not exist, or the URL of a PostgreSQL database.",
        expected: "a file path, or postgres://user@host:port/name",
        example: "/var/lib/vestibule/vestibule.db",
        default: DefaultValue::Derived("vestibule/vestibule.db in the user's data directory", |_, environment| {
            environment.data_dir.as_ref()?.join("vestibule/vestibule.db").to_str().map(str::to_owned)
        }),
        kind: ValueKind::Path,
        set: |loaded, text| store(&mut loaded.database, database(text)),
    },
    Setting {
        path: "database_password_file",
        description: "A file that contains only the PostgreSQL password, for a URL without one.",
        expected: "a file path, or empty",
        example: "/run/secrets/postgres",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Path,
        set: |loaded, text| optional_path(&mut loaded.database_password_file, text),
    },
    Setting {
        path: "database_max_connections",
        description: "The maximum number of connections of this process to PostgreSQL. Not used with SQLite.",
        expected: "a whole number from 1 to 1000",
        example: "32",
        default: DefaultValue::Literal("16"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.postgres.max_connections, number(text, 1..=1000)),
    },
    Setting {
        path: "database_max_writes_per_commit",
        description: "The maximum number of SQLite writes that share a commit and its sync to disk. Durability is the same.",
        expected: "a whole number from 1 to 1000",
        example: "1",
        default: DefaultValue::Literal("64"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.max_writes_per_commit, number(text, 1..=1000)),
    },
    Setting {
        path: "key_file",
        description: "The master key, created for a new database. Back it up separately. All processes use the same key.",
        expected: "a file path",
        example: "/var/lib/vestibule/master.key",
        default: DefaultValue::Derived(
            "master.key next to the SQLite file, or in vestibule in the user's data directory",
            |loaded, environment| in_data_dir(loaded, environment, "master.key"),
        ),
        kind: ValueKind::Path,
        set: |loaded, text| store(&mut loaded.key_file, file_path(text)),
    },
    Setting {
        path: "operator_socket",
        description: "A Unix socket: operator commands reach the running server by it. Empty: none. SQLite only.",
        expected: "a file path, or empty",
        example: "/run/vestibule/operator.sock",
        default: DefaultValue::Derived("the path of the SQLite file with .sock, or empty", |loaded, _| {
            let mut socket = loaded.database.file().map_or_else(Default::default, |file| file.as_os_str().to_owned());
            if !socket.is_empty() {
                socket.push(".sock");
            }
            socket.into_string().ok()
        }),
        kind: ValueKind::Path,
        set: |loaded, text| optional_path(&mut loaded.operator_socket, text),
    },
    Setting {
        path: "listen",
        description: "The address and port, or the Unix socket (unix:/path), to listen on. Behind a local proxy, use loopback.",
        expected: "an IP address and a port, or unix: and the absolute path of a socket",
        example: "127.0.0.1:8080",
        default: DefaultValue::Literal("127.0.0.1:8080"),
        kind: ValueKind::Text,
        set: |loaded, text| store(&mut loaded.listen, ListenAddress::parse(text)),
    },
    Setting {
        path: "listen_mode",
        description: "The permissions of the Unix socket of listen, in octal. The proxy needs to write to it. Not for TCP.",
        expected: "three octal digits that let the owner read and write, such as 660",
        example: "600",
        default: DefaultValue::Literal("660"),
        kind: ValueKind::Text,
        set: |loaded, text| {
            let is_octal = text.len() == 3 && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
            let mode = u32::from_str_radix(text, 8).ok().filter(|mode| is_octal && mode & 0o600 == 0o600);
            store(&mut loaded.listen_mode, mode)
        },
    },
    Setting {
        path: "public_url",
        description: "The URL under which browsers reach this server, and the prefix of its paths if it has a path.",
        expected: "an http or https URL with a host, an optional port and an optional path",
        example: "https://join.example.com",
        default: DefaultValue::Derived("http:// and the value of listen, or http://localhost", |loaded, _| {
            Some(match &loaded.listen {
                // A free port is known once it is bound; then `set_bound_address` replaces the URL.
                ListenAddress::Tcp(address) if address.port() == 0 => {
                    format!("http://{}", SocketAddr::new(address.ip(), 80))
                }
                ListenAddress::Tcp(address) => format!("http://{address}"),
                ListenAddress::Unix(_) => "http://localhost".to_owned(),
            })
        }),
        kind: ValueKind::Text,
        set: |loaded, text| store(&mut loaded.settings.public_url, public_url(text).ok()),
    },
    Setting {
        path: "name",
        description: "The product name in mail and on pages.",
        expected: "one line of 1 to 100 characters",
        example: "Example Cloud",
        default: DefaultValue::Literal("Vestibule"),
        kind: ValueKind::Text,
        set: |loaded, text| {
            let fits = (1..=100).contains(&text.chars().count()) && !text.contains(char::is_control);
            loaded.settings.name = (fits && !text.trim().is_empty()).then(|| text.to_owned())?;
            Some(())
        },
    },
    Setting {
        path: "mode",
        description: "In staging, a session token is also accepted in the URL and in a header. Not for real users.",
        expected: "production or staging",
        example: "production",
        default: DefaultValue::Literal("production"),
        kind: ValueKind::Text,
        set: |loaded, text| {
            loaded.settings.mode = match text {
                "production" => Mode::Production,
                "staging" => Mode::Staging,
                _ => return None,
            };
            Some(())
        },
    },
    Setting {
        path: "allowed_origins",
        description: "Origins, besides those of public_url and app.url, that may send requests with cookies (CORS).",
        expected: "a list of origins, each a scheme, a host and an optional port",
        example: "https://app.example.com,http://localhost:3000",
        default: DefaultValue::Literal(""),
        kind: ValueKind::List(|loaded| loaded.settings.allowed_origins.clear()),
        set: |loaded, text| {
            loaded.settings.allowed_origins.push(PublicUrl::parse_origin(text).ok()?.as_str().to_owned());
            Some(())
        },
    },
    Setting {
        path: "trusted_proxies",
        description: "Proxies whose forwarded_header is trusted. List only proxies that overwrite or extend this header.",
        expected: "a list of IP addresses, networks in CIDR notation, and unix: for the Unix socket of listen",
        example: "127.0.0.1,10.0.0.0/8,unix:",
        default: DefaultValue::Literal(""),
        kind: ValueKind::List(|loaded| {
            loaded.settings.trusted_proxies.clear();
            loaded.settings.trusts_unix_socket = false;
        }),
        set: |loaded, text| {
            if text == "unix:" {
                loaded.settings.trusts_unix_socket = true;
            } else {
                loaded.settings.trusted_proxies.push(network(text)?);
            }
            Some(())
        },
    },
    Setting {
        path: "forwarded_header",
        description: "The header in which trusted proxies write the client's address. The other one is ignored.",
        expected: "x-forwarded-for or forwarded",
        example: "forwarded",
        default: DefaultValue::Literal("x-forwarded-for"),
        kind: ValueKind::Text,
        set: |loaded, text| {
            loaded.settings.forwarded_header = match text.to_ascii_lowercase().as_str() {
                "x-forwarded-for" => ForwardedHeader::XForwardedFor,
                "forwarded" => ForwardedHeader::Forwarded,
                _ => return None,
            };
            Some(())
        },
    },
    Setting {
        path: "max_connections",
        description: "The maximum number of client connections; more receive 503. Keep it below the open files limit.",
        expected: "a whole number from 10 to 100000",
        example: "4000",
        default: DefaultValue::Literal("900"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.max_connections, number(text, 10..=100_000)),
    },
    Setting {
        path: "sign_up",
        description: "Who may sign up without an invitation: anyone, no one, or no one but with a waitlist to join.",
        expected: "public, restricted or waitlist",
        example: "restricted",
        default: DefaultValue::Literal("public"),
        kind: ValueKind::Text,
        set: |loaded, text| {
            loaded.settings.sign_up = match text {
                "public" => SignUpMode::Public,
                "restricted" => SignUpMode::Restricted,
                "waitlist" => SignUpMode::Waitlist,
                _ => return None,
            };
            Some(())
        },
    },
    Setting {
        path: "reveal_account_existence",
        description: "Whether anyone may query which email addresses and user names have an account.",
        expected: "true or false",
        example: "true",
        default: DefaultValue::Literal("false"),
        kind: ValueKind::Boolean,
        set: |loaded, text| store(&mut loaded.settings.reveal_account_existence, text.parse().ok()),
    },
    Setting {
        path: "log",
        description: "The log filter: a level, and optionally levels for single modules. The log goes to stderr.",
        expected: "error, warn, info, debug, trace or off, optionally followed by module=level",
        example: "info,vestibule_core=debug",
        default: DefaultValue::Literal("info"),
        kind: ValueKind::Text,
        set: |loaded, text| store(&mut loaded.log, telemetry::parse_filter(text).map(|_| text.to_owned())),
    },
    Setting {
        path: "log_format",
        description: "The log format: text for people, or json with one object on each line.",
        expected: "text or json",
        example: "json",
        default: DefaultValue::Literal("text"),
        kind: ValueKind::Text,
        set: |loaded, text| {
            loaded.log_format = match text {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                _ => return None,
            };
            Some(())
        },
    },
    Setting {
        path: "accounts.claim_lifetime",
        description: "How long a user may take to verify an email address that they have added. Then it is removed.",
        expected: "a duration from 10m to 30d, in s, m, h or d",
        example: "2h",
        default: DefaultValue::Literal("24h"),
        kind: ValueKind::Text,
        set: |loaded, text| store(&mut loaded.settings.accounts.claim_lifetime, duration(text, "10m", "30d")),
    },
    Setting {
        path: "accounts.new_address_recovery_delay",
        description: "For this long, an address added to an account with a verified one cannot recover it by mail. 0s: off.",
        expected: "a duration from 0s to 30d, in s, m, h or d",
        example: "7d",
        default: DefaultValue::Literal("72h"),
        kind: ValueKind::Text,
        set: |loaded, text| {
            store(&mut loaded.settings.accounts.new_address_recovery_delay, duration(text, "0s", "30d"))
        },
    },
    Setting {
        path: "hsts.include_subdomains",
        description: "Whether browsers may use only https for subdomains of public_url too. All of them must support it.",
        expected: "true or false",
        example: "true",
        default: DefaultValue::Literal("false"),
        kind: ValueKind::Boolean,
        set: |loaded, text| store(&mut loaded.settings.hsts.include_subdomains, text.parse().ok()),
    },
    Setting {
        path: "docs.allowed_networks",
        description: "Clients that get the API documentation (/docs/, /openapi.json), by their address. Empty for all.",
        expected: "a list of IP addresses and networks in CIDR notation",
        example: "127.0.0.1,10.0.0.0/8",
        default: DefaultValue::Literal(""),
        kind: ValueKind::List(|loaded| loaded.settings.docs.allowed_networks.clear()),
        set: |loaded, text| {
            loaded.settings.docs.allowed_networks.push(network(text)?);
            Some(())
        },
    },
    Setting {
        path: "health.allowed_networks",
        description: "Clients that get the health checks (/health/live, /health/ready), by their address. Empty for all.",
        expected: "a list of IP addresses and networks in CIDR notation",
        example: "127.0.0.1,10.0.0.0/8",
        default: DefaultValue::Literal(""),
        kind: ValueKind::List(|loaded| loaded.settings.health.allowed_networks.clear()),
        set: |loaded, text| {
            loaded.settings.health.allowed_networks.push(network(text)?);
            Some(())
        },
    },
];
