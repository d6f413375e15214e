//! The list of an invitation form: what was pasted into its field, and the table of an uploaded file.
//!
//! The form's field carries the list from request to request as text, so [`PastedList::to_text`] writes what
//! [`PastedList::parse`] reads.

use std::collections::HashMap;

use vestibule_core::id::RoleId;
use vestibule_core::invitation::{BulkRow, MAX_ROWS, RequestedRoles};
use vestibule_core::search;
use vestibule_core::{Code, Problem};

use super::decode::decode;
use super::table::{Columns, Table, is_number};
use super::{Entry, ImportList, to_row};

/// The roles that a list can name instead of their ids, by their folded names, which several may share.
#[derive(Debug, Default)]
pub(crate) struct RoleNames(HashMap<String, Vec<(String, RoleId)>>);

impl RoleNames {
    pub(crate) fn new<'a>(roles: impl Iterator<Item = (&'a str, RoleId)>) -> Self {
        let mut names: HashMap<String, Vec<(String, RoleId)>> = HashMap::new();
        for (name, id) in roles {
            names.entry(search::fold(name.trim())).or_default().push((name.to_owned(), id));
        }
        Self(names)
    }

    /// Whether a role, or several, have this name.
    fn contains(&self, name: &str) -> bool {
        self.0.contains_key(&search::fold(name.trim()))
    }

    /// Finds the role with exactly this name, or else the only one with such a name.
    fn find(&self, name: &str) -> Option<RoleId> {
        let found = self.0.get(&search::fold(name.trim()))?;
        let mut exact = found.iter().filter(|(other, _)| other == name.trim());
        match (exact.next(), exact.next(), found.as_slice()) {
            (Some((_, id)), None, _) | (None, _, [(_, id)]) => Some(*id),
            _ => None,
        }
    }
}

/// The list of an invitation form. It has at most [`MAX_ROWS`] entries.
#[derive(Debug)]
pub(crate) struct PastedList {
    entries: Vec<Entry>,
    /// The headings of columns that are not used.
    pub(crate) ignored_columns: Vec<String>,
}

/// The content of an uploaded file.
#[derive(Debug)]
pub(crate) enum UploadedFile {
    List(PastedList),
    /// The text of a table without headings: its reader has to say which column has the addresses.
    Table(String),
}

impl UploadedFile {
    /// # Errors
    /// `BAD_REQUEST_BODY` for a file that is no table; `TOO_MANY_ROWS`.
    pub(crate) fn parse(bytes: &[u8], roles: &RoleNames) -> Result<Self, Problem> {
        let text = decode(bytes, None)?;
        let table = Table::parse_with_roles(&text, None, &|name| roles.contains(name))?;
        if table.has_headings || Table::sample(&text).iter().all(|row| row.len() < 2) {
            return Ok(Self::List(PastedList { entries: table.entries, ignored_columns: table.ignored_columns }));
        }
        Ok(Self::Table(text.into_owned()))
    }
}

/// Returns the first rows of a table that [`UploadedFile::Table`] has.
pub(crate) fn sample_table(text: &str) -> Vec<Vec<String>> {
    Table::sample(text)
}

impl PastedList {
    /// # Errors
    /// `TOO_MANY_ROWS`.
    pub(crate) fn parse(text: &str, roles: &RoleNames) -> Result<Self, Problem> {
        let ImportList { entries, ignored_columns, .. } = ImportList::parse_text(text, &|name| roles.contains(name))?;
        Ok(Self { entries, ignored_columns })
    }

    /// The rows of a table with the columns that its reader chose.
    ///
    /// # Errors
    /// `BAD_REQUEST_BODY`; `TOO_MANY_ROWS`.
    pub(crate) fn from_table(text: &str, columns: &Columns) -> Result<Self, Problem> {
        let table = Table::parse_columns(text, columns)?;
        Ok(Self { entries: table.entries, ignored_columns: Vec::new() })
    }

