//! Tables of invitees: CSV as spreadsheets export it, in any of their languages.

use vestibule_core::email_address::EmailAddress;
use vestibule_core::invitation::MAX_ROWS;
use vestibule_core::{Code, Problem};

use super::headings::Column;
use super::{Entry, mailboxes};

/// The characters of an id or of the name of a role that are read. No name is longer, and more make an id invalid.
const MAX_ROLE_CHARS: usize = 100;
/// Excel writes a semicolon where the comma is the decimal separator, and a tab for "Unicode text".
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Rows at the beginning among which the headings may be, below a title.
const MAX_ROWS_ABOVE: usize = 10;
/// Headings that the result names.
const MAX_IGNORED: usize = 50;
const MAX_HEADING_CHARS: usize = 100;
/// What a person sees of a table to choose its columns.
const MAX_SAMPLE_ROWS: usize = 5;
const MAX_SAMPLE_COLUMNS: usize = 20;

/// The columns of a table, counted from 0, as its reader chose them.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) email: usize,
    pub(crate) name: Option<usize>,
    pub(crate) role: Option<usize>,
    pub(crate) has_headings: bool,
}

/// The rows of a table with the addresses.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) entries: Vec<Entry>,
    /// Headings of columns that are not used.
    pub(super) ignored_columns: Vec<String>,
    pub(super) has_headings: bool,
}

/// A row with its number in the spreadsheet, which counts all rows from 1. Cells are trimmed.
struct Row {
    number: u64,
    cells: Vec<String>,
}

impl Row {
    fn is_empty(&self) -> bool {
        self.cells.iter().all(String::is_empty)
    }

    fn cell(&self, column: Option<usize>) -> Option<&str> {
        column.and_then(|column| self.cells.get(column)).map(String::as_str)
    }
}

impl Table {
    /// Parses a table. `header` is that parameter of the content type `text/csv` (RFC 4180).
    ///
    /// # Errors
    /// `BAD_REQUEST_BODY` for an unbalanced quote; `TOO_MANY_ROWS`.
    pub(super) fn parse(text: &str, header: Option<&str>) -> Result<Self, Problem> {
        Self::parse_with_roles(text, header, &|_| false)
    }

    /// Like [`Self::parse`]. A column of roles may have names for which `is_role` is true.
    pub(super) fn parse_with_roles(
        text: &str,
        header: Option<&str>,
        is_role: &dyn Fn(&str) -> bool,
    ) -> Result<Self, Problem> {
        let text = with_line_feeds(text);
        let (separator, text) = separator_line(&text);
        let has_header = header.is_none_or(|header| !header.eq_ignore_ascii_case("absent"));
        let separators = separator.as_ref().map_or(&SEPARATORS[..], std::slice::from_ref);
        let layout = Layout::detect(text, separators, has_header);
        let mut table = Self::read(text, &layout)?;
        table.drop_role_names(&layout, is_role);
        Ok(table)
    }

    /// Parses a table with the columns that its reader chose.
    ///
    /// # Errors
    /// Those of [`Self::parse`].
    pub(super) fn parse_columns(text: &str, columns: &Columns) -> Result<Self, Problem> {
        let text = with_line_feeds(text);
        let (separator, text) = separator_line(&text);
        let separators = separator.as_ref().map_or(&SEPARATORS[..], std::slice::from_ref);
        let mut layout = Layout::detect(text, separators, false);
        let first = rows(text, layout.separator).map_while(Result::ok).find(|row| !row.is_empty());
        layout.header_row = first.filter(|_| columns.has_headings).map_or(0, |row| row.number);
        layout = Layout { email: columns.email, name: columns.name, role: columns.role, ..layout };
        Self::read(text, &layout)
    }

    /// Returns the first rows of a table, shortened.
    pub(super) fn sample(text: &str) -> Vec<Vec<String>> {
        let text = with_line_feeds(text);
        let (separator, text) = separator_line(&text);
        let separators = separator.as_ref().map_or(&SEPARATORS[..], std::slice::from_ref);
        let layout = Layout::detect(text, separators, false);
        let rows = rows(text, layout.separator).map_while(Result::ok).filter(|row| !row.is_empty());
        let cells = |row: Row| row.cells.into_iter().take(MAX_SAMPLE_COLUMNS).map(|cell| shorten(&cell)).collect();
        rows.take(MAX_SAMPLE_ROWS).map(cells).collect()
    }

