//! The reference is complete, true, and the one that is committed.

use super::*;
use crate::settings::setting::{Fallback, Kind, Setting};

/// The reference with every setting's `#` taken away.
fn all_in_force(reference: &str) -> String {
    let is_setting = |line: &str| {
        let name = line.split_once(" = ").map(|(name, _)| name);
        name.is_some_and(|name| settings().any(|setting| setting.key() == name))
    };
    let lines = reference.lines().map(|line| line.strip_prefix("# ").filter(|rest| is_setting(rest)).unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_reference_names_every_setting_with_its_real_default() {
    let reference = reference();
    assert_eq!(from_file(&reference).unwrap().given.iter().filter(|g| g.origin != Origin::Default).count(), 0);
    let (untouched, in_force) = (from_environment(&[]).unwrap(), from_file(&all_in_force(&reference)).unwrap());
    for (setting, (default, written)) in settings().zip(untouched.given.iter().zip(&in_force.given)) {
        assert!(matches!(written.origin, Origin::File(..)), "{} is not in the reference", setting.path);
        assert!(reference.contains(&setting.variable()) && reference.contains(setting.explains), "{}", setting.path);
        match setting.default {
            Fallback::Is(_) => assert_eq!(default.written, written.written, "{}", setting.path),
            Fallback::From(words, _) => assert!(reference.contains(&format!("# Default: {words}."))),
        }
    }
}

#[test]
fn the_table_is_in_order() {
    for setting in settings() {
        assert!(setting.explains.ends_with('.') && setting.explains.len() <= 110, "{}", setting.path);
        let is_text_list = setting.takes.starts_with("a list");
        assert_eq!(matches!(setting.kind, Kind::List(_)), is_text_list, "{}", setting.path);
    }
    let mut sections: Vec<_> = settings().map(Setting::section).collect();
    sections.dedup();
    let mut distinct = sections.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(sections.len(), distinct.len(), "each section is one block");
    assert_eq!(sections.first(), Some(&None), "what has no section comes first");
}

#[test]
fn the_committed_reference_is_what_the_binary_prints() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vestibule.example.toml");
    let text = fs::read_to_string(&committed).unwrap_or_default();
    assert!(text == reference(), "make it anew: cargo run -- settings > vestibule.example.toml");
}

#[test]
fn what_holds_can_be_read_back() {
    let environment = [("VESTIBULE_NAME", "A \"B\" 'C'"), ("VESTIBULE_TRUSTED_PROXIES", "10.0.0.1,::1")];
    let loaded = from_environment(&environment).unwrap();
    let text = effective(&loaded);
    assert!(text.contains("# the environment variable VESTIBULE_NAME") && text.contains("# the default"), "{text}");
    let again = from_file(&text).unwrap();
    assert_eq!(format!("{:?}", again.settings), format!("{:?}", loaded.settings));
    assert_eq!(again.database, loaded.database);
}
