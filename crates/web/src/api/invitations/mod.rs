//! Invitations: contract B.4 and C, and ours: declining.

pub(crate) mod accept;
pub(crate) mod bulk;
pub(crate) mod create;
pub(crate) mod decline;
pub(crate) mod discard;
pub(crate) mod list;
pub(crate) mod resend;

use vestibule_core::Problem;
use vestibule_core::invitation::LONGEST_LIFE;

use crate::extract::Reader;

/// Days until an invitation expires, 1 to 90 (decision 11).
fn expiry_days(fields: &mut Reader) -> Result<Option<u16>, Problem> {
    fields.number_within("expiry_days", 1..=LONGEST_LIFE)
}
mod sheet;

pub(crate) use sheet::pasted_rows;
