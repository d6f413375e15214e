//! Output for people: results on stdout, errors on stderr.
//!
//! Write errors are ignored, so that `vestibule settings | head` succeeds although the reader has closed the pipe.

use std::fmt::Display;
use std::io::{self, Write};

pub(crate) fn print_line(line: impl Display) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Prints text that already ends its lines.
pub(crate) fn print_text(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints one error message to stderr, after the program's name.
pub(crate) fn print_error(message: impl Display) {
    let _ = writeln!(io::stderr().lock(), "vestibule: {message}");
}
