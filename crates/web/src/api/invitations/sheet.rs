//! A list of people to invite, as it comes: JSON, CSV, or a form with addresses pasted into it.
//!
//! What is wrong with a row is kept with the row. What is wrong with the whole ends the call.

use axum::body::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::invitation::{As, LONGEST_LIFE, MOST_ROWS, Row};
use vestibule_core::{Code, Problem};

use crate::extract::{Fields, Reader};

/// What is said of all rows at once, in the body or in the query.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    /// As what, where a row does not say.
    pub(super) r#as: As,
    /// Days until they expire.
    pub(super) days: Option<u16>,
    /// Whether it is only said what would be done.
    pub(super) dry_run: Option<bool>,
    /// Whether one row that fails keeps all from being done.
    pub(super) all_or_nothing: Option<bool>,
}

impl Options {
    pub(super) fn read(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self {
            r#as: As {
                role: fields.id("role_id")?,
                workspace: fields.id("workspace_id")?,
                workspace_role: fields.id("workspace_role_id")?,
            },
            days: fields.number_within("expiry_days", 1..=LONGEST_LIFE)?,
            dry_run: fields.flag("dry_run")?,
            all_or_nothing: fields
                .text("mode")?
                .filter(|mode| !mode.is_empty())
                .map(|mode| all_or_nothing(&mode))
                .transpose()?,
        })
    }

    /// These, and where they say nothing those.
    pub(super) fn or(self, others: &Self) -> Self {
        Self {
            r#as: filled(self.r#as, others.r#as),
            days: self.days.or(others.days),
            dry_run: self.dry_run.or(others.dry_run),
            all_or_nothing: self.all_or_nothing.or(others.all_or_nothing),
        }
    }
}

fn filled(own: As, default: As) -> As {
    let workspace = own.workspace.or(default.workspace);
    As {
        role: own.role.or(default.role),
        workspace,
        // A role of one workspace is none in another.
        workspace_role: own.workspace_role.or(default.workspace_role.filter(|_| workspace == default.workspace)),
    }
}

fn all_or_nothing(mode: &str) -> Result<bool, Problem> {
    match mode {
        "all" => Ok(true),
        "each" => Ok(false),
        _ => Err(Problem::field("mode", "write all, for all or nothing, or each, for as far as it goes.")),
    }
}

/// A list as it was sent.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) options: Options,
    entries: Vec<Entry>,
}

/// A row as it was sent.
#[derive(Clone, Debug, Default)]
struct Entry {
    email: String,
    role: Option<String>,
    workspace: Option<String>,
    workspace_role: Option<String>,
}

impl Sheet {
    /// Reads a body by its content type: `application/json`, `text/csv`, or a form with `emails` or a `file`.
    ///
    /// Errors: those of a body; `TOO_MANY_ROWS`; `REQUIRED_FIELD` for an empty list.
    pub(super) async fn of_body(content_type: Option<&str>, body: Bytes) -> Result<Self, Problem> {
        let essence =
            content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let sheet = match essence.as_str() {
            "application/json" => Self::of_json(&body)?,
            "text/csv" => Self { options: Options::default(), entries: of_csv(&body)? },
            _ => Self::of_form(Fields::of_body(content_type, body).await?)?,
        };
        match sheet.entries.len() {
            0 => Err(Problem::required("emails")),
            rows if rows > MOST_ROWS => Err(Code::TooManyRows.into()),
            _ => Ok(sheet),
        }
    }

    fn of_form(fields: Fields) -> Result<Self, Problem> {
        let mut fields = Reader::new(fields);
        let options = Options::read(&mut fields)?;
        let mut entries: Vec<_> = pasted(&fields.long_text("emails")?.unwrap_or_default()).collect();
        if let Some(file) = fields.long_text("file")? {
            entries.extend(of_csv(file.as_bytes())?);
        }
        fields.finish()?;
        Ok(Self { options, entries })
    }