    /// # Errors
    /// `TOO_MANY_ROWS`.
    pub(crate) fn append(&mut self, other: Self) -> Result<(), Problem> {
        self.entries.extend(other.entries);
        self.ignored_columns.extend(other.ignored_columns);
        if self.entries.len() > MAX_ROWS { Err(Code::TooManyRows.into()) } else { Ok(()) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether the entry has this address, apart from white space, which forms may change.
    pub(crate) fn has(&self, index: usize, email: &str) -> bool {
        let entry = self.entries.get(index);
        entry.is_some_and(|entry| entry.email.split_whitespace().eq(email.split_whitespace()))
    }

    /// Keeps the entries for whose index `is_kept` is true.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(usize) -> bool) {
        let mut index = 0;
        self.entries.retain(|_| {
            index += 1;
            is_kept(index - 1)
        });
    }

    /// Parses the rows. Missing roles are taken from `defaults`.
    pub(crate) fn rows(&self, defaults: RequestedRoles, roles: &RoleNames) -> Vec<BulkRow> {
        let row = |entry: &Entry| {
            let mut entry = entry.clone();
            let name = entry.role.take().filter(|name| !name.trim().is_empty());
            let role =
                name.map(|name| if is_number(&name) { Some(name) } else { Some(roles.find(&name)?.to_string()) });
            let is_unknown = role.as_ref().is_some_and(Option::is_none);
            entry.role = role.flatten();
            let row = to_row(entry, defaults);
            if is_unknown { BulkRow { parsed: Err(Code::RoleNotFound), ..row } } else { row }
        };
        self.entries.iter().map(row).collect()
    }

    /// Writes the list as text: one address per line, or a table with headings if entries have roles of their own.
    pub(crate) fn to_text(&self) -> String {
        type Cell = fn(&Entry) -> Option<&str>;
        let columns: [(&str, Cell); 3] = [
            ("role", |entry| entry.role.as_deref()),
            ("workspace", |entry| entry.workspace.as_deref()),
            ("workspace_role", |entry| entry.workspace_role.as_deref()),
        ];
        let is_used = |(_, cell): &(&str, Cell)| self.entries.iter().any(|entry| cell(entry).is_some_and(has_text));
        let used: Vec<_> = columns.into_iter().filter(is_used).collect();
        if used.is_empty() {
            return self.entries.iter().map(Entry::mailbox).collect::<Vec<_>>().join("\n");
        }
        let heading = std::iter::once("email").chain(used.iter().map(|(heading, _)| *heading)).collect::<Vec<_>>();
        let mut lines = vec![heading.join(",")];
        lines.extend(self.entries.iter().map(|entry| {
            let cells = used.iter().map(|(_, cell)| csv_cell(cell(entry).unwrap_or_default()));
            std::iter::once(csv_cell(&entry.mailbox())).chain(cells).collect::<Vec<_>>().join(",")
        }));
        lines.join("\n")
    }
}

fn has_text(cell: &str) -> bool {
    !cell.trim().is_empty()
}

impl Entry {
    /// The address, with the name if the list has one. It is one line.
    fn mailbox(&self) -> String {
        let email = self.email.split_whitespace().collect::<Vec<_>>().join(" ");
        let name = self.name.as_deref().unwrap_or_default();
        let name: String = name.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\' | '<' | '>')).collect();
        if name.trim().is_empty() { email } else { format!("\"{}\" <{email}>", name.trim()) }
    }
}

fn csv_cell(text: &str) -> String {
    if text.contains([',', '"', ';', '\t', '|', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles() -> RoleNames {
        RoleNames::new([("Admin", RoleId::from(1)), ("Käufer", RoleId::from(2))].into_iter())
    }

    fn emails(list: &PastedList) -> Vec<String> {
        list.rows(RequestedRoles::default(), &roles()).into_iter().map(|row| row.email).collect()
    }

    #[test]
    fn text_of_a_list_is_read_as_the_same_list() {
        let texts = [
            "Ada <ada@t.example>; ben@t.example\nnobody",
            "Mail\tRolle\nada@t.example\tkäufer\nben@t.example\t\n",
            "email,role\n\"Berg, Kim <kim@t.example>\",Admin",
            "email,role\nkim@t.example,\"Admin\nof all\"\nlou@t.example,Admin",
        ];
        for text in texts {
            let list = PastedList::parse(text, &roles()).unwrap();
            let again = PastedList::parse(&list.to_text(), &roles()).unwrap();
            assert_eq!(emails(&list), emails(&again), "{text}");
            assert_eq!(list.to_text(), again.to_text());
        }
    }

    #[test]
    fn roles_are_found_by_name() {
        let list = PastedList::parse("email,role\na@t.example,KAUFER\nb@t.example,Boss", &roles()).unwrap();
        let parsed: Vec<_> = list.rows(RequestedRoles::default(), &roles()).into_iter().map(|row| row.parsed).collect();
        assert_eq!(parsed[0].as_ref().unwrap().1.role, Some(RoleId::from(2)));
        assert_eq!(*parsed[1].as_ref().unwrap_err(), Code::RoleNotFound);
        let occupations = PastedList::parse("email,role\na@t.example,Baker", &roles()).unwrap();
        assert_eq!(occupations.ignored_columns, ["role"]);
    }

    #[test]
    fn similar_names_of_roles_are_told_apart_or_refused() {
        let names = [("Käufer", RoleId::from(2)), ("Kaufer", RoleId::from(3)), ("Boss", RoleId::from(4))];
        let roles = RoleNames::new(names.into_iter());
        let cells = [("Käufer", Some(2)), (" Kaufer", Some(3)), ("KAUFER", None), ("boss", Some(4)), ("Chef", None)];
        for (cell, expected) in cells {
            assert_eq!(roles.find(cell).map(RoleId::get), expected, "{cell}");
        }
        let list = PastedList::parse("email,role\na@t.example,KAUFER", &roles).unwrap();
        assert_eq!(*list.rows(RequestedRoles::default(), &roles)[0].parsed.as_ref().unwrap_err(), Code::RoleNotFound);
    }

    #[test]
    fn long_names_of_roles_are_found() {
        let name = "Long ".repeat(20).trim().to_owned();
        let roles = RoleNames::new(std::iter::once((name.as_str(), RoleId::from(9))));
        let list = PastedList::parse(&format!("email,role\na@t.example,{name}"), &roles).unwrap();
        let rows = list.rows(RequestedRoles::default(), &roles);
        assert_eq!(rows[0].parsed.as_ref().unwrap().1.role, Some(RoleId::from(9)));
    }

    #[test]
    fn columns_of_a_table_without_headings_are_chosen() {
        let file = b"Ada,x,ada@t.example,Admin\nBen,y,ben@t.example,Admin\n";
        let UploadedFile::Table(text) = UploadedFile::parse(file, &roles()).unwrap() else { panic!("a table") };
        assert_eq!(sample_table(&text)[0], ["Ada", "x", "ada@t.example", "Admin"]);
        let columns = Columns { email: 2, name: Some(0), role: Some(3), has_headings: false };
        let list = PastedList::from_table(&text, &columns).unwrap();
        assert_eq!(
            list.to_text(),
            "email,role\n\"\"\"Ada\"\" <ada@t.example>\",Admin\n\"\"\"Ben\"\" <ben@t.example>\",Admin"
        );
        let columns = Columns { email: 2, name: None, role: None, has_headings: true };
        assert_eq!(PastedList::from_table(&text, &columns).unwrap().to_text(), "ben@t.example");
        let one_column = UploadedFile::parse(b"ada@t.example\nben@t.example", &roles()).unwrap();
        assert!(matches!(one_column, UploadedFile::List(_)));
    }
}