    fn read(text: &str, layout: &Layout) -> Result<Self, Problem> {
        let has_headings = layout.header_row > 0;
        let mut table = Self { ignored_columns: layout.ignored_columns.clone(), has_headings, ..Self::default() };
        for row in rows(text, layout.separator) {
            let row = row?;
            if row.is_empty() || row.number <= layout.header_row {
                continue;
            }
            table.entries.extend(layout.entries(&row));
            // Checked here to bound the memory of long lists.
            if table.entries.len() > MAX_ROWS {
                return Err(Code::TooManyRows.into());
            }
        }
        Ok(table)
    }

    /// A column headed `Role` may have ids, or anything else, such as a person's occupation.
    fn drop_role_names(&mut self, layout: &Layout, is_role: &dyn Fn(&str) -> bool) {
        type Field = fn(&mut Entry) -> &mut Option<String>;
        let is_id = |text: &Option<String>| text.as_deref().is_none_or(|text| text.is_empty() || is_number(text));
        let fields: [(Option<usize>, Field); 3] = [
            (layout.role, |entry| &mut entry.role),
            (layout.workspace, |entry| &mut entry.workspace),
            (layout.workspace_role, |entry| &mut entry.workspace_role),
        ];
        for (column, field) in fields {
            let Some(heading) = column.and_then(|column| layout.headings.get(column)) else { continue };
            let is_named_id = heading.to_ascii_lowercase().ends_with("id");
            if is_named_id || self.entries.iter_mut().all(|entry| is_id(field(entry))) {
                continue;
            }
            let is_known = |entry: &mut Entry| field(entry).as_deref().is_some_and(is_role);
            if column == layout.role && self.entries.iter_mut().any(is_known) {
                continue;
            }
            self.entries.iter_mut().for_each(|entry| *field(entry) = None);
            self.ignored_columns.push(shorten(heading));
        }
    }
}

pub(super) fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn shorten(heading: &str) -> String {
    heading.chars().take(MAX_HEADING_CHARS).collect()
}

/// Returns the text with `\n` as its line ends, also at the end.
fn with_line_feeds(text: &str) -> String {
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.push('\n');
    text
}

/// Reads and removes Excel's line `sep=;`, which it hides and does not count.
fn separator_line(text: &str) -> (Option<u8>, &str) {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let line = line.trim_matches(['"', ' ', ',', ';']);
    let named = line.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")).and_then(|_| line.get(4..));
    match named.map(str::as_bytes) {
        Some([separator]) if separator.is_ascii() && !separator.is_ascii_alphanumeric() && *separator != b'"' => {
            (Some(*separator), rest)
        }
        // The separator itself was trimmed from the line.
        Some([]) => {
            let line = text.split('\n').next().unwrap_or_default();
            let separator = line.bytes().find(|byte| SEPARATORS.contains(byte));
            (separator, rest)
        }
        _ => (None, text),
    }
}

/// Which columns there are, and where the headings end.
#[derive(Default)]
struct Layout {
    separator: u8,
    /// The number of the row with the headings, or 0.
    header_row: u64,
    headings: Vec<String>,
    ignored_columns: Vec<String>,
    email: usize,
    name: Option<usize>,
    role: Option<usize>,
    workspace: Option<usize>,
    workspace_role: Option<usize>,
}

impl Layout {
    /// Finds the row with the headings, and with it the separator. Without headings, the first row that has an address
    /// decides which column has them.
    fn detect(text: &str, separators: &[u8], has_header: bool) -> Self {
        // Reversed, because the last of several maxima wins: the comma is preferred.
        let starts: Vec<Start> = separators.iter().rev().map(|separator| Start::read(text, *separator)).collect();
        if has_header {
            let exact = |heading: &str| Column::from_heading(heading) == Some(Column::Email);
            for is_email in [&exact as &dyn Fn(&str) -> bool, &Column::is_like_email] {
                let header = starts.iter().filter_map(|start| Some((start, start.header_row(is_email)?)));
                // The separator that makes most columns, if the heading stands in the text of several.
                if let Some((start, row)) = header.max_by_key(|(start, row)| (row.cells.len(), start.cell_count())) {
                    return Self::with_headings(start.separator, row, is_email);
                }
            }
        }
        let is_address = |cell: &String| cell.contains('@');
        let first = starts.iter().filter_map(|start| {
            let row = start.rows.iter().find(|row| row.cells.iter().any(is_address))?;
            Some((start.separator, row.cells.iter().position(is_address)?, row.cells.len()))
        });
        let (separator, email, _) = first.max_by_key(|(_, _, columns)| *columns).unwrap_or((separators[0], 0, 0));
        Self { separator, email, ..Self::default() }
    }

