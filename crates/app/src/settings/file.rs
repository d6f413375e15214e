//! Reading the settings file: every value with its line, and all problems rather than only the first.

use std::fs;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Origin, SettingError};
use super::setting::{Setting, ValueKind, is_section};
use super::suggest::suggest;
use super::{RawValue, SettingValue};

/// The values and problems found in a file.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) values: Vec<SettingValue>,
    pub(super) problems: Vec<SettingError>,
}

/// Reads the file at `path`; `named_by` is the source of the path.
pub(super) fn read(path: &Path, named_by: Origin) -> Contents {
    match fs::read_to_string(path) {
        Ok(text) => Reader { path, text: &text, contents: Contents::default() }.read(),
        Err(error) => {
            let reason = match error.kind() {
                std::io::ErrorKind::NotFound => "the file does not exist".to_owned(),
                std::io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
                _ => error.to_string(),
            };
            let problem = SettingError::FileUnreadable { path: path.to_owned(), named_by, reason };
            Contents { values: Vec::new(), problems: vec![problem] }
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
            Ok(table) => self.read_top_level(table.get_ref()),
            Err(error) => {
                let reason = error.message().lines().collect::<Vec<_>>().join(", ");
                let origin = self.origin(error.span().map_or(0, |span| span.start));
                self.contents.problems.push(SettingError::InvalidToml { origin, reason });
            }
        }
        self.contents
    }

    fn read_top_level(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            let name: &str = key.get_ref();
            match (Setting::find(name), value.get_ref()) {
                (Some(setting), _) => self.add_value(setting, value),
                (None, DeValue::Table(inner)) if is_section(name) || !inner.is_empty() => {
                    self.read_section(name, inner);
                }
                (None, _) if is_section(name) => {
                    let (section, origin) = (name.to_owned(), self.origin(value.span().start));
                    let value = self.raw_value(value.get_ref(), None);
                    self.contents.problems.push(SettingError::ValueForSection { section, origin, value });
                }
                (None, _) => self.add_unknown(name.to_owned(), key.span().start),
            }
        }
    }

    fn read_section(&mut self, section: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let path = format!("{section}.{}", key.get_ref());
            match Setting::find(&path) {
                Some(setting) => self.add_value(setting, value),
                None => self.add_unknown(path, key.span().start),
            }
        }
    }

    fn add_value(&mut self, setting: &'static Setting, value: &Spanned<DeValue<'_>>) {
        let raw = self.raw_value(value.get_ref(), Some(setting));
        let origin = self.origin(value.span().start);
        self.contents.values.push(SettingValue { setting, value: raw, origin });
    }

    fn add_unknown(&mut self, path: String, offset: usize) {
        let (origin, suggestion) = (self.origin(offset), suggest(&path));
        self.contents.problems.push(SettingError::UnknownSetting { path, origin, suggestion });
    }

    fn raw_value(&self, value: &DeValue<'_>, setting: Option<&Setting>) -> RawValue {
        match value {
            DeValue::String(text) if setting.is_some_and(|setting| matches!(setting.kind, ValueKind::Path)) => {
                RawValue::Text(self.resolve_path(text))
            }
            DeValue::String(text) => RawValue::Text(text.to_string()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => RawValue::Number(number.to_string()),
                Err(_) => RawValue::Unsupported(number.to_string()),
            },
            DeValue::Array(items) => {
                let texts = items.iter().map(|item| item.get_ref().as_str().map(str::to_owned));
                let list: Option<Vec<_>> = texts.collect();
                list.map_or_else(
                    || RawValue::Unsupported("a list with items that are not strings".to_owned()),
                    RawValue::List,
                )
            }
            DeValue::Boolean(value) => RawValue::Boolean(*value),
            DeValue::Float(number) => RawValue::Unsupported(number.to_string()),
            DeValue::Datetime(date) => RawValue::Unsupported(date.to_string()),
            DeValue::Table(table) => self.raw_table(table, setting),
        }
    }

    fn raw_table(&self, table: &DeTable<'_>, setting: Option<&Setting>) -> RawValue {
        let has_files = match setting.map(|setting| &setting.kind) {
            Some(ValueKind::Table) => false,
            Some(ValueKind::TableWithFiles) => true,
            _ => return RawValue::Unsupported("a section".to_owned()),
        };
        let Some(mut table) = json_object(table) else {
            return RawValue::Unsupported("a table with a date".to_owned());
        };
        let inner = table.iter_mut().filter(|_| has_files).filter_map(|(_, value)| value.as_object_mut());
        for (_, value) in inner.flatten().filter(|(name, _)| name.ends_with("_file")) {
            if let serde_json::Value::String(path) = value {
                *path = self.resolve_path(path);
            }
        }
        RawValue::Table(table)
    }

    /// Resolves a path relative to the directory of the file, so that it does not depend on the working directory. An
    /// empty path stays empty, and a URL unchanged.
    fn resolve_path(&self, text: &str) -> String {
        let dir = self.path.parent().unwrap_or(Path::new(""));
        let is_path = !text.is_empty() && !text.contains("://");
        let joined: Option<PathBuf> = is_path.then(|| dir.join(text));
        joined.and_then(|path| path.into_os_string().into_string().ok()).unwrap_or_else(|| text.to_owned())
    }

    /// Returns the line of a byte offset.
    fn origin(&self, offset: usize) -> Origin {
        let lines = self.text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count();
        Origin::File(self.path.to_owned(), lines + 1)
    }
}

/// Converts a table to JSON. Returns `None` for a value that JSON does not have: a date, or a number that is too large.
fn json_object(table: &DeTable<'_>) -> Option<serde_json::Map<String, serde_json::Value>> {
    table.iter().map(|(name, value)| Some((name.get_ref().to_string(), json(value.get_ref())?))).collect()
}

fn json(value: &DeValue<'_>) -> Option<serde_json::Value> {
    Some(match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok()?.into(),
        DeValue::Float(number) => number.as_str().parse::<f64>().ok().filter(|number| number.is_finite())?.into(),
        DeValue::Boolean(value) => (*value).into(),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect::<Option<Vec<_>>>()?.into(),
        DeValue::Table(table) => json_object(table)?.into(),
        DeValue::Datetime(_) => return None,
    })
}
