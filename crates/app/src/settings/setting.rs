//! What a setting is, before any is named.

use super::load::Surroundings;
use super::table::{GENERAL, settings};
use super::{Loaded, Written};

/// One setting: what it is called and means, and how its value is read.
#[derive(Debug)]
pub(crate) struct Setting {
    /// `section.key`, or only the key for those above the first section.
    pub(crate) path: &'static str,
    /// One line for the reference.
    pub(crate) explains: &'static str,
    /// What is a good value, for "it takes …".
    pub(crate) takes: &'static str,
    /// A good value, as it would stand in the environment.
    pub(crate) example: &'static str,
    pub(super) default: Fallback,
    pub(super) kind: Kind,
    /// Puts one value, or one item of a list, in its place; `None` when it is not what the setting takes.
    pub(super) read: fn(&mut Loaded, &str) -> Option<()>,
}

/// How a value is written in the file.
#[derive(Debug)]
pub(super) enum Kind {
    Text,
    /// A text that, in the file, is relative to the file's folder.
    Path,
    Number,
    /// A list of texts, separated by commas in the environment; the function empties it.
    List(fn(&mut Loaded)),
}

/// What holds when nobody has set it.
#[derive(Debug)]
pub(super) enum Fallback {
    /// This value, as it would stand in the environment.
    Is(&'static str),
    /// It depends: in these words, and by this function. `None` when there is nothing to take it from.
    From(&'static str, fn(&Loaded, &Surroundings) -> Option<String>),
}

impl Setting {
    /// The setting of this name.
    pub(super) fn named(path: &str) -> Option<&'static Self> {
        settings().find(|setting| setting.path == path)
    }

    /// The setting that says where the database is.
    pub(super) fn database() -> &'static Self {
        &GENERAL[0]
    }

    /// The section it stands in, if it stands in one.
    pub(crate) fn section(&self) -> Option<&'static str> {
        self.path.split_once('.').map(|(section, _)| section)
    }

    /// Its name within its section.
    pub(crate) fn key(&self) -> &'static str {
        self.path.split_once('.').map_or(self.path, |(_, key)| key)
    }

    /// Its environment variable.
    pub(crate) fn variable(&self) -> String {
        format!("VESTIBULE_{}", self.path.to_ascii_uppercase().replace('.', "_"))
    }

    /// Its flag, for the few that have one.
    pub(crate) fn flag(&self) -> Option<&'static str> {
        match self.path {
            "database" => Some("--database"),
            "listen" => Some("--listen"),
            "public_url" => Some("--public-url"),
            _ => None,
        }
    }

    /// A value from the environment, a flag or this table, where everything is one text.
    pub(super) fn written(&self, text: &str) -> Written {
        match self.kind {
            Kind::Text | Kind::Path => Written::Text(text.to_owned()),
            // What is no number is shown as the text it is.
            Kind::Number => match text.parse::<i64>() {
                Ok(number) => Written::Number(number.to_string()),
                Err(_) => Written::Text(text.to_owned()),
            },
            Kind::List(_) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Written::List(items.map(str::to_owned).collect())
            }
        }
    }
}

/// Whether a section of this name exists.
pub(super) fn is_section(name: &str) -> bool {
    settings().any(|setting| setting.section() == Some(name))
}
