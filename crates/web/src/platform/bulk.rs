//! What the calls with a list of rows have in common.

use std::str::FromStr;

use vestibule_core::Problem;

use crate::extract::FieldReader;

/// Which valid rows of a list take effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum BulkMode {
    #[default]
    Each,
    /// None of them, if any row is invalid.
    All,
}

impl BulkMode {
    /// Reads the field `mode`.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub(super) fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let mode = fields.choice("mode", "each to accept every valid row, or all to accept all rows or none")?;
        Ok(mode.unwrap_or_default())
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Each => "each",
            Self::All => "all",
        }
    }
}

impl FromStr for BulkMode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Each, Self::All].into_iter().find(|mode| mode.as_str() == text).ok_or(())
    }
}
