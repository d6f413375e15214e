//! Parsing of lists of invitees: JSON, CSV, or a form with pasted addresses.
//!
//! An invalid row becomes a row with an error code; an invalid list rejects the request.

mod content_type;
mod decode;
mod headings;
mod mailboxes;
mod pasted;
mod table;

use std::fmt;

use axum::body::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::invitation::{BulkRow, MAX_EXPIRY_DAYS, MAX_ROWS, RequestedRoles};
use vestibule_core::language::Language;
use vestibule_core::names::InvitationMessage;
use vestibule_core::{Code, Problem};

use self::content_type::ContentType;
use self::decode::decode;
pub(crate) use self::pasted::{PastedList, RoleNames, UploadedFile, sample_table};
pub(crate) use self::table::Columns;
use self::table::Table;
use super::{locale, message, parse_locale, parse_message};
use crate::extract::{FieldMap, FieldReader};

/// What a result repeats of an address, in bytes. Every valid address is shorter. Results are stored for a day.
const MAX_REPEATED_BYTES: usize = 300;

const SUPPORTED_TYPES: &str = "Send application/json, text/csv (also text/tab-separated-values, application/csv or \
                               application/vnd.ms-excel), text/plain with addresses, or a form (multipart/form-data or \
                               application/x-www-form-urlencoded) with emails or a file.";

/// The options for all rows, from the body or the query.
#[derive(Clone, Debug, Default)]
pub(crate) struct ImportOptions {
    /// The defaults for rows without roles of their own.
    pub(super) roles: RequestedRoles,
    /// Days until the invitations expire.
    pub(super) days: Option<u16>,
    pub(super) language: Option<Language>,
    /// Only from the body: a URL is no place for words to a person.
    pub(super) message: Option<InvitationMessage>,
    /// True to validate the rows only.
    pub(super) dry_run: Option<bool>,
    /// True if one invalid row prevents all invitations.
    pub(super) all_or_nothing: Option<bool>,
}

impl ImportOptions {
    pub(super) fn parse(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self {
            roles: RequestedRoles {
                role: fields.id("role_id")?,
                workspace: fields.id("workspace_id")?,
                workspace_role: fields.id("workspace_role_id")?,
            },
            days: fields.number_within("expiry_days", 1..=MAX_EXPIRY_DAYS)?,
            language: locale(fields)?,
            message: None,
            dry_run: fields.flag("dry_run")?,
            all_or_nothing: fields
                .text("mode")?
                .filter(|mode| !mode.is_empty())
                .map(|mode| parse_mode(&mode))
                .transpose()?,
        })
    }

    /// Fills missing options from `fallback`.
    pub(super) fn or(self, fallback: &Self) -> Self {
        Self {
            roles: merge_roles(self.roles, fallback.roles),
            days: self.days.or(fallback.days),
            language: self.language.or(fallback.language),
            message: self.message.or_else(|| fallback.message.clone()),
            dry_run: self.dry_run.or(fallback.dry_run),
            all_or_nothing: self.all_or_nothing.or(fallback.all_or_nothing),
        }
    }
}

fn merge_roles(own: RequestedRoles, default: RequestedRoles) -> RequestedRoles {
    let workspace = own.workspace.or(default.workspace);
    RequestedRoles {
        role: own.role.or(default.role),
        workspace,
        // The default role belongs to the default workspace.
        workspace_role: own.workspace_role.or(default.workspace_role.filter(|_| workspace == default.workspace)),
    }
}

fn parse_mode(mode: &str) -> Result<bool, Problem> {
    match mode {
        "all" => Ok(true),
        "each" => Ok(false),
        _ => Err(Problem::field("mode", "write all to invite all or nobody, or each to invite every valid row.")),
    }
}

#[derive(Debug)]
pub(crate) struct ImportList {
    pub(super) options: ImportOptions,
    entries: Vec<Entry>,
    /// The headings of columns that are not used.
    pub(super) ignored_columns: Vec<String>,
}

/// An unparsed row.
#[derive(Clone, Debug, Default)]
struct Entry {
    email: String,
    /// Only from a column that the reader of a file chose.
    name: Option<String>,
    /// The number of its row in a spreadsheet.
    line: Option<u64>,
    role: Option<String>,
    workspace: Option<String>,
    workspace_role: Option<String>,
}

