//! The settings of mail: what carries it, what it says, and what comes back.

use std::path::PathBuf;
use std::time::Duration;

use vestibule_core::settings::{Hidden, Mail, Security, Smtp, Transport};

use super::super::Loaded;
use super::super::read::{file_or_none, file_path, number, page, yes_or_no};
use super::super::setting::{Fallback, Kind, Setting};
use super::{beside_database, put, some};

/// What is set of a mail server counts for a mail server only.
fn of_server(loaded: &mut Loaded, change: impl FnOnce(&mut Smtp)) {
    if let Transport::Smtp(smtp) = &mut loaded.settings.mail.transport {
        change(smtp);
    }
}

/// The section `mail`.
pub(super) static MAIL: &[Setting] = &[
    Setting {
        path: "mail.from",
        explains: "The address mails come from.",
        takes: "an e-mail address, or a name and the address in angle brackets",
        example: "Example Cloud <hall@example.com>",
        default: Fallback::Is("vestibule@localhost"),
        kind: Kind::Text,
        read: |loaded, text| put(&mut loaded.settings.mail.from, Mail::is_sender(text).then(|| text.to_owned())),
    },
    Setting {
        path: "mail.transport",
        explains: "What carries mail: a server, one .eml a mail in mail.folder, or nothing: then nobody can prove an address.",
        takes: "smtp, file or none",
        example: "file",
        default: Fallback::From("file while public_url is on this machine, none from then on", |loaded, _| {
            let transport = if loaded.settings.public_url.is_loopback() { "file" } else { "none" };
            Some(transport.to_owned())
        }),
        kind: Kind::Text,
        read: |loaded, text| {
            loaded.settings.mail.transport = match text {
                // The folder is the next setting, and comes in then.
                "file" => Transport::File(PathBuf::new()),
                // So are the server's name and all that is said of it.
                "smtp" => Transport::Smtp(Box::new(Smtp {
                    host: String::new(),
                    port: 0,
                    security: Security::StartTls,
                    credentials: None,
                    trusted_certificate: None,
                    patience: Duration::from_secs(30),
                })),
                "none" => Transport::None,
                _ => return None,
            };
            Some(())
        },
    },
    Setting {
        path: "mail.folder",
        explains: "Where the transport file puts mails. They hold live links: keep the folder to yourself.",
        takes: "the path of a folder",
        example: "/var/lib/vestibule/mail",
        default: Fallback::From(
            "mail beside the SQLite file, or where that would be by default",
            |loaded, surroundings| beside_database(loaded, surroundings, "mail"),
        ),
        kind: Kind::Path,
        read: |loaded, text| {
            loaded.mail_folder = file_path(text)?;
            if let Transport::File(folder) = &mut loaded.settings.mail.transport {
                folder.clone_from(&loaded.mail_folder);
            }
            Some(())
        },
    },
    Setting {
        path: "mail.invitation_page",
        explains: "The page of yours that a mailed invitation opens, with its token behind a #. Empty: the server's own.",
        takes: "an http or https URL without a fragment, or nothing",
        example: "https://app.example.com/join",
        default: Fallback::Is(""),
        kind: Kind::Text,
        read: |loaded, text| {
            let page = if text.is_empty() { Some(None) } else { page(text).map(Some) };
            put(&mut loaded.settings.mail.invitation_page, page)
        },
    },
    Setting {
        path: "mail.host",
        explains: "The mail server's name, with the transport smtp. Its certificate has to be for this name.",
        takes: "a host name or an IP address, or nothing",
        example: "smtp.example.com",
        default: Fallback::Is(""),
        kind: Kind::Text,
        read: |loaded, text| {
            let is_host = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:_".contains(&byte));
            of_server(loaded, |smtp| text.clone_into(&mut smtp.host));
            is_host.then_some(())
        },
    },
    Setting {
        path: "mail.security",
        explains: "Who may listen on the way: nobody with starttls (port 587) and tls (port 465), everybody with none (port 25).",
        takes: "starttls, tls or none",
        example: "tls",
        default: Fallback::Is("starttls"),
        kind: Kind::Text,
        read: |loaded, text| {
            let security = match text {
                "starttls" => Security::StartTls,
                "tls" => Security::Tls,
                "none" => Security::None,
                _ => return None,
            };
            of_server(loaded, |smtp| (smtp.security, smtp.port) = (security, security.port()));
            Some(())
        },
    },
    Setting {
        path: "mail.port",
        explains: "The mail server's port.",
        takes: "a whole number from 1 to 65535",
        example: "587",
        default: Fallback::From("the one that goes with mail.security", |loaded, _| {
            let port = match &loaded.settings.mail.transport {
                Transport::Smtp(smtp) => smtp.port,
                _ => Security::StartTls.port(),
            };
            Some(port.to_string())
        }),
        kind: Kind::Number,
        read: |loaded, text| {
            let port = number(text, 1..=65535)?;
            of_server(loaded, |smtp| smtp.port = port);
            Some(())
        },
    },
    Setting {
        path: "mail.user",
        explains: "Who we are at the mail server, if it asks.",
        takes: "a name, or nothing",
        example: "hall@example.com",
        default: Fallback::Is(""),
        kind: Kind::Text,
        read: |loaded, text| {
            of_server(loaded, |smtp| smtp.credentials = some(text).map(|user| (user, Hidden::new(String::new()))));
            Some(())
        },
    },
    Setting {
        path: "mail.password_file",
        explains: "A file with the password that belongs to mail.user, and nothing else.",
        takes: "the path of a file, or nothing",
        example: "/run/secrets/mail",
        default: Fallback::Is(""),
        kind: Kind::Path,
        read: |loaded, text| file_or_none(&mut loaded.mail_password_file, text),
    },
    Setting {
        path: "mail.trusted_certificate",
        explains: "A certificate in PEM that is trusted for the mail server besides the system's.",
        takes: "the path of a file, or nothing",
        example: "/etc/ssl/our-authority.pem",
        default: Fallback::Is(""),
        kind: Kind::Path,
        read: |loaded, text| {
            let mut file = None;
            file_or_none(&mut file, text)?;
            of_server(loaded, |smtp| smtp.trusted_certificate = file);
            Some(())
        },
    },
    Setting {
        path: "mail.verify_sign_ups",
        explains: "Whether a newcomer proves their address by mail before there is an account.",
        takes: "yes or no",
        example: "yes",
        default: Fallback::From("yes with the transport smtp, no otherwise", |loaded, _| {
            let is_server = matches!(loaded.settings.mail.transport, Transport::Smtp(_));
            Some(if is_server { "yes" } else { "no" }.to_owned())
        }),
        kind: Kind::Text,
        read: |loaded, text| put(&mut loaded.settings.verify_addresses, yes_or_no(text)),
    },
    Setting {
        path: "mail.language",
        explains: "The language of mail to those of whom no other is known.",
        takes: "en or de",
        example: "de",
        default: Fallback::Is("en"),
        kind: Kind::Text,
        read: |loaded, text| put(&mut loaded.settings.mail.language, text.parse().ok()),
    },
    Setting {
        path: "mail.templates",
        explains: "A folder with words of yours in place of ours, such as de/invitation.txt. `vestibule mail` has them to copy.",
        takes: "the path of a folder, or nothing",
        example: "/etc/vestibule/mail",
        default: Fallback::Is(""),
        kind: Kind::Path,
        read: |loaded, text| file_or_none(&mut loaded.settings.mail.templates, text),
    },
    Setting {
        path: "mail.bounces",
        explains: "A folder where your mail server puts reports of mail that came back, one a file. They are read and removed.",
        takes: "the path of a folder, or nothing",
        example: "/var/mail/vestibule/new",
        default: Fallback::Is(""),
        kind: Kind::Path,
        read: |loaded, text| file_or_none(&mut loaded.settings.mail.bounces, text),
    },
    Setting {
        path: "mail.bounce_secret_file",
        explains: "A file with the secret that signs such reports to POST /mail/reports (Standard Webhooks), and nothing else.",
        takes: "the path of a file, or nothing",
        example: "/run/secrets/bounces",
        default: Fallback::Is(""),
        kind: Kind::Path,
        read: |loaded, text| file_or_none(&mut loaded.bounce_secret_file, text),
    },
];
