//! The fields of a request that change what an organization or a workspace requires of sign-ins.

use vestibule_core::Problem;
use vestibule_core::assurance::MfaChange;

use crate::extract::FieldReader;

/// Reads the fields. `names` are those of the flag, for which clients have several.
pub(crate) fn read(fields: &mut FieldReader, names: &[&str]) -> Result<MfaChange, Problem> {
    let mut is_enforced = None;
    for name in names {
        let flag = fields.flag(name)?;
        is_enforced = is_enforced.or(flag);
    }
    let minimum = fields.text("minimum_assurance")?.filter(|text| !text.is_empty());
    Ok(MfaChange {
        is_enforced,
        minimum: minimum.map(|text| MfaChange::parse_minimum("minimum_assurance", &text)).transpose()?,
        grace_days: fields.number_within("mfa_grace_days", 0..=MfaChange::MAX_GRACE_DAYS)?,
    })
}
