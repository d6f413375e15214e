//! From what a template has written to the two forms of a mail.
//!
//! A template writes text. Where a button, a code or a link of ours stands it has marks, which no name can hold
//! ([`plain`](super::plain) takes them out), so what is made a link here is never anybody's text.

use minijinja::{Environment, Error, Value, context};

use crate::language::Language;

/// From the private use area of Unicode: they mean nothing, and no keyboard makes them.
pub(super) const BUTTON: char = '\u{e000}';
pub(super) const CODE: char = '\u{e001}';
pub(super) const LINK: char = '\u{e002}';

/// Whether it is one of the marks.
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

/// The text form: a button is its label and the link below it.
pub(super) fn text(marked: &str, target: Option<&str>, signature: &str) -> String {
    let mut text = String::with_capacity(marked.len() + 200);
    for part in parts(marked) {
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
            Part::Words(message) => text.extend(message.chars().filter(|c| !is_mark(*c))),
        }
        text.push_str("\n\n");
    }
    // As RFC 3676 has it: two dashes and a space.
    text.push_str("-- \n");
    text.push_str(signature);
    text
}

/// The HTML form, by the layout.
pub(super) fn html(
    environment: &Environment<'_>,
    marked: &str,
    target: Option<&str>,
    (language, app, subject): (Language, &str, &str),
) -> Result<String, Error> {
    let parts: Vec<Value> = parts(marked)
        .map(|part| match part {
            Part::Button(label) => context!(button => label, link => target.unwrap_or_default()),
            Part::Code(code) => context!(code => code),
            Part::Words(message) => context!(pieces => pieces(message)),
        })
        .collect();
    environment.get_template("layout.html")?.render(context!(
        language => language.tag(),
        app => app,
        subject => subject,
        parts => parts,
    ))
}

/// What stands between two empty lines.
enum Part<'a> {
    Button(&'a str),
    Code(&'a str),
    Words(&'a str),
}

fn parts(marked: &str) -> impl Iterator<Item = Part<'_>> {
    let between = |part: &'_ str, mark| part.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark)).map(str::len);
    marked.split("\n\n").map(str::trim).filter(|part| !part.is_empty()).map(move |part| {
        let inner = |length: usize| part.get(BUTTON.len_utf8()..BUTTON.len_utf8() + length).unwrap_or_default();
        if let Some(length) = between(part, BUTTON) {
            Part::Button(inner(length))
        } else if let Some(length) = between(part, CODE) {
            Part::Code(inner(length))
        } else {
            Part::Words(part)
        }
    })
}

/// Words, line breaks and links, in order.
fn pieces(message: &str) -> Vec<Value> {
    let mut pieces = Vec::new();
    // What stands at an odd place stands between two marks.
    for (place, piece) in message.split(LINK).enumerate() {
        if place % 2 == 1 {
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
