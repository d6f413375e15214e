//! The settings for reading: the commented reference that is also a file to start from, and what holds right now.

use std::fmt::Write;

use super::Loaded;
use super::setting::{Fallback, Kind, Setting};
use super::table::settings;

const HEADER: &str = "\
# Settings of Vestibule. This file is the output of: vestibule settings
#
# Every line below is a default (or, where the default depends on the machine, an example). Take the # away from a line
# to change it. A value is taken from the first of these that has one:
#   1. a flag:        --database, --listen, --public-url
#   2. the environment variable that is named with each setting; lists there are separated by commas
#   3. this file:     --config PATH, or VESTIBULE_CONFIG
#   4. the default
# Paths in this file are relative to its folder. Spans of time are a number and s, m, h or d.
# `vestibule settings --effective` shows which value holds, and where it comes from.
";

/// The commented reference: every setting, with its default.
pub(crate) fn reference() -> String {
    let mut text = HEADER.to_owned();
    let mut section = None;
    for setting in settings() {
        if setting.section() != section {
            section = setting.section();
            if let Some(section) = section {
                let _ = write!(text, "\n[{section}]\n");
            }
        }
        entry(setting, &mut text);
    }
    text
}

// Writing to a `String` can't fail, here and below.
fn entry(setting: &Setting, text: &mut String) {
    let _ = write!(text, "\n# {}\n# Takes {}. {}", setting.explains, setting.takes, setting.variable());
    if let Some(flag) = setting.flag() {
        let _ = write!(text, ", {flag}");
    }
    text.push('\n');
    let value = match setting.default {
        Fallback::Is(value) => value,
        Fallback::From(words, _) => {
            let _ = writeln!(text, "# Default: {words}.");
            setting.example
        }
    };
    // An empty list does not show how a full one is written.
    if matches!(setting.kind, Kind::List(_)) || value.is_empty() {
        let _ = writeln!(text, "# Example: {}", setting.written(setting.example));
    }
    let _ = writeln!(text, "# {} = {}", setting.key(), setting.written(value));
}

/// The value of every setting, and where it comes from, as a settings file that would have the same effect.
pub(crate) fn effective(loaded: &Loaded) -> String {
    let mut text = String::new();
    let mut section = None;
    for given in &loaded.given {
        if given.setting.section() != section {
            section = given.setting.section();
            if let Some(section) = section {
                let _ = write!(text, "\n[{section}]\n");
            }
        }
        let _ = writeln!(text, "{} = {} # {}", given.setting.key(), given.written, given.origin);
    }
    text
}
