//! Comma-separated values (RFC 4180) for spreadsheets.

/// With it, Excel reads a file as UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

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
    /// cell text. Names and addresses come from strangers.
    fn cell(&mut self, cell: &str) {
        let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
        let needs_quotes = is_formula || cell.contains([',', '"', '\r', '\n', ';', '\t']);
        if !needs_quotes {
            self.0.push_str(cell);
            return;
        }
        self.0.push('"');
        if is_formula {
            self.0.push('\'');
        }
        self.0.push_str(&cell.replace('"', "\"\""));
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
