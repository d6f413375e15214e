//! Words for people: what they asked for on stdout, what went wrong on stderr. A reader that has gone away
//! (`vestibule settings | head`) is no reason to fail, so errors in writing are let go.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes a line to stdout.
pub(crate) fn line(text: impl Display) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Writes a text that has its own line ends to stdout.
pub(crate) fn text(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Writes one sentence about a failure to stderr.
pub(crate) fn failure(sentence: impl Display) {
    let _ = writeln!(io::stderr().lock(), "vestibule: {sentence}");
}
