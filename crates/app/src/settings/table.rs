//! Every setting there is, in the order of the reference file.
//!
//! The order matters in one more way: a default may look at the settings above it (`key_file` lies beside `database`).

use std::path::Path;

use vestibule_core::settings::{Mode, PublicUrl, SignUpMode};

mod mail;
mod stores;

use super::load::Surroundings;
use super::read::{file_or_none, file_path, network, number, permission, place, span, yes_or_no};
use super::setting::{Fallback, Kind, Setting};
use super::{Loaded, LogFormat};
use crate::telemetry;

fn put<T>(place: &mut T, value: Option<T>) -> Option<()> {
    *place = value?;
    Some(())
}

/// Beside the database when that is a file, and where its file would be when it is not.
fn beside_database(loaded: &Loaded, surroundings: &Surroundings, name: &str) -> Option<String> {
    let folder = match loaded.database.file() {
        Some(file) => file.parent().unwrap_or(Path::new("")).to_owned(),
        None => surroundings.data_directory.as_ref()?.join("vestibule"),
    };
    folder.join(name).to_str().map(str::to_owned)
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// More could run at once than there are processors, and none would be done sooner.
const MOST_PARALLEL_HASHES: usize = 64;

/// Every setting, in order.
pub(crate) fn settings() -> impl Iterator<Item = &'static Setting> {
    [GENERAL, mail::MAIL, stores::STORES].into_iter().flatten()
}

