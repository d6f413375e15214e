//! Comma-separated values (RFC 4180) for spreadsheets.

/// With it, Excel reads a file as UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The characters that a formula begins with, also those of full width.
const FORMULA_STARTS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Rows as text.
#[derive(Debug)]
pub(super) struct Csv(String);

impl Csv {
    /// The beginning of a file, with its header.
    pub(super) fn with_header(names: &[&str]) -> Self {
        let mut csv = Self(BYTE_ORDER_MARK.to_owned());
        csv.row(names);
        csv
    }

    /// Rows that follow others.
    pub(super) const fn without_header() -> Self {
        Self(String::new())
    }

    pub(super) fn row(&mut self, cells: &[&str]) {
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            self.cell(cell);
        }
        self.0.push_str("\r\n");
    }

    /// Spreadsheets run a cell as a formula if it begins with one of a few characters. An apostrophe before it makes the
    /// cell text. Names, addresses and the answers of mail servers come from strangers. Where a semicolon separates
    /// cells, a spreadsheet may ignore the quotation marks, and take a part of a cell for one.
    fn cell(&mut self, cell: &str) {
        let begins_with_control = cell.starts_with(['\t', '\r', '\n']);
        let needs_quotes = cell.starts_with(FORMULA_STARTS) || cell.contains([',', '"', '\r', '\n', ';', '\t']);
        if !needs_quotes {
            self.0.push_str(cell);
            return;
        }
        self.0.push_str(if begins_with_control { "\"'" } else { "\"" });
        let mut is_start = true;
        for character in cell.chars() {
            if is_start && FORMULA_STARTS.contains(&character) {
                self.0.push('\'');
            }
            self.0.push(character);
            if character == '"' {
                self.0.push('"');
            }
            is_start = matches!(character, ';' | '\t' | '\r' | '\n') || (is_start && matches!(character, ' ' | '"'));
        }
        self.0.push('"');
    }

    pub(super) fn into_bytes(self) -> bytes::Bytes {
        self.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defuses_formulas_after_separators_within_a_cell() {
        for (cell, expected) in [
            ("x;=1+1;y", "x;'=1+1;y"),
            ("x; =1+1", "x; '=1+1"),
            ("x;\"=1+1\"", "x;\"\"'=1+1\"\""),
            ("x\t@SUM(A1)", "x\t'@SUM(A1)"),
            ("550 no\r\n-1", "550 no\r\n'-1"),
            ("x;y=1", "x;y=1"),
        ] {
            let mut csv = Csv::without_header();
            csv.row(&[cell]);
            let text = String::from_utf8(csv.into_bytes().to_vec()).unwrap();
            assert_eq!(text, format!("\"{expected}\"\r\n"));
        }
    }

    #[test]
    fn quotes_separators_and_defuses_formulas() {
        let mut csv = Csv::without_header();
        csv.row(&["Ada", "a,b", "say \"hi\"", "two\r\nlines", ""]);
        csv.row(&["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"]);
        let text = String::from_utf8(csv.into_bytes().to_vec()).unwrap();
        let expected = "Ada,\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\",\r\n\
                        \"'=1+1\",\"'+1\",\"'-1\",\"'@SUM(A1)\",\"'\tx\",\"'\rx\"\r\n";
        assert_eq!(text, expected);
        assert!(Csv::with_header(&["id"]).into_bytes().starts_with(&[0xef, 0xbb, 0xbf]));
    }
}