    fn of_json(body: &[u8]) -> Result<Self, Problem> {
        let sheet: JsonSheet = serde_json::from_slice(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Code::BadRequestBody.saying(format!(
                "The body is not a list of invitations: line {line}, column {column}. Write {{\"invitations\": \
                 [{{\"email\": \"…\"}}]}}."
            ))
        })?;
        let options = Options {
            r#as: As {
                role: id("role_id", sheet.role_id.as_ref())?,
                workspace: id("workspace_id", sheet.workspace_id.as_ref())?,
                workspace_role: id("workspace_role_id", sheet.workspace_role_id.as_ref())?,
            },
            days: sheet.expiry_days.map(days).transpose()?,
            dry_run: sheet.dry_run,
            all_or_nothing: sheet.mode.as_deref().map(all_or_nothing).transpose()?,
        };
        let entries = sheet.invitations.into_iter().map(|entry| match entry {
            JsonEntry::Address(email) => Entry { email, ..Entry::default() },
            JsonEntry::Object(entry) => Entry {
                email: entry.email,
                role: entry.role_id.map(|id| id.0),
                workspace: entry.workspace_id.map(|id| id.0),
                workspace_role: entry.workspace_role_id.map(|id| id.0),
            },
        });
        Ok(Self { entries: entries.collect(), options })
    }

    /// The rows, each as what it says or what is said of all.
    pub(super) fn rows(self, defaults: &Options) -> Vec<Row> {
        let row = |entry: Entry| Row { meant: meant(&entry, defaults.r#as), written: entry.email };
        self.entries.into_iter().map(row).collect()
    }
}

/// Addresses as people paste them: with commas, semicolons, spaces or line ends between them.
fn pasted(text: &str) -> impl Iterator<Item = Entry> {
    let addresses = text.split([',', ';', '\n', '\r', '\t', ' ']).filter(|email| !email.is_empty());
    addresses.map(|email| Entry { email: email.to_owned(), ..Entry::default() })
}

/// The rows of a list that somebody has pasted into a page. Errors: `REQUIRED_FIELD`; `TOO_MANY_ROWS`.
pub(crate) fn pasted_rows(text: &str, r#as: As) -> Result<Vec<Row>, Problem> {
    let row = |entry: Entry| Row { meant: meant(&entry, r#as), written: entry.email };
    let rows: Vec<_> = pasted(text).map(row).collect();
    match rows.len() {
        0 => Err(Problem::required("emails")),
        rows if rows > MOST_ROWS => Err(Code::TooManyRows.into()),
        _ => Ok(rows),
    }
}

fn meant(entry: &Entry, default: As) -> Result<(EmailAddress, As), Code> {
    if entry.email.trim().is_empty() {
        return Err(Code::RequiredField);
    }
    let email = EmailAddress::parse(entry.email.trim()).map_err(|_| Code::InvalidEmail)?;
    let own = As {
        role: parsed(entry.role.as_deref())?,
        workspace: parsed(entry.workspace.as_deref())?,
        workspace_role: parsed(entry.workspace_role.as_deref())?,
    };
    Ok((email, filled(own, default)))
}

fn parsed<I: std::str::FromStr>(text: Option<&str>) -> Result<Option<I>, Code> {
    match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| Code::InvalidId),
    }
}

fn id<I: std::str::FromStr>(name: &str, text: Option<&IdText>) -> Result<Option<I>, Problem> {
    parsed(text.map(|text| text.0.as_str()))
        .map_err(|_| Code::InvalidId.saying(format!("{name}: an id is a decimal number, such as 123456789012345678.")))
}

fn days(days: u16) -> Result<u16, Problem> {
    if (1..=LONGEST_LIFE).contains(&days) {
        Ok(days)
    } else {
        Err(Problem::field("expiry_days", format!("write a whole number from 1 to {LONGEST_LIFE}.")))
    }
}

/// Columns by their names in the first line; without such a line the first column holds the addresses.
fn of_csv(text: &[u8]) -> Result<Vec<Entry>, Problem> {
    // Spreadsheets begin their files with a mark that is no part of the first name.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let broken = |error: csv::Error| {
        let line = error.position().map_or(0, csv::Position::line);
        Code::BadRequestBody
            .saying(format!("The CSV cannot be read at line {line}: it has to be UTF-8, with whole quotes."))
    };
    let mut lines = csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(text);
    let mut columns: Option<Columns> = None;
    let mut entries = Vec::new();
    for line in lines.records() {
        let line = line.map_err(broken)?;
        match &columns {
            None => {
                let named = Columns::named(&line);
                let is_head = named.is_some();
                let columns = columns.insert(named.unwrap_or_default());
                if !is_head {
                    entries.push(columns.entry(&line));
                }
            }
            Some(columns) => entries.push(columns.entry(&line)),
        }
        // Whoever sends a hundred thousand shall not make us keep them.
        if entries.len() > MOST_ROWS {
            return Err(Code::TooManyRows.into());
        }
    }
    Ok(entries)
}

