//! Metadata: a JSON object in which the operator's product stores what it likes about a user, an organization or a
//! membership.

use std::fmt;

use serde_json::Value;

use crate::error::{Problem, Result};

/// Of the compact text, in bytes.
const MAX_BYTES: usize = 64 * 1024;
const MAX_DEPTH: usize = 32;

/// A JSON object of at most 64 KiB, nested at most 32 levels.
#[derive(Clone, PartialEq, Eq)]
pub struct Metadata(String);

impl Metadata {
    /// Parses the value of `field`.
    ///
    /// # Errors
    /// `INVALID_FIELD`, with the field's name.
    pub fn parse(field: &str, json: &str) -> Result<Self> {
        // White space may make the text longer than what is stored, but not by much.
        let value = if json.len() <= 2 * MAX_BYTES { serde_json::from_str(json).ok() } else { None };
        Self::from_value(field, &value.unwrap_or(Value::Null))
    }

    /// From a value that is parsed already.
    ///
    /// # Errors
    /// `INVALID_FIELD`, with the field's name.
    pub fn from_value(field: &str, value: &Value) -> Result<Self> {
        let text = if value.is_object() && depth(value) <= MAX_DEPTH { value.to_string() } else { String::new() };
        if (1..=MAX_BYTES).contains(&text.len()) {
            Ok(Self(text))
        } else {
            Err(Problem::field(field, "write a JSON object of at most 64 KiB, nested at most 32 levels."))
        }
    }

    /// The compact JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Without the content, which may be confidential.
impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Metadata({} bytes)", self.0.len())
    }
}

/// The levels of objects and lists. The parsers bound the recursion.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn nested(levels: usize) -> String {
        format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels))
    }

    #[test]
    fn accepts_objects_within_the_limits() {
        let longest = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_BYTES - 8));
        for json in ["{}", r#" {"plan": "pro", "seats": [1, null, true]} "#, &nested(MAX_DEPTH), &longest] {
            let metadata = Metadata::parse("public_metadata", json).unwrap();
            let stored: Value = serde_json::from_str(metadata.as_str()).unwrap();
            assert_eq!(stored, serde_json::from_str::<Value>(json).unwrap());
        }
    }

    #[test]
    fn rejects_everything_else() {
        let too_long = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_BYTES - 7));
        let far_too_deep = "[".repeat(100_000);
        for json in [
            "",
            "null",
            "[]",
            "1",
            "\"{}\"",
            "{",
            "{\"a\":\"\\ud800\"}",
            &nested(MAX_DEPTH + 1),
            &too_long,
            &far_too_deep,
        ] {
            let problem = Metadata::parse("public_metadata", json).unwrap_err();
            assert_eq!(problem.code(), Code::InvalidField);
            assert!(problem.to_string().contains("public_metadata"));
        }
    }
}
