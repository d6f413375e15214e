//! A part of an answer as JSON already, for parts that an answer has many times over.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::wire::Wire;

/// A part that was written once and is copied from then on.
#[derive(Clone)]
pub(crate) struct Written(Arc<RawValue>);

impl Written {
    /// Writes it. What cannot be written is `null`; nothing with a shape is.
    pub(crate) fn of(part: &impl Serialize) -> Self {
        Self(to_raw_value(part).unwrap_or_else(|_| RawValue::NULL.to_owned()).into())
    }
}

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Wire for Written {
    fn write(&self, json: &mut Vec<u8>) {
        json.extend_from_slice(self.0.get().as_bytes());
    }
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.get())
    }
}
