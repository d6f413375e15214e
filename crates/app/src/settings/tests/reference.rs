//! The reference is complete, accurate and committed.

use super::*;
use crate::settings::setting::{DefaultValue, Setting, ValueKind};

/// Removes the `#` in front of every setting.
fn uncomment(reference: &str) -> String {
    let is_setting = |line: &str| {
        let name = line.split_once(" = ").map(|(name, _)| name);
        name.is_some_and(|name| settings().any(|setting| setting.key() == name))
    };
    let lines = reference.lines().map(|line| line.strip_prefix("# ").filter(|rest| is_setting(rest)).unwrap_or(line));
    let text = lines.collect::<Vec<_>>().join("\n");
    // The example of mail.transport requires a host.
    text.replace("\nhost = \"\"", "\nhost = \"localhost\"")
}

#[test]
fn reference_lists_every_setting_with_its_default() {
    let reference = reference();
    let loaded = load_file(&reference).unwrap();
    assert_eq!(loaded.values.iter().filter(|value| value.origin != Origin::Default).count(), 0);
    let (defaults, uncommented) = (load_variables(&[]).unwrap(), load_file(&uncomment(&reference)).unwrap());
    for (setting, (default, value)) in settings().zip(defaults.values.iter().zip(&uncommented.values)) {
        assert!(matches!(value.origin, Origin::File(..)), "{} is not in the reference", setting.path);
        assert!(reference.contains(&setting.env_var()) && reference.contains(setting.description), "{}", setting.path);
        match setting.default {
            DefaultValue::Literal(_) if setting.path == "mail.host" => {}
            DefaultValue::Literal(_) => assert_eq!(default.value, value.value, "{}", setting.path),
            DefaultValue::Derived(description, _) => assert!(reference.contains(&format!("# Default: {description}."))),
        }
    }
}

#[test]
fn table_is_consistent() {
    for Setting { path, description, expected, kind, .. } in settings() {
        assert!(description.ends_with('.'), "{path}: the description must end with a full stop");
        let length = description.len();
        assert!(length <= 110, "{path}: the description has {length} bytes, but at most 110 are allowed");
        let is_list = matches!(kind, ValueKind::List(_));
        assert_eq!(is_list, expected.starts_with("a list"), "{path}: `expected` does not match `kind`");
        let is_boolean = matches!(kind, ValueKind::Boolean);
        assert_eq!(is_boolean, *expected == "true or false", "{path}: `expected` does not match `kind`");
    }
    let mut sections: Vec<_> = settings().map(Setting::section).collect();
    sections.dedup();
    let mut distinct = sections.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(sections.len(), distinct.len(), "the settings of a section are adjacent");
    assert_eq!(sections.first(), Some(&None), "settings without a section come first");
}

#[test]
fn committed_reference_is_up_to_date() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vestibule.example.toml");
    let text = fs::read_to_string(&committed).unwrap_or_default();
    assert!(text == reference(), "vestibule.example.toml is out of date: run `just docs`");
}

#[test]
fn effective_settings_can_be_loaded_again() {
    let variables = [("VESTIBULE_NAME", "A \"B\" 'C'"), ("VESTIBULE_TRUSTED_PROXIES", "10.0.0.1,::1")];
    let loaded = load_variables(&variables).unwrap();
    let text = effective(&loaded);
    assert!(text.contains("# environment variable VESTIBULE_NAME") && text.contains("# default"), "{text}");
    let again = load_file(&text).unwrap();
    assert_eq!(format!("{:?}", again.settings), format!("{:?}", loaded.settings));
    assert_eq!(again.database, loaded.database);
}
