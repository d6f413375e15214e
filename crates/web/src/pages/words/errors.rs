//! Error messages of pages. Those of the API name its calls and fields, so pages have their own, by code.

use vestibule_core::password_refusal::PasswordRefusal;
use vestibule_core::{Code, Problem};

use super::Words;

impl Words {
    /// Returns the messages of a problem, joined by spaces.
    pub(in super::super) fn problem(self, problem: &Problem) -> String {
        if let Some(refusal) = problem.password_refusal() {
            return self.password_refusal(refusal);
        }
        let mut messages: Vec<String> = Vec::new();
        for (code, _) in problem.errors() {
            let message = self.code(code);
            if !messages.contains(&message) {
                messages.push(message);
            }
        }
        messages.join(" ")
    }

    /// Returns the advice of an error page.
    pub(in super::super) fn error_page_advice(self, problem: &Problem, public_url: &str) -> String {
        match problem.code() {
            Code::Forbidden => self.forbidden_advice(),
            Code::CrossSiteRequest => self.cross_site_advice(public_url),
            _ => self.problem(problem),
        }
    }

    /// Returns the phrase of a code, or the one of its status.
    fn code(self, code: Code) -> String {
        let name = code.as_str().to_ascii_lowercase().replace('_', "-");
        self.find(&format!("error-{name}"))
            .or_else(|| self.find(&format!("error-status-{}", code.status())))
            .unwrap_or_else(|| self.error_status_500())
    }

    fn password_refusal(self, refusal: PasswordRefusal) -> String {
        match refusal {
            PasswordRefusal::TooShort { min_length } => self.password_too_short(min_length),
            PasswordRefusal::TooLong { max_bytes } => self.password_too_long(max_bytes),
            PasswordRefusal::ControlCharacter => self.password_control_character(),
            PasswordRefusal::Common => self.password_common(),
            PasswordRefusal::Pattern => self.password_pattern(),
            PasswordRefusal::ContextWords => self.password_context_words(),
            PasswordRefusal::Breached => self.password_breached(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use vestibule_i18n::Phrases;

    use super::*;

    /// The phrases `error-…` are found by the names of codes.
    #[test]
    fn every_error_phrase_belongs_to_a_code() {
        let names: BTreeSet<String> =
            Code::ALL.iter().map(|code| code.as_str().to_ascii_lowercase().replace('_', "-")).collect();
        let statuses: BTreeSet<String> = Code::ALL.iter().map(|code| format!("status-{}", code.status())).collect();
        for id in Phrases::IDS.iter().filter_map(|id| id.strip_prefix("error-")) {
            let is_page_phrase = ["title"].contains(&id);
            assert!(is_page_phrase || names.contains(id) || statuses.contains(id), "error-{id}");
        }
    }

    #[test]
    fn every_phrase_is_used() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut sources = String::new();
        for folder in ["web/src", "web/templates", "core/src", "app/src", "i18n/src"] {
            read_all(&root.join(folder), &mut sources);
        }
        // These are found by names of errors, events and fields, or by the build.
        let found = [
            "error-",
            "language-",
            "event-",
            "audit-field-",
            "audit-kind-",
            "audit-value-",
            "sso-step-",
            "sso-check-",
            "sso-code-",
        ];
        for id in Phrases::IDS.iter().filter(|id| !found.iter().any(|start| id.starts_with(start))) {
            let method = id.replace('-', "_");
            assert!(sources.contains(&format!(".{method}(")), "{id} is not used: delete it");
        }
    }

    fn read_all(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read_all(&path, text);
            } else if let Ok(file) = fs::read_to_string(&path) {
                text.push_str(&file);
            }
        }
    }
}