/// Those of the server, of people and of organizations.
pub(super) static GENERAL: &[Setting] = &[
    Setting {
        path: "database",
        explains: "The SQLite file that holds everything, made when it is not there; or the URL of a PostgreSQL database.",
        takes: "the path of a file, or postgres://user@host:port/name",
        example: "/var/lib/vestibule/vestibule.db",
        default: Fallback::From("vestibule/vestibule.db in the user's data directory", |_, surroundings| {
            surroundings.data_directory.as_ref()?.join("vestibule/vestibule.db").to_str().map(str::to_owned)
        }),
        kind: Kind::Path,
        read: |loaded, text| put(&mut loaded.database, place(text)),
    },
    Setting {
        path: "database_password_file",
        explains: "A file with the password for PostgreSQL and nothing else, for a URL that has none.",
        takes: "the path of a file, or nothing",
        example: "/run/secrets/postgres",
        default: Fallback::Is(""),
        kind: Kind::Path,
        read: |loaded, text| file_or_none(&mut loaded.database_password_file, text),
    },
    Setting {
        path: "database_connections",
        explains: "Connections to PostgreSQL at the most, for this process. SQLite needs none.",
        takes: "a whole number from 1 to 1000",
        example: "16",
        default: Fallback::Is("16"),
        kind: Kind::Number,
        read: |loaded, text| put(&mut loaded.postgres.connections, number(text, 1..=1000)),
    },
    Setting {
        path: "database_writes_per_commit",
        explains: "Writes that share one commit at the most, on SQLite. With 1 each waits for the disk by itself, no safer.",
        takes: "a whole number from 1 to 1000",
        example: "64",
        default: Fallback::Is("64"),
        kind: Kind::Number,
        read: |loaded, text| put(&mut loaded.settings.writes_per_commit, number(text, 1..=1000)),
    },
    Setting {
        path: "key_file",
        explains: "The master key: made once, for its owner only. Back it up apart from the database; processes of one share it.",
        takes: "the path of a file",
        example: "/var/lib/vestibule/master.key",
        default: Fallback::From(
            "master.key beside the SQLite file, or where that would be by default",
            |loaded, surroundings| beside_database(loaded, surroundings, "master.key"),
        ),
        kind: Kind::Path,
        read: |loaded, text| put(&mut loaded.key_file, file_path(text)),
    },
    Setting {
        path: "listen",
        explains: "The address and port to listen on. Behind a proxy on the same machine, leave it on loopback.",
        takes: "an IP address and a port",
        example: "127.0.0.1:8080",
        default: Fallback::Is("127.0.0.1:8080"),
        kind: Kind::Text,
        read: |loaded, text| put(&mut loaded.listen, text.parse().ok()),
    },
    Setting {
        path: "public_url",
        explains: "Where browsers and mails find this server. Links are built from this and nothing else.",
        takes: "an http or https URL with a host, perhaps a port, and no path",
        example: "https://join.example.com",
        default: Fallback::From("http:// and the value of listen", |loaded, _| {
            Some(format!("http://{}", loaded.listen))
        }),
        kind: Kind::Text,
        read: |loaded, text| put(&mut loaded.settings.public_url, PublicUrl::parse(text).ok()),
    },
    Setting {
        path: "name",
        explains: "The name people see in mails and pages.",
        takes: "one line of 1 to 100 characters",
        example: "Example Cloud",
        default: Fallback::Is("Vestibule"),
        kind: Kind::Text,
        read: |loaded, text| {
            let fits = (1..=100).contains(&text.chars().count()) && !text.contains(char::is_control);
            loaded.settings.name = (fits && !text.trim().is_empty()).then(|| text.to_owned())?;
            Some(())
        },
    },
    Setting {
        path: "mode",
        explains: "In staging, a session may also travel in the URL and in a header. Never use it for real people.",
        takes: "production or staging",
        example: "production",
        default: Fallback::Is("production"),
        kind: Kind::Text,
        read: |loaded, text| {
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
        explains: "Origins besides the public URL whose pages may call with cookies.",
        takes: "a list of origins, each a scheme and a host and perhaps a port",
        example: "https://app.example.com,http://localhost:3000",
        default: Fallback::Is(""),
        kind: Kind::List(|loaded| loaded.settings.allowed_origins.clear()),
        read: |loaded, text| {
            loaded.settings.allowed_origins.push(PublicUrl::parse(text).ok()?.as_str().to_owned());
            Some(())
        },
    },
    Setting {
        path: "trusted_proxies",
        explains: "Proxies whose X-Forwarded-For is believed. Name only those that overwrite or extend that header.",
        takes: "a list of IP addresses and networks in CIDR form",
        example: "127.0.0.1,10.0.0.0/8",
        default: Fallback::Is(""),
        kind: Kind::List(|loaded| loaded.settings.trusted_proxies.clear()),
        read: |loaded, text| {
            loaded.settings.trusted_proxies.push(network(text)?);
            Some(())
        },
    },
    Setting {
        path: "connections",
        explains: "Connections of callers at once; more are told to come back. Stay below the open files that are allowed.",
        takes: "a whole number from 10 to 100000",
        example: "4000",
        default: Fallback::Is("900"),
        kind: Kind::Number,
        read: |loaded, text| put(&mut loaded.settings.connections, number(text, 10..=100_000)),
    },
    Setting {
        path: "sign_up",
        explains: "Who may make an account: everybody, or whoever is invited, while others may join a waitlist or not.",
        takes: "public, restricted or waitlist",
        example: "restricted",
        default: Fallback::Is("public"),
        kind: Kind::Text,
        read: |loaded, text| {
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
        path: "tell_identifiers",
        explains: "Whether strangers may ask which e-mail addresses and user names have an account.",
        takes: "yes or no",
        example: "yes",
        default: Fallback::Is("no"),
        kind: Kind::Text,
        read: |loaded, text| put(&mut loaded.settings.tell_identifiers, yes_or_no(text)),
    },
    Setting {
        path: "log",
        explains: "What is logged, to stderr: a level, or a level for each part of the program.",
        takes: "error, warn, info, debug, trace or off, perhaps followed by part=level",
        example: "info,vestibule_core=debug",
        default: Fallback::Is("info"),
        kind: Kind::Text,
        read: |loaded, text| put(&mut loaded.log, telemetry::filter(text).map(|_| text.to_owned())),
    },
    Setting {
        path: "log_format",
        explains: "How log lines are written: for people, or as one JSON object a line.",
        takes: "text or json",
        example: "json",
        default: Fallback::Is("text"),
        kind: Kind::Text,
        read: |loaded, text| {
            loaded.log_format = match text {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                _ => return None,
            };
            Some(())
        },
    },
    Setting {
        path: "sessions.idle",
        explains: "A session that nobody has used for this long has ended.",
        takes: "a span from 1m to 365d, in s, m, h or d",
        example: "12h",
        default: Fallback::Is("7d"),
        kind: Kind::Text,
        read: |loaded, text| put(&mut loaded.settings.sessions.idle, span(text, "1m", "365d")),
    },
    Setting {
        path: "sessions.absolute",
        explains: "A sign-in is over after this long, used or not. Not shorter than sessions.idle.",
        takes: "a span from 1m to 365d, in s, m, h or d",
        example: "30d",
        default: Fallback::Is("30d"),
        kind: Kind::Text,
        read: |loaded, text| put(&mut loaded.settings.sessions.absolute, span(text, "1m", "365d")),
    },
    Setting {
        path: "tokens.lifetime",
        explains: "How long a session token holds, and so a lost right in it: backends check it without asking.",
        takes: "a span from 5s to 1h, in s, m, h or d",
        example: "30s",
        default: Fallback::Is("30s"),
        kind: Kind::Text,
        read: |loaded, text| put(&mut loaded.settings.tokens.lifetime, span(text, "5s", "1h")),
    },
    Setting {
        path: "tokens.key_days",
        explains: "How many days a key signs session tokens. The next one is published that long ahead.",
        takes: "a whole number from 1 to 365",
        example: "30",
        default: Fallback::Is("30"),
        kind: Kind::Number,
        read: |loaded, text| put(&mut loaded.settings.tokens.key_days, number(text, 1..=365)),
    },
    Setting {
        path: "passwords.minimum_length",
        explains: "The fewest characters a new password may have.",
        takes: "a whole number from 8 to 64",
        example: "12",
        default: Fallback::Is("8"),
        kind: Kind::Number,
        read: |loaded, text| put(&mut loaded.settings.passwords.minimum_length, number(text, 8..=64)),
    },
    Setting {
        path: "passwords.parallel_hashes",
        explains: "How many passwords are hashed at once. Each takes 19 MiB of memory and one processor meanwhile.",
        takes: "a whole number from 1 to 64",
        example: "2",
        default: Fallback::From("the number of processors, at most 64", |_, surroundings| {
            Some(surroundings.processors.clamp(1, MOST_PARALLEL_HASHES).to_string())
        }),
        kind: Kind::Number,
        read: |loaded, text| {
            put(&mut loaded.settings.passwords.parallel_hashes, number(text, 1..=MOST_PARALLEL_HASHES))
        },
    },
    Setting {
        path: "passwords.attempts_per_account",
        explains: "Sign-ins that may be tried for one account within passwords.window.",
        takes: "a whole number from 1 to 10000",
        example: "10",
        default: Fallback::Is("10"),
        kind: Kind::Number,
        read: |loaded, text| put(&mut loaded.settings.passwords.attempts_per_account, number(text, 1..=10_000)),
    },
    Setting {
        path: "passwords.attempts_per_address",
        explains: "Sign-ins that may be tried from one client address within passwords.window.",
        takes: "a whole number from 1 to 1000000",
        example: "100",
        default: Fallback::Is("100"),
        kind: Kind::Number,
        read: |loaded, text| put(&mut loaded.settings.passwords.attempts_per_address, number(text, 1..=1_000_000)),
    },
    Setting {
        path: "passwords.window",
        explains: "The span in which attempts are counted.",
        takes: "a span from 10s to 1d, in s, m, h or d",
        example: "15m",
        default: Fallback::Is("15m"),
        kind: Kind::Text,
        read: |loaded, text| put(&mut loaded.settings.passwords.window, span(text, "10s", "1d")),
    },
    Setting {
        path: "invitations.days",
        explains: "Days an invitation stays open when the inviter names none.",
        takes: "a whole number from 1 to 90",
        example: "14",
        default: Fallback::Is("7"),
        kind: Kind::Number,
        read: |loaded, text| put(&mut loaded.settings.invitations.days, number(text, 1..=90)),
    },
    Setting {
        path: "invitations.remind",
        explains: "So many days before it runs out, an invitee who has not answered is reminded. Empty: never.",
        takes: "a list of whole numbers from 1 to 30",
        example: "3,1",
        default: Fallback::Is(""),
        kind: Kind::List(|loaded| loaded.settings.invitations.remind.clear()),
        read: |loaded, text| {
            loaded.settings.invitations.remind.push(number(text, 1..=30)?);
            Some(())
        },
    },
    Setting {
        path: "roles.permissions",
        explains: "The permissions of yours that roles may hold, besides organization:… and workspace:…. Empty: any.",
        takes: "a list of strings of letters, digits and : _ . - /",
        example: "billing:read,billing:write",
        default: Fallback::Is(""),
        kind: Kind::List(|loaded| loaded.settings.roles.permissions.clear()),
        read: |loaded, text| {
            loaded.settings.roles.permissions.push(permission(text)?);
            Some(())
        },
    },
    Setting {
        path: "roles.archived",
        explains: "Permissions that stay valid where they are held, and can be given to nobody any more.",
        takes: "a list of strings of letters, digits and : _ . - /",
        example: "billing:legacy",
        default: Fallback::Is(""),
        kind: Kind::List(|loaded| loaded.settings.roles.archived.clear()),
        read: |loaded, text| {
            loaded.settings.roles.archived.push(permission(text)?);
            Some(())
        },
    },
    Setting {
        path: "organizations.per_user",
        explains: "The most organizations that one user may found. 0: as many as they like.",
        takes: "a whole number from 0 to 1000000",
        example: "10",
        default: Fallback::Is("0"),
        kind: Kind::Number,
        read: |loaded, text| put(&mut loaded.settings.organizations.per_user, number(text, 0..=1_000_000)),
    },
    Setting {
        path: "organizations.workspaces",
        explains: "The most workspaces that one organization may have. 0: as many as it likes.",
        takes: "a whole number from 0 to 1000000",
        example: "5",
        default: Fallback::Is("0"),
        kind: Kind::Number,
        read: |loaded, text| put(&mut loaded.settings.organizations.workspaces, number(text, 0..=1_000_000)),
    },
    Setting {
        path: "organizations.days_to_restore",
        explains: "Days in which its admins can bring a deleted organization back; then it is erased. 0: at once.",
        takes: "a whole number from 0 to 365",
        example: "30",
        default: Fallback::Is("30"),
        kind: Kind::Number,
        read: |loaded, text| put(&mut loaded.settings.organizations.days_to_restore, number(text, 0..=365)),
    },
    Setting {
        path: "organizations.admins_in_workspaces",
        explains: "Whether an organization's admins may do in all its workspaces what the workspaces' own admins may.",
        takes: "yes or no",
        example: "no",
        default: Fallback::Is("yes"),
        kind: Kind::Text,
        read: |loaded, text| put(&mut loaded.settings.organizations.admins_in_workspaces, yes_or_no(text)),
    },
    Setting {
        path: "seats.organization",
        explains: "The most members an organization may have. 0: as many as come.",
        takes: "a whole number from 0 to 1000000",
        example: "100",
        default: Fallback::Is("0"),
        kind: Kind::Number,
        read: |loaded, text| put(&mut loaded.settings.seats.organization, number(text, 0..=1_000_000)),
    },
    Setting {
        path: "seats.workspace",
        explains: "The most members a workspace may have. 0: as many as come.",
        takes: "a whole number from 0 to 1000000",
        example: "100",
        default: Fallback::Is("0"),
        kind: Kind::Number,
        read: |loaded, text| put(&mut loaded.settings.seats.workspace, number(text, 0..=1_000_000)),
    },
    Setting {
        path: "seats.held_by",
        explains: "Who holds a seat of an organization: its members only, or those who are invited and have not answered too.",
        takes: "members or invitations",
        example: "members",
        default: Fallback::Is("invitations"),
        kind: Kind::Text,
        read: |loaded, text| {
            loaded.settings.seats.held_by_invitations = match text {
                "invitations" => true,
                "members" => false,
                _ => return None,
            };
            Some(())
        },
    },
];