impl ImportList {
    /// Parses a body by its content type: JSON, CSV, text, or a form with `emails` or a `file`.
    ///
    /// # Errors
    /// Those of [`crate::extract::Body`]; `TOO_MANY_ROWS`; `REQUIRED_FIELD` for an empty list.
    pub(crate) async fn parse_body(content_type: Option<&str>, body: Bytes) -> Result<Self, Problem> {
        let parsed = ContentType::parse(content_type.unwrap_or_default());
        let list = match parsed.essence.as_str() {
            "application/json" => Self::parse_json(&body)?,
            "text/csv"
            | "text/x-csv"
            | "text/comma-separated-values"
            | "text/x-comma-separated-values"
            | "text/tab-separated-values"
            | "application/csv"
            | "application/x-csv"
            | "application/vnd.ms-excel" => {
                let text = decode(&body, parsed.parameter("charset"))?;
                Self::from_table(Table::parse(&text, parsed.parameter("header"))?)
            }
            "text/plain" => Self::parse_text(&decode(&body, parsed.parameter("charset"))?, &|_| false)?,
            "" | "application/x-www-form-urlencoded" | "multipart/form-data" => {
                Self::parse_form(FieldMap::parse_body(content_type, body).await?)?
            }
            _ => return Err(Code::UnsupportedMediaType.with_message(SUPPORTED_TYPES)),
        };
        match list.entries.len() {
            0 => Err(Problem::required("emails")),
            rows if rows > MAX_ROWS => Err(Code::TooManyRows.into()),
            _ => Ok(list),
        }
    }

    fn from_table(table: Table) -> Self {
        let Table { entries, ignored_columns, .. } = table;
        Self { options: ImportOptions::default(), entries, ignored_columns }
    }

    /// Parses pasted text: a table if it has headings, and otherwise a list of mailboxes. A column of roles may have names
    /// for which `is_role` is true.
    ///
    /// # Errors
    /// `TOO_MANY_ROWS`.
    fn parse_text(text: &str, is_role: &dyn Fn(&str) -> bool) -> Result<Self, Problem> {
        match Table::parse_with_roles(text, None, is_role) {
            Ok(table) if table.has_headings => return Ok(Self::from_table(table)),
            _ => {}
        }
        let entries: Vec<_> =
            mailboxes::split(text).take(MAX_ROWS + 1).map(|email| Entry { email, ..Entry::default() }).collect();
        if entries.len() > MAX_ROWS {
            return Err(Code::TooManyRows.into());
        }
        Ok(Self { options: ImportOptions::default(), entries, ignored_columns: Vec::new() })
    }

    fn parse_form(fields: FieldMap) -> Result<Self, Problem> {
        let mut fields = FieldReader::new(fields);
        let options = ImportOptions { message: message(&mut fields)?, ..ImportOptions::parse(&mut fields)? };
        let mut list = match fields.long_text("emails")? {
            Some(emails) => Self::parse_text(&emails, &|_| false)?,
            None => Self::from_table(Table::default()),
        };
        if let Some(file) = fields.file_or_text("file")? {
            let table = Table::parse(&decode(&file, None)?, None)?;
            list.entries.extend(table.entries);
            list.ignored_columns.extend(table.ignored_columns);
        }
        fields.finish()?;
        Ok(Self { options, ..list })
    }

    fn parse_json(body: &[u8]) -> Result<Self, Problem> {
        let list: JsonList = serde_json::from_slice(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Code::BadRequestBody.with_message(format!(
                "The body is not a list of invitations: line {line}, column {column}. Write {{\"invitations\": \
                 [{{\"email\": \"…\"}}]}}."
            ))
        })?;
        let options = ImportOptions {
            roles: RequestedRoles {
                role: parse_id("role_id", list.role_id.as_ref())?,
                workspace: parse_id("workspace_id", list.workspace_id.as_ref())?,
                workspace_role: parse_id("workspace_role_id", list.workspace_role_id.as_ref())?,
            },
            days: list.expiry_days.map(check_days).transpose()?,
            language: list.locale.as_deref().map(parse_locale).transpose()?.flatten(),
            message: list.message.as_deref().map(parse_message).transpose()?.flatten(),
            dry_run: list.dry_run,
            all_or_nothing: list.mode.as_deref().map(parse_mode).transpose()?,
        };
        let entries = list.invitations.into_iter().map(|entry| match entry {
            JsonEntry::Address(email) => Entry { email, ..Entry::default() },
            JsonEntry::Object(entry) => Entry {
                email: entry.email,
                name: None,
                line: None,
                role: entry.role_id.map(|id| id.0),
                workspace: entry.workspace_id.map(|id| id.0),
                workspace_role: entry.workspace_role_id.map(|id| id.0),
            },
        });
        Ok(Self { entries: entries.collect(), options, ignored_columns: Vec::new() })
    }

    /// Parses the rows. Missing values are taken from `defaults`.
    pub(crate) fn rows(self, defaults: &ImportOptions) -> Vec<BulkRow> {
        let row = |entry: Entry| to_row(entry, defaults.roles);
        self.entries.into_iter().map(row).collect()
    }
}

