//! Serialized JSON as a field of a response, for parts that a response repeats.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::fast_json::FastJson;

/// A value that is serialized once and then copied. Clones share the text.
#[derive(Clone)]
pub(crate) struct RawJson(Arc<RawValue>);

impl RawJson {
    /// Serializes a value. If that fails, which no response type does, the result is `null`.
    pub(crate) fn new(value: &impl Serialize) -> Self {
        Self(to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned()).into())
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl FastJson for RawJson {
    fn write_json(&self, json: &mut Vec<u8>) {
        json.extend_from_slice(self.0.get().as_bytes());
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.get())
    }
}