/// Where what stands in a line.
#[derive(Debug, Default)]
struct Columns {
    email: usize,
    role: Option<usize>,
    workspace: Option<usize>,
    workspace_role: Option<usize>,
}

impl Columns {
    fn named(head: &csv::StringRecord) -> Option<Self> {
        let place = |names: &[&str]| {
            head.iter().position(|name| names.contains(&name.to_lowercase().replace([' ', '-'], "_").as_str()))
        };
        Some(Self {
            email: place(&["email", "e_mail", "email_address", "e_mail_address", "mail"])?,
            role: place(&["role_id"]),
            workspace: place(&["workspace_id"]),
            workspace_role: place(&["workspace_role_id"]),
        })
    }

    fn entry(&self, line: &csv::StringRecord) -> Entry {
        let at = |place: Option<usize>| place.and_then(|place| line.get(place)).map(ToOwned::to_owned);
        Entry {
            email: at(Some(self.email)).unwrap_or_default(),
            role: at(self.role),
            workspace: at(self.workspace),
            workspace_role: at(self.workspace_role),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonSheet {
    invitations: Vec<JsonEntry>,
    role_id: Option<IdText>,
    workspace_id: Option<IdText>,
    workspace_role_id: Option<IdText>,
    expiry_days: Option<u16>,
    dry_run: Option<bool>,
    mode: Option<String>,
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

/// An id as text or as a number.
#[derive(Debug)]
struct IdText(String);

impl<'de> Deserialize<'de> for IdText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Ok(Self(text)),
            serde_json::Value::Number(number) => Ok(Self(number.to_string())),
            _ => Err(D::Error::custom("an id is a text or a number")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn emails(csv: &[u8]) -> Vec<String> {
        of_csv(csv).unwrap().into_iter().map(|entry| entry.email).collect()
    }

    #[test]
    fn csv_is_read_as_people_export_it() {
        assert_eq!(
            emails(b"\xef\xbb\xbfName,E-Mail\r\n\"Berg, Nina\",nina@x.se\r\nKim,\"kim@x.se\"\r\n"),
            ["nina@x.se", "kim@x.se"]
        );
        assert_eq!(emails(b"nina@x.se\nkim@x.se\n\n"), ["nina@x.se", "kim@x.se"]);
        assert_eq!(emails(b"email,role_id\nnina@x.se\nkim@x.se,12,13,14\n"), ["nina@x.se", "kim@x.se"]);
        assert_eq!(
            emails(b"=HYPERLINK(\"x\")\n@SUM(1)"),
            ["=HYPERLINK(\"x\")", "@SUM(1)"],
            "what it is, is judged later"
        );
        assert_eq!(of_csv(b"email\n\xff\xfe").unwrap_err().code(), Code::BadRequestBody);
        let many = "a@x.se\n".repeat(100_000);
        assert_eq!(of_csv(many.as_bytes()).unwrap_err().code(), Code::TooManyRows);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = of_csv(&text);
            let _ = Sheet::of_json(&text);
        }
    }
}
