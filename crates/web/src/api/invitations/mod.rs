//! Invitations.

pub(crate) mod accept;
pub(crate) mod bulk;
pub(crate) mod create;
pub(crate) mod decline;
pub(crate) mod discard;
mod import;
pub(crate) mod list;
pub(crate) mod resend;

use vestibule_core::Problem;
use vestibule_core::invitation::MAX_EXPIRY_DAYS;

use crate::extract::FieldReader;

pub(crate) use import::parse_pasted_rows;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use import::{ImportList, ImportOptions};

/// Returns the number of days until an invitation expires, 1 to 90.
fn expiry_days(fields: &mut FieldReader) -> Result<Option<u16>, Problem> {
    fields.number_within("expiry_days", 1..=MAX_EXPIRY_DAYS)
}
