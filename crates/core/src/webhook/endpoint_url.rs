//! The URL of an endpoint as it is stored.

use std::fmt;

use vestibule_db::{Cell, Column, Value};

/// A stored URL. It may contain a secret, so `Debug` does not print it.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct EndpointUrl(String);

impl EndpointUrl {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Debug for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndpointUrl(…)")
    }
}

impl Column for EndpointUrl {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Value::Text(text) => Some(Self(text.to_owned())),
            _ => None,
        }
    }
}
