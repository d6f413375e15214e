//! The section `mail`: transport, sender, templates and bounces.

use std::path::PathBuf;
use std::time::Duration;

use vestibule_core::email_address::EmailAddress;
use vestibule_core::settings::{Mail, Secret, Security, Smtp, Transport, is_host};

use super::super::LoadedSettings;
use super::super::parse::{file_path, invitation_page, number, optional_path};
use super::super::setting::{DefaultValue, Setting, ValueKind};
use super::{in_data_dir, non_empty, store};

/// Changes the SMTP settings. Has no effect with another transport.
fn update_smtp(loaded: &mut LoadedSettings, update: impl FnOnce(&mut Smtp)) {
    if let Transport::Smtp(smtp) = &mut loaded.settings.mail.transport {
        update(smtp);
    }
}

pub(super) static MAIL: &[Setting] = &[
    Setting {
        path: "mail.from",
        description: "The sender of all mail.",
        expected: "an email address, or a name and the address in angle brackets",
        example: "Example Cloud <hello@example.com>",
        default: DefaultValue::Literal("vestibule@localhost"),
        kind: ValueKind::Text,
        set: |loaded, text| {
            store(&mut loaded.settings.mail.from, Mail::check_sender(text).ok().map(|()| text.to_owned()))
        },
    },
    Setting {
        path: "mail.reply_to",
        description: "The address that answers to mail go to (Reply-To). Empty: the sender.",
        expected: "an email address without a name, or empty",
        example: "support@example.com",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Text,
        set: |loaded, text| {
            let address = if text.is_empty() { Some(None) } else { EmailAddress::parse(text).ok().map(Some) };
            store(&mut loaded.settings.mail.reply_to, address)
        },
    },
    Setting {
        path: "mail.reply_to_inviter",
        description: "Whether answers to an invitation go to the inviter, if they have verified their address.",
        expected: "true or false",
        example: "false",
        default: DefaultValue::Literal("true"),
        kind: ValueKind::Boolean,
        set: |loaded, text| store(&mut loaded.settings.mail.reply_to_inviter, text.parse().ok()),
    },
    Setting {
        path: "mail.transport",
        description: "How mail is sent: through a mail server, to .eml files, or not at all (no address can be verified).",
        expected: "smtp, file or none",
        example: "smtp",
        default: DefaultValue::Derived("file if public_url is on this machine, otherwise none", |loaded, _| {
            let transport = if loaded.settings.public_url.is_loopback() { "file" } else { "none" };
            Some(transport.to_owned())
        }),
        kind: ValueKind::Text,
        set: |loaded, text| {
            loaded.settings.mail.transport = match text {
                // The settings below fill in the directory, or the mail server.
                "file" => Transport::File(PathBuf::new()),
                "smtp" => Transport::Smtp(Box::new(Smtp {
                    host: String::new(),
                    port: 0,
                    security: Security::StartTls,
                    credentials: None,
                    ca_file: None,
                    timeout: Duration::from_secs(30),
                })),
                "none" => Transport::None,
                _ => return None,
            };
            Some(())
        },
    },
    Setting {
        path: "mail.file_dir",
        description: "The directory that the transport file writes to. Mail contains valid links, so restrict access to it.",
        expected: "a directory path",
        example: "/var/lib/vestibule/mail",
        default: DefaultValue::Derived(
            "mail next to the SQLite file, or in vestibule in the user's data directory",
            |loaded, environment| in_data_dir(loaded, environment, "mail"),
        ),
        kind: ValueKind::Path,
        set: |loaded, text| {
            loaded.mail_file_dir = file_path(text)?;
            if let Transport::File(dir) = &mut loaded.settings.mail.transport {
                dir.clone_from(&loaded.mail_file_dir);
            }
            Some(())
        },
    },
    Setting {
        path: "mail.invitation_url",
        description: "Your page that invitation links open, with #token=… or the token for {token}. Empty: the built-in page.",
        expected: "an http or https URL, with {token} at most once and only then with a fragment, or empty",
        example: "https://app.example.com/join",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Text,
        set: |loaded, text| {
            let url = if text.is_empty() { Some(None) } else { invitation_page(text).map(Some) };
            store(&mut loaded.settings.mail.invitation_url, url)
        },
    },
    Setting {
        path: "mail.host",
        description: "The host of the mail server, for the transport smtp. Its certificate must be valid for this name.",
        expected: "a host name or an IP address without a port, or empty",
        example: "smtp.example.com",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Text,
        set: |loaded, text| {
            update_smtp(loaded, |smtp| text.clone_into(&mut smtp.host));
            (text.is_empty() || is_host(text)).then_some(())
        },
    },
    Setting {
        path: "mail.security",
        description: "Encryption to the mail server: starttls (port 587), tls (port 465), or none (port 25).",
        expected: "starttls, tls or none",
        example: "tls",
        default: DefaultValue::Literal("starttls"),
        kind: ValueKind::Text,
        set: |loaded, text| {
            let security = match text {
                "starttls" => Security::StartTls,
                "tls" => Security::Tls,
                "none" => Security::None,
                _ => return None,
            };
            update_smtp(loaded, |smtp| (smtp.security, smtp.port) = (security, security.port()));
            Some(())
        },
    },
    Setting {
        path: "mail.port",
        description: "The port of the mail server.",
        expected: "a whole number from 1 to 65535",
        example: "2525",
        default: DefaultValue::Derived("the port of mail.security", |loaded, _| {
            let port = match &loaded.settings.mail.transport {
                Transport::Smtp(smtp) => smtp.port,
                _ => Security::StartTls.port(),
            };
            Some(port.to_string())
        }),
        kind: ValueKind::Number,
        set: |loaded, text| {
            let port = number(text, 1..=65535)?;
            update_smtp(loaded, |smtp| smtp.port = port);
            Some(())
        },
    },
    Setting {
        path: "mail.user",
        description: "The user name at the mail server, if it requires authentication.",
        expected: "a user name, or empty",
        example: "hello@example.com",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Text,
        set: |loaded, text| {
            update_smtp(loaded, |smtp| {
                smtp.credentials = non_empty(text).map(|user| (user, Secret::new(String::new())));
            });
            Some(())
        },
    },
    Setting {
        path: "mail.password_file",
        description: "A file that contains only the password of mail.user.",
        expected: "a file path, or empty",
        example: "/run/secrets/mail",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Path,
        set: |loaded, text| optional_path(&mut loaded.mail_password_file, text),
    },
    Setting {
        path: "mail.ca_file",
        description: "A PEM certificate that is trusted for the mail server, besides the system's certificate authorities.",
        expected: "a file path, or empty",
        example: "/etc/ssl/internal-ca.pem",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Path,
        set: |loaded, text| {
            let mut file = None;
            optional_path(&mut file, text)?;
            update_smtp(loaded, |smtp| smtp.ca_file = file);
            Some(())
        },
    },
    Setting {
        path: "mail.verify_sign_ups",
        description: "Whether new users must verify their email address before the account is created.",
        expected: "true or false",
        example: "true",
        default: DefaultValue::Derived("true with the transport smtp, otherwise false", |loaded, _| {
            Some(matches!(loaded.settings.mail.transport, Transport::Smtp(_)).to_string())
        }),
        kind: ValueKind::Boolean,
        set: |loaded, text| store(&mut loaded.settings.verify_addresses, text.parse().ok()),
    },
    Setting {
        path: "mail.language",
        description: "The language of mail to recipients whose language is unknown.",
        expected: "en or de",
        example: "de",
        default: DefaultValue::Literal("en"),
        kind: ValueKind::Text,
        set: |loaded, text| store(&mut loaded.settings.mail.language, text.parse().ok()),
    },
    Setting {
        path: "mail.max_concurrent_deliveries",
        description: "Mails sent at once. Codes and security notices have as many deliveries of their own.",
        expected: "a whole number from 1 to 64",
        example: "8",
        default: DefaultValue::Literal("4"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.mail.max_concurrent_deliveries, number(text, 1..=64)),
    },
    Setting {
        path: "mail.template_dir",
        description: "A directory of templates that replace built-in ones, such as de/invitation.txt. See `vestibule mail`.",
        expected: "a directory path, or empty",
        example: "/etc/vestibule/mail",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Path,
        set: |loaded, text| optional_path(&mut loaded.settings.mail.template_dir, text),
    },
    Setting {
        path: "mail.bounce_dir",
        description: "A directory where the mail server stores bounces, one per file. They are processed and then deleted.",
        expected: "a directory path, or empty",
        example: "/var/mail/vestibule/new",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Path,
        set: |loaded, text| optional_path(&mut loaded.settings.mail.bounce_dir, text),
    },
    Setting {
        path: "mail.bounce_secret_file",
        description: "A file that contains only the secret that signs POST /mail/reports (Standard Webhooks).",
        expected: "a file path, or empty",
        example: "/run/secrets/bounces",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Path,
        set: |loaded, text| optional_path(&mut loaded.bounce_secret_file, text),
    },
];
