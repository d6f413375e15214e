//! The fields of requests about second factors.

use vestibule_core::Problem;
use vestibule_core::assurance::{Assurance, MfaChange, SecondFactorPolicy};

use crate::extract::FieldReader;

/// Reads what an organization or a workspace requires of sign-ins. `flags` are the names of the flag that requires a
/// second factor: clients have several.
///
/// # Errors
/// `INVALID_FIELD`.
pub(crate) fn read_change(fields: &mut FieldReader, flags: &[&str]) -> Result<MfaChange, Problem> {
    let mut is_enforced = None;
    for name in flags {
        let flag = fields.flag(name)?;
        is_enforced = is_enforced.or(flag);
    }
    let minimum = fields.choice("minimum_assurance", "two_factors or phishing_resistant")?;
    if minimum == Some(Assurance::OneFactor) {
        return Err(Problem::field("minimum_assurance", "use two_factors or phishing_resistant."));
    }
    Ok(MfaChange {
        is_enforced,
        minimum,
        grace_days: fields.number_within("mfa_grace_days", 0..=MfaChange::MAX_GRACE_DAYS)?,
    })
}

/// Reads `second_factor_policy`.
///
/// # Errors
/// `INVALID_FIELD`.
pub(crate) fn read_policy(fields: &mut FieldReader) -> Result<Option<SecondFactorPolicy>, Problem> {
    fields.choice("second_factor_policy", "none, optional or enforced")
}
