//! Conversion of a rendered template to the text and HTML forms of a mail.
//!
//! Buttons, codes and links are delimited by marks, which [`sanitize_name`](super::sanitize_name) removes from names.
//! So user input never becomes a link.

use minijinja::{Environment, Error, Value, context};
use vestibule_i18n::Phrases;

use crate::language::Language;

// The marks are characters of Unicode's private use area.
pub(super) const BUTTON: char = '\u{e000}';
pub(super) const CODE: char = '\u{e001}';
pub(super) const LINK: char = '\u{e002}';

pub(super) const fn is_mark(c: char) -> bool {
    matches!(c, BUTTON | CODE | LINK)
}

pub(super) fn button(label: &str) -> String {
    format!("{BUTTON}{label}{BUTTON}")
}

pub(super) fn code(code: &str) -> String {
    format!("{CODE}{code}{CODE}")
}

pub(super) fn link(link: &str) -> String {
    format!("{LINK}{link}{LINK}")
}

/// Formats the text form. A button becomes its label with the link below it.
pub(super) fn text(markup: &str, target: Option<&str>, signature: &str) -> String {
    let mut text = String::with_capacity(markup.len() + 200);
    for part in parts(markup) {
        match part {
            Part::Button(label) => {
                text.push_str(label);
                text.push_str(":\n\n");
                text.push_str(target.unwrap_or_default());
            }
            Part::Code(code) => {
                text.push_str("    ");
                text.push_str(code);
            }
            Part::Text(message) => text.extend(message.chars().filter(|c| !is_mark(*c))),
        }
        text.push_str("\n\n");
    }
    // The signature separator of RFC 3676, section 4.3.
    text.push_str("-- \n");
    text.push_str(signature);
    text
}

/// Renders the HTML form with the layout.
pub(super) fn html(
    environment: &Environment<'_>,
    markup: &str,
    target: Option<&str>,
    picture: Option<(&str, String)>,
    (language, app, subject): (Language, &str, &str),
) -> Result<String, Error> {
    let parts: Vec<Value> = parts(markup)
        .map(|part| match part {
            Part::Button(label) => context!(button => label, link => target.unwrap_or_default()),
            Part::Code(code) => context!(code => code),
            Part::Text(message) => context!(pieces => pieces(message)),
        })
        .collect();
    environment.get_template("layout.html")?.render(context!(
        language => language.tag(),
        app => app,
        subject => subject,
        picture => picture.map(|(url, text)| context!(url => url, text => text)),
        support_label => Phrases::new(language).support(),
        parts => parts,
    ))
}

/// A paragraph.
enum Part<'a> {
    Button(&'a str),
    Code(&'a str),
    Text(&'a str),
}

fn parts(markup: &str) -> impl Iterator<Item = Part<'_>> {
    let inner_length =
        |part: &'_ str, mark| part.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark)).map(str::len);
    markup.split("\n\n").map(str::trim).filter(|part| !part.is_empty()).map(move |part| {
        let inner = |length: usize| part.get(BUTTON.len_utf8()..BUTTON.len_utf8() + length).unwrap_or_default();
        if let Some(length) = inner_length(part, BUTTON) {
            Part::Button(inner(length))
        } else if let Some(length) = inner_length(part, CODE) {
            Part::Code(inner(length))
        } else {
            Part::Text(part)
        }
    })
}

/// Splits a paragraph into text, line breaks and links.
fn pieces(message: &str) -> Vec<Value> {
    let mut pieces = Vec::new();
    // Pieces at odd indexes are between two marks.
    for (index, piece) in message.split(LINK).enumerate() {
        if index % 2 == 1 {
            pieces.push(context!(link => piece));
            continue;
        }
        for (line, text) in piece.split('\n').enumerate() {
            if line > 0 {
                pieces.push(context!(text => "\n"));
            }
            if !text.is_empty() {
                pieces.push(context!(text => text));
            }
        }
    }
    pieces
}
