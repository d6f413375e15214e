//! Setting errors. Each message is one sentence: which setting, where it is set, the value found, and a valid example.

use std::fmt;
use std::path::PathBuf;

use vestibule_core::settings::{ClaimTemplate, Color, Mail, PublicUrl};
use vestibule_db::PostgresUrl;

use super::setting::Setting;
use super::table::branding::accent_color;
use super::{RawValue, SettingValue, redact, social};

/// Where a value was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    /// The settings file and the line number, starting at 1.
    File(PathBuf, usize),
    EnvVar(String),
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::EnvVar(name) => write!(f, "environment variable {name}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

#[derive(Debug)]
pub(crate) enum SettingError {
    FileUnreadable {
        path: PathBuf,
        named_by: Origin,
        reason: String,
    },
    InvalidToml {
        origin: Origin,
        reason: String,
    },
    UnknownSetting {
        path: String,
        origin: Origin,
        suggestion: Option<&'static Setting>,
    },
    /// The name of a section with a value, such as `mail = "smtp"`.
    ValueForSection {
        section: String,
        origin: Origin,
        value: RawValue,
    },
    NotUtf8 {
        variable: String,
    },
    /// A variable with the prefix `VESTIBULE_` that is not the variable of any setting.
    UnknownVariable {
        variable: String,
        suggestion: Option<&'static Setting>,
    },
    /// `value` is the whole value, or for a list the invalid item.
    InvalidValue {
        setting: &'static Setting,
        origin: Origin,
        value: RawValue,
    },
    /// The setting is not set, and its default cannot be derived on this machine.
    NoDefault {
        setting: &'static Setting,
    },
    IdleTimeoutTooLong {
        idle_timeout: Box<SettingValue>,
        max_lifetime: Box<SettingValue>,
    },
    MissingMailHost,
    /// A session cookie that browsers would not accept, and why.
    UnusableCookie {
        value: Box<SettingValue>,
        reason: String,
    },
    /// A domain of passkeys that browsers would not accept, and why.
    UnusableRelyingParty {
        value: Box<SettingValue>,
        reason: String,
    },
    /// A page of the application that is neither https nor on this machine.
    InsecurePage {
        value: Box<SettingValue>,
    },
}

const FIND_SETTING: &str = "remove it, or list all settings with: vestibule settings";

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FileUnreadable { path, named_by, reason } => write!(
                f,
                "the settings file {} ({named_by}) cannot be read: {reason}; correct the path, or create a settings file \
                 with: vestibule settings > vestibule.toml",
                path.display()
            ),
            Self::InvalidToml { origin, reason } => write!(
                f,
                "{origin} is not valid TOML: {reason}; write lines such as listen = \"127.0.0.1:8080\", with strings in \
                 double quotes"
            ),
            Self::UnknownSetting { path, origin, suggestion } => {
                write!(f, "there is no setting {path:?} ({origin}); ")?;
                match suggestion {
                    Some(suggestion) => write!(f, "did you mean {}?", SuggestedPath(path, suggestion)),
                    None => f.write_str(FIND_SETTING),
                }
            }
            Self::UnknownVariable { variable, suggestion } => {
                write!(f, "the environment variable {variable} does not belong to any setting; ")?;
                match suggestion {
                    Some(suggestion) => write!(f, "did you mean {}?", suggestion.env_var()),
                    None => f.write_str(FIND_SETTING),
                }
            }
            Self::ValueForSection { section, origin, value } => write!(
                f,
                "{section} is {value} ({origin}), but it is a section; write [{section}] on its own line and the \
                 settings of the section below it"
            ),
            Self::NotUtf8 { variable } => write!(
                f,
                "the environment variable {variable} is not valid UTF-8; set it to valid UTF-8 text, or unset it"
            ),
            Self::InvalidValue { setting, origin, value } if setting.path == social::PROVIDERS => {
                fmt_providers(f, setting, origin, value)
            }
            Self::InvalidValue { setting, origin, value } => {
                write!(f, "{} is {} ({origin})", setting.path, Short(value))?;
                match reason(setting, value) {
                    Some(reason) => write!(f, ": {reason}; it")?,
                    None => write!(f, ", but it")?,
                }
                write!(f, " must be {}; for example: {}", setting.expected, example(setting, origin))
            }
            Self::NoDefault { setting } => write!(
                f,
                "{} is not set, and has no default because this user has no home directory; for example: {}",
                setting.path,
                example(setting, &Origin::EnvVar(setting.env_var()))
            ),
            Self::IdleTimeoutTooLong { idle_timeout, max_lifetime } => write!(
                f,
                "sessions.idle_timeout is {} ({}), which is longer than sessions.max_lifetime, {} ({}); shorten the \
                 former or extend the latter",
                idle_timeout.value, idle_timeout.origin, max_lifetime.value, max_lifetime.origin
            ),
            Self::UnusableCookie { value, reason } | Self::UnusableRelyingParty { value, reason } => {
                write!(f, "{} is {} ({}), but {reason}", value.setting.path, value.value, value.origin)
            }
            Self::InsecurePage { value } => fmt_insecure_page(f, value),
            Self::MissingMailHost => f.write_str(
                "mail.transport is \"smtp\", but mail.host is empty; write host = \"smtp.example.com\" in the section \
                 [mail], or set VESTIBULE_MAIL_HOST",
            ),
        }
    }
}

