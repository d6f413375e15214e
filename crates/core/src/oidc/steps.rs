//! The steps of a sign-in, as the admins of a connection see them: what was received, and which rule decided. Nothing in
//! them opens anything: tokens, codes and secrets are masked.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::error::OidcError;
use crate::error::Code;

/// In bytes, as JSON.
const MAX_BYTES: usize = 16 << 10;
const MAX_STEPS: usize = 20;
const MAX_DEPTH: usize = 5;
const MAX_ITEMS: usize = 60;
/// In characters.
const MAX_TEXT: usize = 200;
const MASK: &str = "…";

/// Names whose values are secrets, or are of use to nobody but the provider.
const MASKED: [&str; 14] = [
    "access_token",
    "refresh_token",
    "id_token",
    "id_token_hint",
    "code",
    "client_secret",
    "client_assertion",
    "code_verifier",
    "state",
    "nonce",
    "password",
    "assertion",
    "at_hash",
    "c_hash",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepName {
    AuthorizationResponse,
    Discovery,
    TokenExchange,
    IdToken,
    Userinfo,
    Identity,
    Membership,
    Roles,
}

vestibule_db::text_enum!(
    StepName: AuthorizationResponse = "authorization_response",
    Discovery = "discovery",
    TokenExchange = "token_exchange",
    IdToken = "id_token",
    Userinfo = "userinfo",
    Identity = "identity",
    Membership = "membership",
    Roles = "roles",
);

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The code of the error. `None`: it succeeded.
    code: Option<&'static str>,
    /// The rule that decided.
    rule: Option<&'static str>,
}

impl Outcome {
    pub const PASSED: Self = Self { code: None, rule: None };

    /// It succeeded because of a rule.
    pub const fn passed_by(rule: &'static str) -> Self {
        Self { code: None, rule: Some(rule) }
    }

    pub const fn failed(code: Code) -> Self {
        Self { code: Some(code.as_str()), rule: None }
    }

    /// It failed because of a rule.
    pub const fn failed_by(code: Code, rule: &'static str) -> Self {
        Self { code: Some(code.as_str()), rule: Some(rule) }
    }
}

impl From<&OidcError> for Outcome {
    fn from(error: &OidcError) -> Self {
        Self { code: Some(error.kind().as_str()), rule: error.rule() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    pub name: StepName,
    pub is_ok: bool,
    /// The code of the error.
    pub code: Option<&'static str>,
    /// The rule that decided.
    pub rule: Option<&'static str>,
    /// What was received, masked. `None` if there was nothing, or too much.
    pub received: Option<Value>,
}

/// The steps so far, at most 20 and 16 KiB.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    steps: Vec<Step>,
    bytes: usize,
}

impl Steps {
    /// Adds a step. What does not fit is left out, the values first.
    pub fn add(&mut self, name: StepName, outcome: Outcome, received: Option<&Value>) {
        let received = received.map(|value| mask(value, 0));
        let Outcome { code, rule } = outcome;
        let mut step = Step { name, is_ok: code.is_none(), code, rule, received };
        let size = |step: &Step| serde_json::to_vec(step).map_or(MAX_BYTES, |json| json.len() + 1);
        // The brackets of the list.
        let room = MAX_BYTES.saturating_sub(self.bytes + 2);
        if size(&step) > room {
            step.received = None;
        }
        if self.steps.len() < MAX_STEPS && size(&step) <= room {
            self.bytes += size(&step);
            self.steps.push(step);
        }
    }

    /// Adds a step with the outcome of a result, and returns the result.
    pub(super) fn track<T>(
        &mut self,
        name: StepName,
        result: Result<T, OidcError>,
        received: Option<&Value>,
    ) -> Result<T, OidcError> {
        let outcome = result.as_ref().map_or_else(Outcome::from, |_| Outcome::PASSED);
        self.add(name, outcome, received);
        result
    }

    pub fn as_slice(&self) -> &[Step] {
        &self.steps
    }

    /// The stored form: a JSON list.
    pub fn to_json(&self) -> String {
        json!(self.steps).to_string()
    }
}

fn mask(value: &Value, depth: usize) -> Value {
    if depth >= MAX_DEPTH && (value.is_array() || value.is_object()) {
        return json!(MASK);
    }
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::String(text) => json!(mask_text(text)),
        Value::Array(items) => items.iter().take(MAX_ITEMS).map(|item| mask(item, depth + 1)).collect(),
        Value::Object(fields) => {
            let masked: Map<String, Value> =
                fields.iter().take(MAX_ITEMS).map(|field| mask_field(field, depth)).collect();
            Value::Object(masked)
        }
    }
}

fn mask_field((name, value): (&String, &Value), depth: usize) -> (String, Value) {
    let is_secret = MASKED.contains(&name.to_ascii_lowercase().as_str());
    (cut(name), if is_secret { json!(MASK) } else { mask(value, depth + 1) })
}

/// Cuts a text, and masks a JWT.
fn mask_text(text: &str) -> String {
    if text.starts_with("eyJ") && text.matches('.').count() >= 2 { MASK.to_owned() } else { cut(text) }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}{MASK}", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
