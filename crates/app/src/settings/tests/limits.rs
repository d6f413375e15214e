//! `docs/limits.md` has every limit that is a setting, with its default.

use std::collections::BTreeMap;

use super::*;
use crate::settings::setting::DefaultValue;

const DOCUMENT: &str = include_str!("../../../../../docs/limits.md");

/// Sections in which every setting with a number is a limit.
const LIMIT_SECTIONS: [&str; 3] = ["rate_limits", "roles", "seats"];
/// The other settings that are limits.
const LIMITS: [&str; 24] = [
    "database_max_connections",
    "database_max_writes_per_commit",
    "max_connections",
    "sessions.idle_timeout",
    "sessions.max_lifetime",
    "tokens.lifetime",
    "passwords.max_concurrent_hashes",
    "passwords.attempts_per_account",
    "passwords.attempts_per_address",
    "passwords.rate_limit_window",
    "accounts.claim_lifetime",
    "accounts.new_address_recovery_delay",
    "reauthentication.max_age",
    "second_factors.reset_delay",
    "challenge.attempts_per_address",
    "challenge.attempts_per_process",
    "challenge.requests_per_address",
    "mail.max_concurrent_deliveries",
    "invitations.expiry_days",
    "invitations.max_pending",
    "organizations.max_per_user",
    "organizations.max_workspaces",
    "organizations.deletion_grace_days",
    "platform.requests_per_key",
];

fn is_limit(setting: &Setting) -> bool {
    let is_number = matches!(setting.kind, crate::settings::setting::ValueKind::Number);
    LIMITS.contains(&setting.path)
        || is_number && setting.section().is_some_and(|section| LIMIT_SECTIONS.contains(&section))
}

/// The defaults that the tables show, by setting. The default is in the cell after the setting.
fn documented() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut defaults: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in DOCUMENT.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        for pair in cells.windows(2) {
            if let Some(path) = pair[0].strip_prefix('`').and_then(|cell| cell.strip_suffix('`'))
                && Setting::find(path).is_some()
            {
                defaults.entry(path).or_default().push(pair[1]);
            }
        }
    }
    defaults
}

#[test]
fn limits_md_has_every_limit_with_its_default() {
    let documented = documented();
    let mut problems = Vec::new();
    for setting in settings().filter(|setting| is_limit(setting)) {
        let default = match &setting.default {
            DefaultValue::Literal(text) | DefaultValue::Derived(text, _) => *text,
        };
        let window = setting.path == "passwords.rate_limit_window";
        let text = format!("`{}` ({default})", setting.path);
        match documented.get(setting.path) {
            None if window && DOCUMENT.contains(&text) => {}
            None => problems.push(format!("{} is missing", setting.path)),
            Some(shown) if shown.iter().all(|shown| *shown == default) => {}
            Some(shown) => problems.push(format!("{} is {default}, not {shown:?}", setting.path)),
        }
    }
    let unknown = documented.keys().filter(|path| !Setting::find(path).is_some_and(is_limit));
    problems.extend(unknown.map(|path| format!("{path} is not a limit")));
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn limits_md_names_settings_and_codes_that_exist() {
    let words = DOCUMENT.split('`').skip(1).step_by(2);
    for word in words {
        let is_path = word.split_once('.').is_some_and(|(section, key)| {
            settings().any(|setting| setting.section() == Some(section)) && !key.contains(['/', '.'])
        });
        assert!(!is_path || Setting::find(word).is_some(), "{word} is not a setting");
        let is_code = word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        let is_statement = ["INSERT_ROLE", "ASSIGN_ANOTHER_ROLE", "INSERT"].contains(&word);
        let exists = vestibule_core::Code::ALL.iter().any(|code| code.as_str() == word);
        assert!(!is_code || is_statement || exists, "{word} is not a code");
    }
}
