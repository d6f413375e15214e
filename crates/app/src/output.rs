//! Output for people: results on stdout, errors on stderr.
//!
//! Write errors are ignored, so that `vestibule settings | head` succeeds although the reader has closed the pipe.

use std::fmt::{self, Display, Write as _};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::error::AppError;

pub(crate) fn print_line(line: impl Display) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Prints text that already ends its lines.
pub(crate) fn print_text(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints a note for people to stderr, beside a result on stdout.
pub(crate) fn print_note(message: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{message}");
}

/// Prints one error message to stderr, after the program's name.
pub(crate) fn print_error(message: impl Display) {
    let _ = writeln!(io::stderr().lock(), "vestibule: {message}");
}

/// Writes a file, and creates its directory.
pub(crate) fn write_file(file: &Path, bytes: &[u8]) -> Result<(), AppError> {
    let write = || -> io::Result<()> {
        if let Some(dir) = file.parent() {
            fs::create_dir_all(dir)?;
        }
        fs::write(file, bytes)
    };
    write().map_err(|error| AppError::CommandFailed(format!("cannot write {}: {error}", file.display())))
}

/// Prints a value as JSON.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), AppError> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| AppError::System { action: "write JSON", error: error.into() })?;
    // The JSON writer escapes only the control characters below U+0020. All others are in strings.
    print_line(text.chars().fold(String::new(), |mut escaped, char| {
        if is_unsafe(char) && char != '\n' {
            let _ = write!(escaped, "\\u{:04x}", u32::from(char));
        } else {
            escaped.push(char);
        }
        escaped
    }));
    Ok(())
}

/// Prints rows in aligned columns below their titles.
pub(crate) fn print_table(titles: &[&str], rows: &[Vec<String>]) {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| Printable(cell).to_string()).collect()).collect();
    let titles = titles.iter().map(|title| (*title).to_owned()).collect();
    let lines: Vec<_> = std::iter::once(&titles).chain(&rows).collect();
    let width = |column: usize| lines.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    for line in &lines {
        let cells = line.iter().enumerate();
        let padded = cells.map(|(column, cell)| format!("{cell:<0$}", width(column).unwrap_or_default()));
        print_line(padded.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// A text from the database for a terminal. Users choose their names, and must not control an operator's terminal or
/// reorder its text.
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| {
            if is_unsafe(char) { write!(f, "{}", char.escape_unicode()) } else { f.write_char(char) }
        })
    }
}

/// Whether a character controls the terminal, breaks the line, or changes the direction of the text or is invisible.
fn is_unsafe(char: char) -> bool {
    let is_format = matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    char.is_control() || is_format || matches!(char, '\u{61c}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_characters_that_control_a_terminal() {
        for (text, printed) in [
            ("Zoë 😀 עברית", "Zoë 😀 עברית"),
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("a\nb\r\t", "a\\u{a}b\\u{d}\\u{9}"),
            ("\u{7f}\u{9b}31m", "\\u{7f}\\u{9b}31m"),
            ("admin\u{202e}nimda\u{2066}\u{2028}\u{200b}", "admin\\u{202e}nimda\\u{2066}\\u{2028}\\u{200b}"),
        ] {
            assert_eq!(Printable(text).to_string(), printed);
        }
    }
}
