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
use vestibule_core::language::Language;
use vestibule_core::names::InvitationMessage;

use crate::extract::FieldReader;

pub(crate) use import::{Columns, PastedList, RoleNames, UploadedFile, sample_table};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use import::{ImportList, ImportOptions};

/// Returns the number of days until an invitation expires, 1 to 90.
pub(crate) fn expiry_days(fields: &mut FieldReader) -> Result<Option<u16>, Problem> {
    fields.number_within("expiry_days", 1..=MAX_EXPIRY_DAYS)
}

pub(crate) fn locale(fields: &mut FieldReader) -> Result<Option<Language>, Problem> {
    Ok(fields.text("locale")?.map(|tag| parse_locale(&tag)).transpose()?.flatten())
}

fn parse_locale(tag: &str) -> Result<Option<Language>, Problem> {
    let tag = Some(tag).filter(|tag| !tag.is_empty());
    tag.map(|tag| tag.parse().map_err(|_| Problem::field("locale", "write en or de."))).transpose()
}

fn message(fields: &mut FieldReader) -> Result<Option<InvitationMessage>, Problem> {
    Ok(fields.text("message")?.map(|text| parse_message(&text)).transpose()?.flatten())
}

/// A blank message counts as none.
fn parse_message(text: &str) -> Result<Option<InvitationMessage>, Problem> {
    let text = Some(text.trim()).filter(|text| !text.is_empty());
    text.map(|text| InvitationMessage::parse("message", text)).transpose()
}
