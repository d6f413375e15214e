//! What can be wrong with settings. Each error is one sentence for whoever wrote the value: which setting, where it
//! stands, what was found there, and what to write instead.

use std::fmt;
use std::path::PathBuf;

use vestibule_core::db::PostgresUrl;

use super::setting::Setting;
use super::{Given, Written, shown};

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nowhere: nobody has set it.
    Default,
    /// In the settings file, on this line, counted from 1.
    File(PathBuf, usize),
    /// In this environment variable.
    Variable(String),
    /// Behind this flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => write!(f, "the environment variable {name}"),
            Self::Flag(flag) => write!(f, "the flag {flag}"),
        }
    }
}

/// Why settings can't be used.
#[derive(Debug)]
pub(crate) enum SettingError {
    /// The file that was named can't be read, for this reason of the system's.
    FileUnreadable { path: PathBuf, named_by: Origin, reason: String },
    /// The file breaks the rules of TOML.
    NotToml { at: Origin, reason: String },
    /// A name in the file that no setting has.
    Unknown { path: String, at: Origin, meant: Option<&'static Setting> },
    /// A section's name with a value of its own.
    IsSection { section: String, at: Origin, found: Written },
    /// An environment variable of ours whose bytes are not text.
    NotText { variable: String },
    /// An environment variable that begins like ours and names no setting.
    UnknownVariable { variable: String, meant: Option<&'static Setting> },
    /// Not what the setting takes. For a list, `found` is the item that is wrong.
    Wrong { setting: &'static Setting, at: Origin, found: Written },
    /// Nobody has set it, and this machine offers nothing to take it from.
    NoDefault { setting: &'static Setting },
    /// A session may not idle for longer than it may live.
    IdleOverAbsolute { idle: Box<Given>, absolute: Box<Given> },
    /// Mail goes by a server that nobody has named.
    NoMailServer,
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FileUnreadable { path, named_by, reason } => write!(
                f,
                "the settings file {} ({named_by}) can't be read: {reason}; write the path of a file that is there, or \
                 make one with: vestibule settings > vestibule.toml",
                path.display()
            ),
            Self::NotToml { at, reason } => write!(
                f,
                "{at} is not TOML: {reason}; write lines such as listen = \"127.0.0.1:8080\", texts in double quotes"
            ),
            Self::Unknown { path, at, meant } => {
                write!(f, "there is no setting {path:?} ({at}); ")?;
                match meant {
                    Some(meant) => write!(f, "did you mean {}?", Place(path, meant)),
                    None => f.write_str("leave it out, or find the right name with: vestibule settings"),
                }
            }
            Self::UnknownVariable { variable, meant } => {
                write!(f, "the environment variable {variable} names no setting; ")?;
                match meant {
                    Some(meant) => write!(f, "did you mean {}?", meant.variable()),
                    None => f.write_str("leave it out, or find the right name with: vestibule settings"),
                }
            }
            Self::IsSection { section, at, found } => write!(
                f,
                "{section} is {found} ({at}), but it is a section; write [{section}] on a line of its own and its \
                 settings below"
            ),
            Self::NotText { variable } => write!(
                f,
                "the environment variable {variable} holds bytes that are not UTF-8; write it as plain text, or leave \
                 it out"
            ),
            Self::Wrong { setting, at, found } => {
                write!(f, "{} is {} ({at}), ", setting.path, Short(found))?;
                match reason(found) {
                    Some(reason) => write!(f, "where {reason}; it")?,
                    None => write!(f, "but it")?,
                }
                write!(f, " takes {}; write for example {}", setting.takes, example(setting, at))
            }
            Self::NoDefault { setting } => write!(
                f,
                "{} is not set, and this user has no home directory to take a default from; write for example {}",
                setting.path,
                example(setting, &Origin::Variable(setting.variable()))
            ),
            Self::IdleOverAbsolute { idle, absolute } => write!(
                f,
                "sessions.idle is {} ({}), but sessions.absolute is {} ({}), and no session can idle for longer than \
                 it lives; make the first shorter or the second longer",
                idle.written, idle.origin, absolute.written, absolute.origin
            ),
            Self::NoMailServer => f.write_str(
                "mail.transport is \"smtp\", but mail.host is empty; write for example host = \"smtp.example.com\" \
                 below [mail], or set VESTIBULE_MAIL_HOST",
            ),
        }
    }
}

/// The setting's example as it would be written at that place.
fn example(setting: &Setting, at: &Origin) -> String {
    match at {
        Origin::Default | Origin::File(..) => format!("{} = {}", setting.key(), setting.written(setting.example)),
        Origin::Variable(name) => format!("{name}={}", shell_word(setting.example)),
        Origin::Flag(flag) => format!("{flag} {}", shell_word(setting.example)),
    }
}

fn shell_word(text: &str) -> String {
    if text.contains([' ', '<', '>']) { format!("'{text}'") } else { text.to_owned() }
}

/// Names a setting to somebody who looked for it under another path.
struct Place<'a>(&'a str, &'static Setting);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(looked_for, setting) = self;
        let looked_in = looked_for.rsplit_once('.').map(|(section, _)| section);
        match setting.section() {
            section if section == looked_in => f.write_str(setting.path),
            Some(section) => write!(f, "{}, in the section [{section}]", setting.key()),
            None => write!(f, "{}, above the first [section]", setting.key()),
        }
    }
}

/// What is wrong with a URL, beyond not being one.
fn reason(found: &Written) -> Option<String> {
    match found {
        Written::Text(text) if PostgresUrl::is_meant(text) => {
            text.parse::<PostgresUrl>().err().map(|wrong| wrong.to_string())
        }
        _ => None,
    }
}

/// A value, cut to what a sentence can hold.
struct Short<'a>(&'a Written);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 80;
        // One line, whatever control characters the value has in it.
        let text = match self.0 {
            Written::Text(text) => format!("{:?}", shown(text)),
            other => other.to_string().escape_debug().to_string().replace("\\\"", "\""),
        };
        match text.char_indices().nth(LONGEST) {
            Some((end, _)) => write!(f, "{}…", &text[..end]),
            None => f.write_str(&text),
        }
    }
}