/// A value that is no table is not shown: it may have a secret.
fn fmt_providers(f: &mut fmt::Formatter<'_>, setting: &Setting, origin: &Origin, value: &RawValue) -> fmt::Result {
    let error = match value {
        RawValue::Table(table) => social::parse(table).err(),
        _ => None,
    };
    match error {
        Some(error) => error.write(f, origin),
        None => write!(
            f,
            "{} is no table ({origin}), but it must be {}; for example: {}",
            setting.path,
            setting.expected,
            example(setting, origin)
        ),
    }
}

fn fmt_insecure_page(f: &mut fmt::Formatter<'_>, value: &SettingValue) -> fmt::Result {
    let SettingValue { setting, value, origin } = value;
    // The demo ignores the setting `mode`.
    let alternative = match origin {
        Origin::Flag(_) => "one of this machine, such as http://127.0.0.1:3000",
        _ => "set mode to \"staging\" for an installation without real users",
    };
    write!(
        f,
        "{} is {value} ({origin}), without https, so anyone in the network between can take over the session of a user who \
         is sent there; write an https:// URL, or {alternative}",
        setting.path
    )
}

/// Formats the example of a setting in the syntax of `origin`.
fn example(setting: &Setting, origin: &Origin) -> String {
    match origin {
        Origin::Default | Origin::File(..) => format!("{} = {}", setting.key(), setting.raw_value(setting.example)),
        Origin::EnvVar(name) => format!("{name}={}", shell_word(setting.example)),
        Origin::Flag(flag) => format!("{flag} {}", shell_word(setting.example)),
    }
}

fn shell_word(text: &str) -> String {
    if text.contains([' ', '<', '>']) { format!("'{text}'") } else { text.to_owned() }
}

/// Formats the path of a suggested setting relative to the section of the misspelled path.
struct SuggestedPath<'a>(&'a str, &'static Setting);

impl fmt::Display for SuggestedPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(path, setting) = self;
        let section_of_path = path.rsplit_once('.').map(|(section, _)| section);
        match setting.section() {
            section if section == section_of_path => f.write_str(setting.path),
            Some(section) => write!(f, "{}, in the section [{section}]", setting.key()),
            None => write!(f, "{}, above the first [section]", setting.key()),
        }
    }
}

/// Returns why a value is invalid, for settings whose values can be so in many ways.
fn reason(setting: &Setting, value: &RawValue) -> Option<String> {
    let text = match value {
        RawValue::Table(claims) if setting.path == "tokens.claims" => return ClaimTemplate::parse(claims).err(),
        RawValue::Table(templates) if setting.path == "tokens.templates" => {
            return super::parse::token_templates(templates).err();
        }
        RawValue::Text(text) => text,
        _ => return None,
    };
    match setting.path {
        _ if PostgresUrl::has_scheme(text) => text.parse::<PostgresUrl>().err().map(|error| error.to_string()),
        "public_url" => super::parse::public_url(text).err(),
        "allowed_origins" | "images.endpoint" => PublicUrl::parse_origin(text).err(),
        "branding.accent_color" => accent_color(text, Color::LIGHT_BACKGROUND).err(),
        "branding.accent_color_dark" => accent_color(text, Color::DARK_BACKGROUND).err(),
        "mail.from" => Mail::check_sender(text).err().map(str::to_owned),
        _ => None,
    }
}

/// Formats a value on one line, truncated.
struct Short<'a>(&'a RawValue);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX_CHARS: usize = 80;
        // Escapes control characters, so that a value cannot break or color the line.
        let text = match self.0 {
            RawValue::Text(text) => format!("{:?}", redact(text)),
            other => other.to_string().escape_debug().to_string().replace("\\\"", "\""),
        };
        match text.char_indices().nth(MAX_CHARS) {
            Some((end, _)) => write!(f, "{}…", &text[..end]),
            None => f.write_str(&text),
        }
    }
}
