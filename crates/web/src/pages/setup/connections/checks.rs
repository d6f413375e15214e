//! The result of a test of the configuration, in words.

use vestibule_core::oidc::{ConnectionCheck, OidcErrorKind};

use super::super::super::words::Words;
use super::Badge;

pub(super) struct CheckRow {
    pub(super) label: String,
    /// What to do about it. May be empty.
    pub(super) advice: String,
    pub(super) badge: Badge,
}

pub(super) struct Checks {
    pub(super) is_success: bool,
    pub(super) rows: Vec<CheckRow>,
}

impl Checks {
    pub(super) fn new(t: Words, check: &ConnectionCheck) -> Self {
        let rows = [
            ("issuer_valid", Some(check.issuer_valid)),
            ("discovery_reachable", Some(check.discovery_reachable)),
            ("discovery_valid", Some(check.discovery_valid)),
            ("authorization_endpoint", Some(check.authorization_endpoint)),
            ("token_endpoint", Some(check.token_endpoint)),
            ("keys", Some(check.keys)),
            ("client_accepted", check.client_accepted),
        ];
        let error_of = |name: &str| check.errors.iter().find(|(check, _)| *check == name).map(|(_, kind)| *kind);
        Self {
            is_success: check.errors.is_empty(),
            rows: rows.into_iter().map(|(name, outcome)| row(t, name, outcome, error_of(name))).collect(),
        }
    }
}

fn row(t: Words, name: &str, outcome: Option<bool>, error: Option<OidcErrorKind>) -> CheckRow {
    let label = t.find(&format!("sso-check-{}", name.replace('_', "-")));
    let advice = error.and_then(|kind| t.find(&format!("sso-code-{}", kind.as_str().replace('_', "-"))));
    CheckRow {
        label: label.unwrap_or_else(|| name.to_owned()),
        advice: advice.unwrap_or_default(),
        badge: match outcome {
            Some(true) => Badge { text: t.check_passed(), class: "good" },
            Some(false) => Badge { text: t.check_failed(), class: "bad" },
            None => Badge { text: t.check_skipped(), class: "" },
        },
    }
}