fn to_row(entry: Entry, defaults: RequestedRoles) -> BulkRow {
    let parsed = parse_entry(&entry, defaults);
    let (mut email, line) = (entry.email, entry.line);
    email.truncate(email.floor_char_boundary(MAX_REPEATED_BYTES));
    BulkRow { parsed, email, line }
}

fn parse_entry(entry: &Entry, default: RequestedRoles) -> Result<(EmailAddress, RequestedRoles), Code> {
    if entry.email.trim().is_empty() {
        return Err(Code::RequiredField);
    }
    let email = EmailAddress::parse(entry.email.trim()).map_err(|_| Code::InvalidEmail)?;
    let own = RequestedRoles {
        role: parse_optional(entry.role.as_deref())?,
        workspace: parse_optional(entry.workspace.as_deref())?,
        workspace_role: parse_optional(entry.workspace_role.as_deref())?,
    };
    Ok((email, merge_roles(own, default)))
}

fn parse_optional<I: std::str::FromStr>(text: Option<&str>) -> Result<Option<I>, Code> {
    match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| Code::InvalidId),
    }
}

fn parse_id<I: std::str::FromStr>(name: &str, text: Option<&IdText>) -> Result<Option<I>, Problem> {
    parse_optional(text.map(|text| text.0.as_str())).map_err(|_| {
        Code::InvalidId.with_message(format!("{name}: an id is a decimal number, such as 123456789012345678."))
    })
}

fn check_days(days: u16) -> Result<u16, Problem> {
    if (1..=MAX_EXPIRY_DAYS).contains(&days) {
        Ok(days)
    } else {
        Err(Problem::field("expiry_days", format!("write a whole number from 1 to {MAX_EXPIRY_DAYS}.")))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonList {
    #[serde(deserialize_with = "bounded_entries")]
    invitations: Vec<JsonEntry>,
    role_id: Option<IdText>,
    workspace_id: Option<IdText>,
    workspace_role_id: Option<IdText>,
    expiry_days: Option<u16>,
    locale: Option<String>,
    message: Option<String>,
    dry_run: Option<bool>,
    mode: Option<String>,
}

/// Reads the entries up to the first one that is too many. The others are skipped, to bound the memory of long lists.
fn bounded_entries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<JsonEntry>, D::Error> {
    struct Entries;

    impl<'de> Visitor<'de> for Entries {
        type Value = Vec<JsonEntry>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of invitations")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<JsonEntry>, A::Error> {
            let mut entries = Vec::new();
            while entries.len() <= MAX_ROWS {
                match list.next_element()? {
                    Some(entry) => entries.push(entry),
                    None => return Ok(entries),
                }
            }
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(entries)
        }
    }

    deserializer.deserialize_seq(Entries)
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum JsonEntry {
    Address(String),
    Object(JsonObject),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonObject {
    #[serde(default)]
    email: String,
    role_id: Option<IdText>,
    workspace_id: Option<IdText>,
    workspace_role_id: Option<IdText>,
}

/// An id as a string or number.
#[derive(Debug)]
struct IdText(String);

impl<'de> Deserialize<'de> for IdText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Ok(Self(text)),
            serde_json::Value::Number(number) => Ok(Self(number.to_string())),
            _ => Err(D::Error::custom("an id must be a string or a number")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn never_panics_on_any_input(text in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(text) = decode(&text, None) {
                let _ = Table::parse(&text, None);
                let _ = PastedList::parse(&text, &RoleNames::default());
            }
            let _ = ImportList::parse_json(&text);
        }
    }
}
