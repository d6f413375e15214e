//! The sections `sessions`, `session_cookie`, `tokens`, `passwords`, `reauthentication`,
//! `second_factors` and `passkeys`.

use std::net::IpAddr;
use std::sync::Arc;

use vestibule_core::settings::{ClaimTemplate, SessionCookie, is_host};

use super::super::parse::{duration, number, optional_path, token_templates};
use super::super::setting::{DefaultValue, Setting, ValueKind};
use super::{non_empty, store};

/// More concurrent hashes than CPUs do not finish sooner.
const MAX_CONCURRENT_HASHES: usize = 64;

pub(super) static AUTHENTICATION: &[Setting] = &[
    Setting {
        path: "sessions.idle_timeout",
        description: "A session expires when it has not been used for this long.",
        expected: "a duration from 1m to 365d, in s, m, h or d",
        example: "12h",
        default: DefaultValue::Literal("7d"),
        kind: ValueKind::Text,
        set: |loaded, text| store(&mut loaded.settings.sessions.idle_timeout, duration(text, "1m", "365d")),
    },
    Setting {
        path: "sessions.max_lifetime",
        description: "A sign-in expires after this time, even if it is used. At least sessions.idle_timeout.",
        expected: "a duration from 1m to 365d, in s, m, h or d",
        example: "14d",
        default: DefaultValue::Literal("30d"),
        kind: ValueKind::Text,
        set: |loaded, text| store(&mut loaded.settings.sessions.max_lifetime, duration(text, "1m", "365d")),
    },
    Setting {
        path: "sessions.notify_impersonation",
        description: "Whether a user gets a security notice when your support signs in as them.",
        expected: "true or false",
        example: "false",
        default: DefaultValue::Literal("true"),
        kind: ValueKind::Boolean,
        set: |loaded, text| store(&mut loaded.settings.sessions.notify_impersonation, text.parse().ok()),
    },
    Setting {
        path: "session_cookie.name",
        description: "The name of the session cookie. Empty: __Host-session_id with https and no domain, else session_id.",
        expected: "1 to 64 letters, digits, - and _, other than invitation, or empty",
        example: "app_session",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Text,
        set: |loaded, text| {
            let name = non_empty(text);
            if name.as_deref().is_some_and(|name| !SessionCookie::is_valid_name(name)) {
                return None;
            }
            loaded.settings.session_cookie.name = name;
            Some(())
        },
    },
    Setting {
        path: "session_cookie.domain",
        description: "A domain to whose hosts browsers also send the session cookie. Empty: only the host of public_url.",
        expected: "a domain of the host of public_url, or empty",
        example: "example.com",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Text,
        set: |loaded, text| {
            let domain = text.strip_prefix('.').unwrap_or(text).to_ascii_lowercase();
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
            if !domain.bytes().all(is_plain) || (domain.is_empty() && !text.is_empty()) {
                return None;
            }
            loaded.settings.session_cookie.domain = non_empty(&domain);
            Some(())
        },
    },
    Setting {
        path: "tokens.audience",
        description: "The backends that session tokens are for (aud). Empty for tokens without it.",
        expected: "a list of names or URLs, each of 1 to 200 visible ASCII characters",
        example: "https://api.example.com",
        default: DefaultValue::Derived("the value of public_url", |loaded, _| {
            Some(loaded.settings.public_url.as_str().to_owned())
        }),
        kind: ValueKind::List(|loaded| loaded.settings.tokens.audience.clear()),
        set: |loaded, text| {
            let is_valid = (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
            loaded.settings.tokens.audience.push(is_valid.then(|| text.to_owned())?);
            Some(())
        },
    },
    Setting {
        path: "tokens.lifetime",
        description: "The lifetime of a session token. Backends accept a revoked permission until its token expires.",
        expected: "a duration from 5s to 1h, in s, m, h or d",
        example: "1m",
        default: DefaultValue::Literal("30s"),
        kind: ValueKind::Text,
        set: |loaded, text| store(&mut loaded.settings.tokens.lifetime, duration(text, "5s", "1h")),
    },
    Setting {
        path: "tokens.key_rotation_days",
        description: "Days after which the signing key is replaced. The next key is published this long in advance.",
        expected: "a whole number from 1 to 365",
        example: "90",
        default: DefaultValue::Literal("30"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.tokens.key_rotation_days, number(text, 1..=365)),
    },
    Setting {
        path: "tokens.claims",
        description: "Further claims of session tokens, by name. See docs/operations.md for the {{placeholders}}.",
        expected: "a table of claims, whose texts may have placeholders; in the environment a JSON object",
        example: r#"{"email": "{{user.primary_email}}"}"#,
        default: DefaultValue::Literal("{}"),
        kind: ValueKind::Table,
        set: |loaded, text| {
            let claims = ClaimTemplate::parse(&serde_json::from_str(text).ok()?).ok()?;
            loaded.settings.tokens.claims = Arc::new(claims);
            Some(())
        },
    },
    Setting {
        path: "tokens.templates",
        description: "Claims in place of tokens.claims, for GET /session/token?template=NAME: a table for each NAME.",
        expected: "a table of tables of claims; in the environment a JSON object",
        example: r#"{"reports": {"org": "{{organization.id}}"}}"#,
        default: DefaultValue::Literal("{}"),
        kind: ValueKind::Table,
        set: |loaded, text| {
            let templates = token_templates(&serde_json::from_str(text).ok()?).ok();
            store(&mut loaded.settings.tokens.templates, templates)
        },
    },
    Setting {
        path: "passwords.minimum_length",
        description: "The minimum length of a new password, in characters.",
        expected: "a whole number from 8 to 64",
        example: "12",
        default: DefaultValue::Literal("8"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.passwords.minimum_length, number(text, 8..=64)),
    },
    Setting {
        path: "passwords.breached_file",
        description: "The Pwned Passwords list (SHA-1, ordered by hash). A new password must not be in it.",
        expected: "a file path, or empty",
        example: "/var/lib/vestibule/pwned-passwords.txt",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Path,
        set: |loaded, text| optional_path(&mut loaded.settings.breached_passwords_file, text),
    },
    Setting {
        path: "passwords.max_concurrent_hashes",
        description: "The maximum number of concurrent password hashes. Each uses 19 MiB of memory and one CPU.",
        expected: "a whole number from 1 to 64",
        example: "2",
        default: DefaultValue::Derived("the number of CPUs, at most 64", |_, environment| {
            Some(environment.cpus.clamp(1, MAX_CONCURRENT_HASHES).to_string())
        }),
        kind: ValueKind::Number,
        set: |loaded, text| {
            store(&mut loaded.settings.passwords.max_concurrent_hashes, number(text, 1..=MAX_CONCURRENT_HASHES))
        },
    },
    Setting {
        path: "passwords.attempts_per_account",
        description: "The rate limit of sign-in attempts for one account, per passwords.rate_limit_window.",
        expected: "a whole number from 1 to 10000",
        example: "20",
        default: DefaultValue::Literal("10"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.passwords.attempts_per_account, number(text, 1..=10_000)),
    },
    Setting {
        path: "passwords.attempts_per_address",
        description: "The rate limit of sign-in attempts from one client address, per passwords.rate_limit_window.",
        expected: "a whole number from 1 to 1000000",
        example: "500",
        default: DefaultValue::Literal("100"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.passwords.attempts_per_address, number(text, 1..=1_000_000)),
    },
    Setting {
        path: "passwords.rate_limit_window",
        description: "The time window of the rate limits above.",
        expected: "a duration from 10s to 1d, in s, m, h or d",
        example: "1h",
        default: DefaultValue::Literal("15m"),
        kind: ValueKind::Text,
        set: |loaded, text| store(&mut loaded.settings.passwords.rate_limit_window, duration(text, "10s", "1d")),
    },
    Setting {
        path: "reauthentication.max_age",
        description: "How old a proof of identity may be for changes of what opens an account or hurts an organization.",
        expected: "a duration from 1m to 1d, in s, m, h or d",
        example: "5m",
        default: DefaultValue::Literal("10m"),
        kind: ValueKind::Text,
        set: |loaded, text| store(&mut loaded.settings.reauthentication.max_age, duration(text, "1m", "1d")),
    },
    Setting {
        path: "second_factors.reset_delay",
        description: "How long a reset of a person's second factors waits, so that they can object by mail. 0s: no wait.",
        expected: "a duration from 0s to 30d, in s, m, h or d",
        example: "72h",
        default: DefaultValue::Literal("0s"),
        kind: ValueKind::Text,
        set: |loaded, text| store(&mut loaded.settings.second_factors.reset_delay, duration(text, "0s", "30d")),
    },
    Setting {
        path: "passkeys.rp_id",
        description: "The domain of passkeys. Changing it invalidates all of them. Empty: the host of public_url.",
        expected: "the host of public_url, or a domain of it with a dot, or empty",
        example: "example.com",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Text,
        set: |loaded, text| {
            if !text.is_empty() && (!is_host(text) || text.parse::<IpAddr>().is_ok()) {
                return None;
            }
            loaded.settings.passkeys.rp_id = non_empty(&text.to_ascii_lowercase());
            Some(())
        },
    },
];
