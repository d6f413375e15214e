//! What several pages show of a connection.

use vestibule_core::enterprise_connection::Connection;
use vestibule_core::oidc::{ConnectionCheck, OidcErrorKind};

use super::super::super::words::Words;

/// A text with the class of its color.
pub(in crate::pages) struct Badge {
    pub(in crate::pages) text: String,
    /// `good`, `warn`, `bad`, or empty.
    pub(in crate::pages) class: &'static str,
}

impl Badge {
    pub(in crate::pages) const fn new(text: String, class: &'static str) -> Self {
        Self { text, class }
    }
}

/// The state of a connection.
pub(super) fn badges(t: Words, connection: &Connection) -> Vec<Badge> {
    let state = if connection.is_enabled {
        Badge::new(t.connection_enabled(), "good")
    } else {
        Badge::new(t.connection_disabled(), "")
    };
    let required = connection.is_required.then(|| Badge::new(t.connection_required(), "info"));
    std::iter::once(state).chain(required).collect()
}

/// The result of a test of the settings.
pub(in crate::pages) struct Checks {
    pub(in crate::pages) is_success: bool,
    pub(in crate::pages) rows: Vec<CheckRow>,
}

pub(in crate::pages) struct CheckRow {
    pub(in crate::pages) label: String,
    pub(in crate::pages) badge: Badge,
    /// What to do; empty if it fits.
    pub(in crate::pages) advice: String,
}

impl Checks {
    pub(in crate::pages) fn new(t: Words, check: &ConnectionCheck) -> Self {
        let checks = [
            ("issuer_valid", Some(check.issuer_valid)),
            ("discovery_reachable", Some(check.discovery_reachable)),
            ("discovery_valid", Some(check.discovery_valid)),
            ("authorization_endpoint", Some(check.authorization_endpoint)),
            ("token_endpoint", Some(check.token_endpoint)),
            ("keys", Some(check.keys)),
            ("client_accepted", check.client_accepted),
        ];
        // What comes after the first failure was not tried.
        let mut has_failed = false;
        let rows = checks.map(|(name, passed)| {
            let error = check.errors.iter().find(|(of, _)| *of == name).map(|(_, kind)| *kind);
            let badge = match passed {
                Some(true) => Badge::new(t.check_passed(), "good"),
                Some(false) if error.is_some() || !has_failed => Badge::new(t.check_failed(), "bad"),
                Some(false) | None => Badge::new(t.check_skipped(), ""),
            };
            has_failed |= passed == Some(false);
            CheckRow {
                label: check_label(t, name),
                badge,
                advice: error.map(|kind| advice(t, kind)).unwrap_or_default(),
            }
        });
        Self { is_success: check.is_success(), rows: rows.into() }
    }
}

fn check_label(t: Words, name: &str) -> String {
    t.find(&format!("sso-check-{}", name.replace('_', "-"))).unwrap_or_else(|| name.to_owned())
}

fn advice(t: Words, kind: OidcErrorKind) -> String {
    code_text(t, kind.as_str())
}

/// Returns what a code of a sign-in through a connection means, and what to do; empty for a code without a phrase.
pub(in crate::pages) fn code_text(t: Words, code: &str) -> String {
    let name = code.to_ascii_lowercase().replace('_', "-");
    t.find(&format!("sso-code-{name}")).or_else(|| t.find(&format!("error-{name}"))).unwrap_or_default()
}