    fn with_headings(separator: u8, row: &Row, is_email: &dyn Fn(&str) -> bool) -> Self {
        let find = |column| row.cells.iter().position(|cell| Column::from_heading(cell) == Some(column));
        let email = row.cells.iter().position(|cell| is_email(cell)).unwrap_or_default();
        let (role, workspace) = (find(Column::Role), find(Column::Workspace));
        let workspace_role = find(Column::WorkspaceRole);
        let used = [Some(email), role, workspace, workspace_role];
        let ignored =
            row.cells.iter().enumerate().filter(|(index, cell)| !cell.is_empty() && !used.contains(&Some(*index)));
        let ignored_columns = ignored.map(|(_, cell)| shorten(cell)).take(MAX_IGNORED).collect();
        let headings = row.cells.clone();
        Self {
            separator,
            header_row: row.number,
            headings,
            ignored_columns,
            email,
            name: None,
            role,
            workspace,
            workspace_role,
        }
    }

    /// The entries of a row: one, or one for each of several addresses in its cell.
    fn entries(&self, row: &Row) -> Vec<Entry> {
        // Copied for each address of the cell, so their size must be bounded.
        let owned = |column| row.cell(column).map(|cell| cell.chars().take(MAX_ROLE_CHARS).collect::<String>());
        let short = |column| row.cell(column).map(shorten);
        let cell = row.cell(Some(self.email)).unwrap_or_default();
        let entry = |email| Entry {
            email,
            name: short(self.name),
            line: Some(row.number),
            role: owned(self.role),
            workspace: owned(self.workspace),
            workspace_role: owned(self.workspace_role),
        };
        addresses(cell).into_iter().map(entry).collect()
    }
}

/// The first rows of a table, as one separator makes them.
struct Start {
    separator: u8,
    rows: Vec<Row>,
}

impl Start {
    fn read(text: &str, separator: u8) -> Self {
        let rows = rows(text, separator).take(MAX_ROWS_ABOVE).map_while(Result::ok).collect();
        Self { separator, rows }
    }

    /// The first row with a heading of addresses, above any row that has an address.
    fn header_row(&self, is_email: &dyn Fn(&str) -> bool) -> Option<&Row> {
        let mut above = self.rows.iter().take_while(|row| !row.cells.iter().any(|cell| cell.contains('@')));
        above.find(|row| row.cells.iter().any(|cell| is_email(cell)))
    }

    fn cell_count(&self) -> usize {
        self.rows.iter().map(|row| row.cells.len()).sum()
    }
}

/// The addresses in a cell. A cell without a valid address stays as it is, to be refused.
fn addresses(cell: &str) -> Vec<String> {
    // Excel's way to write a text that is no formula.
    let text = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or(cell);
    if EmailAddress::parse(text).is_ok() {
        return vec![text.to_owned()];
    }
    let found: Vec<_> = mailboxes::split(text).take(MAX_ROWS + 1).collect();
    let is_list = found.iter().any(|address| EmailAddress::parse(address).is_ok());
    if is_list { found } else { vec![cell.to_owned()] }
}

/// Parses the rows. Line ends are `\n`, also at the end.
fn rows(text: &str, separator: u8) -> impl Iterator<Item = Result<Row, Problem>> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    // Line ends inside of cells so far.
    let mut inner_lines = 0_u64;
    let is_unbalanced = text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1;
    std::iter::from_fn(move || {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                return Some(Err(Code::BadRequestBody.with_message(format!("The CSV is malformed at line {line}."))));
            }
        }
        let inner: u64 = record.iter().map(|cell| cell.bytes().filter(|byte| *byte == b'\n').count() as u64).sum();
        let is_last = reader.position().byte() >= text.len() as u64;
        let number = reader.position().line().saturating_sub(1 + inner + inner_lines).max(1);
        inner_lines += inner;
        if is_last && is_unbalanced && inner > 0 {
            // All line ends are inside of the cell, so none ends the row.
            let number = number + 1;
            return Some(Err(Code::BadRequestBody
                .with_message(format!("The CSV is malformed: a quotation mark in row {number} is never closed."))));
        }
        let cells = record.iter().map(|cell| cell.trim_matches(is_blank).to_owned()).collect();
        Some(Ok(Row { number, cells }))
    })
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests;
