//! Reading the settings file: every value with its line, and every problem rather than only the first.

use std::fs;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Origin, SettingError};
use super::nearest::nearest;
use super::setting::{Kind, Setting, is_section};
use super::{Given, Written};

/// What a file holds, right or wrong.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) given: Vec<Given>,
    pub(super) problems: Vec<SettingError>,
}

/// Reads the file at `path`; `named_by` is where the path itself was written.
pub(super) fn read(path: &Path, named_by: Origin) -> Contents {
    match fs::read_to_string(path) {
        Ok(text) => Reader { path, text: &text, contents: Contents::default() }.read(),
        Err(error) => {
            let reason = match error.kind() {
                std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
                std::io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
                _ => error.to_string(),
            };
            let problem = SettingError::FileUnreadable { path: path.to_owned(), named_by, reason };
            Contents { given: Vec::new(), problems: vec![problem] }
        }
    }
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    contents: Contents,
}

impl Reader<'_> {
    fn read(mut self) -> Contents {
        match DeTable::parse(self.text) {
            Ok(table) => self.top(table.get_ref()),
            Err(error) => {
                let reason = error.message().lines().collect::<Vec<_>>().join(", ");
                let at = self.at(error.span().map_or(0, |span| span.start));
                self.contents.problems.push(SettingError::NotToml { at, reason });
            }
        }
        self.contents
    }

    fn top(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            let name: &str = key.get_ref();
            match (Setting::named(name), value.get_ref()) {
                (Some(setting), _) => self.give(setting, value),
                (None, DeValue::Table(inner)) if is_section(name) || !inner.is_empty() => self.section(name, inner),
                (None, _) if is_section(name) => {
                    let (section, at) = (name.to_owned(), self.at(value.span().start));
                    let found = self.written(value.get_ref(), None);
                    self.contents.problems.push(SettingError::IsSection { section, at, found });
                }
                (None, _) => self.unknown(name.to_owned(), key.span().start),
            }
        }
    }

    fn section(&mut self, section: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let path = format!("{section}.{}", key.get_ref());
            match Setting::named(&path) {
                Some(setting) => self.give(setting, value),
                None => self.unknown(path, key.span().start),
            }
        }
    }

    fn give(&mut self, setting: &'static Setting, value: &Spanned<DeValue<'_>>) {
        let written = self.written(value.get_ref(), Some(setting));
        let origin = self.at(value.span().start);
        self.contents.given.push(Given { setting, written, origin });
    }

    fn unknown(&mut self, path: String, start: usize) {
        let (at, meant) = (self.at(start), nearest(&path));
        self.contents.problems.push(SettingError::Unknown { path, at, meant });
    }

    fn written(&self, value: &DeValue<'_>, setting: Option<&Setting>) -> Written {
        match value {
            DeValue::String(text) if setting.is_some_and(|setting| matches!(setting.kind, Kind::Path)) => {
                Written::Text(self.beside_the_file(text))
            }
            DeValue::String(text) => Written::Text(text.to_string()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Written::Number(number.to_string()),
                Err(_) => Written::Other(number.to_string()),
            },
            DeValue::Array(items) => {
                let texts = items.iter().map(|item| item.get_ref().as_str().map(str::to_owned));
                let list: Option<Vec<_>> = texts.collect();
                list.map_or_else(|| Written::Other("a list of other things than texts".to_owned()), Written::List)
            }
            DeValue::Boolean(truth) => Written::Other(truth.to_string()),
            DeValue::Float(number) => Written::Other(number.to_string()),
            DeValue::Datetime(date) => Written::Other(date.to_string()),
            DeValue::Table(_) => Written::Other("a section".to_owned()),
        }
    }

    /// Whoever starts the program elsewhere shall still find the same files. An empty path stays the mistake it is.
    fn beside_the_file(&self, text: &str) -> String {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let is_path = !text.is_empty() && !text.contains("://");
        let joined: Option<PathBuf> = is_path.then(|| folder.join(text));
        joined.and_then(|path| path.into_os_string().into_string().ok()).unwrap_or_else(|| text.to_owned())
    }

    fn at(&self, start: usize) -> Origin {
        let lines = self.text.as_bytes().iter().take(start).filter(|byte| **byte == b'\n').count();
        Origin::File(self.path.to_owned(), lines + 1)
    }
}
