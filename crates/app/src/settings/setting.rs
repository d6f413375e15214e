//! The definition of a setting. The settings themselves are in `table`.

use super::load::Environment;
use super::table::{GENERAL, settings};
use super::{LoadedSettings, RawValue};

/// A setting: its name, documentation, default and parser.
#[derive(Debug)]
pub(crate) struct Setting {
    /// `section.key`, or the key alone for the settings above the first section.
    pub(crate) path: &'static str,
    /// One line for the reference: at most 110 bytes, ends with a full stop.
    pub(crate) description: &'static str,
    /// The valid values, to follow "must be". Starts with "a list" for a list, and is "true or false" for a Boolean.
    pub(crate) expected: &'static str,
    /// A valid value other than the default, if possible, in the syntax of an environment variable.
    pub(crate) example: &'static str,
    pub(super) default: DefaultValue,
    pub(super) kind: ValueKind,
    /// Parses a value, or one item of a list, and stores it. Returns `None` if it is invalid.
    pub(super) set: fn(&mut LoadedSettings, &str) -> Option<()>,
}

/// The setting with a flag of `demo` alone.
pub(super) const DEMO_SETTING: &str = "app.url";

/// The type of the value in the settings file.
#[derive(Debug)]
pub(super) enum ValueKind {
    Text,
    /// A text that is relative to the directory of the settings file.
    Path,
    Number,
    Boolean,
    /// A list of strings, separated by commas in the environment. The function clears the stored list.
    List(fn(&mut LoadedSettings)),
    /// A table, a JSON object in the environment.
    Table,
    /// The same, of tables in which a key that ends in `_file` is relative to the directory of the settings file.
    TableWithFiles,
}

/// The value of a setting that no source sets.
#[derive(Debug)]
pub(super) enum DefaultValue {
    /// A fixed value, in the syntax of an environment variable.
    Literal(&'static str),
    /// A description for the reference, and a function that derives the value from the settings above this one and from
    /// the environment. It returns `None` if there is nothing to derive the value from.
    Derived(&'static str, fn(&LoadedSettings, &Environment) -> Option<String>),
}

impl Setting {
    pub(super) fn find(path: &str) -> Option<&'static Self> {
        settings().find(|setting| setting.path == path)
    }

    /// Returns the setting `database`.
    pub(super) fn database() -> &'static Self {
        &GENERAL[0]
    }

    pub(crate) fn section(&self) -> Option<&'static str> {
        self.path.split_once('.').map(|(section, _)| section)
    }

    /// Returns the name within the section.
    pub(crate) fn key(&self) -> &'static str {
        self.path.split_once('.').map_or(self.path, |(_, key)| key)
    }

    pub(crate) fn env_var(&self) -> String {
        format!("VESTIBULE_{}", self.path.to_ascii_uppercase().replace('.', "_"))
    }

    /// Returns the flag of `serve`, or of `demo` for `DEMO_SETTING`.
    pub(crate) fn flag(&self) -> Option<&'static str> {
        match self.path {
            "database" => Some("--database"),
            "listen" => Some("--listen"),
            "public_url" => Some("--public-url"),
            DEMO_SETTING => Some("--app-url"),
            _ => None,
        }
    }

    /// Converts a value from the environment, a flag or the table, where every value is a string.
    pub(super) fn raw_value(&self, text: &str) -> RawValue {
        // A string that is not a number or Boolean stays a string, so that the error message shows it as written.
        let as_text = || RawValue::Text(text.to_owned());
        match self.kind {
            ValueKind::Text | ValueKind::Path => as_text(),
            ValueKind::Number => {
                text.parse::<i64>().map_or_else(|_| as_text(), |number| RawValue::Number(number.to_string()))
            }
            ValueKind::Boolean => text.parse().map_or_else(|_| as_text(), RawValue::Boolean),
            ValueKind::Table | ValueKind::TableWithFiles => {
                serde_json::from_str(text).map_or_else(|_| as_text(), RawValue::Table)
            }
            ValueKind::List(_) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                RawValue::List(items.map(str::to_owned).collect())
            }
        }
    }
}

pub(super) fn is_section(name: &str) -> bool {
    settings().any(|setting| setting.section() == Some(name))
}
