//! Printing settings: the commented reference, which is also a settings file, and the current values.

use std::fmt::Write;

use super::LoadedSettings;
use super::setting::{DEMO_SETTING, DefaultValue, Setting, ValueKind};
use super::table::settings;

const HEADER: &str = "\
# Settings of Vestibule, as printed by: vestibule settings
#
# Each setting below is commented out and shows its default, or an example if the default depends on the machine.
# To change a setting, remove the # in front of it. The value is taken from the first of these sources that sets it:
#   1. the flag: --database, --listen or --public-url
#   2. the environment variable of the setting; a list is separated by commas
#   3. this file: --config PATH, or VESTIBULE_CONFIG
#   4. the default
# Relative paths in this file are relative to its directory. A duration is a whole number and a unit: s, m, h or d.
# `vestibule settings --effective` prints the current values and where each comes from.
";

/// Returns the commented reference: every setting with its default.
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
        write_entry(setting, &mut text);
    }
    text
}

// Writing to a `String` cannot fail, here and below.
fn write_entry(setting: &Setting, text: &mut String) {
    let _ =
        write!(text, "\n# {}\n# Value: {}.\n# Set with {}", setting.description, setting.expected, setting.env_var());
    if let Some(flag) = setting.flag() {
        let _ = write!(text, " or {flag}");
        if setting.path == DEMO_SETTING {
            text.push_str(" of the demo");
        }
    }
    text.push_str(".\n");
    let value = match setting.default {
        DefaultValue::Literal(value) => value,
        DefaultValue::Derived(description, _) => {
            let _ = writeln!(text, "# Default: {description}.");
            setting.example
        }
    };
    // An empty default does not show the syntax.
    if matches!(setting.kind, ValueKind::List(_) | ValueKind::Table | ValueKind::TableWithFiles) || value.is_empty() {
        let _ = writeln!(text, "# Example: {}", setting.raw_value(setting.example));
    }
    let _ = writeln!(text, "# {} = {}", setting.key(), setting.raw_value(value));
}

/// Returns the current value of every setting and its origin, as an equivalent settings file.
pub(crate) fn effective(loaded: &LoadedSettings) -> String {
    let mut text = String::new();
    let mut section = None;
    for value in &loaded.values {
        if value.setting.section() != section {
            section = value.setting.section();
            if let Some(section) = section {
                let _ = write!(text, "\n[{section}]\n");
            }
        }
        let _ = writeln!(text, "{} = {} # {}", value.setting.key(), value.value, value.origin);
    }
    text
}
