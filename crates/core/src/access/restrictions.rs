//! What organizations and workspaces require of their members besides permissions, for the caller's active sign-in.

use std::collections::HashSet;

use super::{Grant, sql};
use crate::assurance::{Assurance, MfaChange, MfaRequirement, RequiredAssurance};
use crate::error::{Code, Problem, Result};
use crate::execution::Context;
use crate::id::{OrganizationId, UserId};
use crate::permission::{Circumstances, Restriction};

/// What restrictions depend on for the caller's active sign-in.
pub(crate) fn circumstances(cx: &Context<'_>) -> Circumstances {
    let session = cx.session.as_ref();
    Circumstances {
        address: cx.caller.address,
        proofs: session.and_then(|session| session.proofs).unwrap_or_default(),
        sso_organization: session.and_then(|session| session.sso_organization),
        now: cx.now,
    }
}

/// Checks that nothing restricts the caller in an organization or in one of its workspaces.
///
/// # Errors
/// The first of these that applies: `ADDRESS_NOT_ALLOWED`, `SSO_REQUIRED`, `MFA_REQUIRED`.
pub(crate) async fn require_unrestricted(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    restriction: Restriction,
) -> Result<()> {
    if !restriction.is_address_allowed() {
        return Err(Code::AddressNotAllowed.into());
    }
    if restriction.requires_sso() {
        return Err(sso_required(cx, organization).await?);
    }
    match restriction.missing_assurance() {
        Some(minimum) => Err(mfa_required(cx, minimum).await?),
        None => Ok(()),
    }
}

/// An `SSO_REQUIRED` error with the connection of the caller.
async fn sso_required(cx: &mut Context<'_>, organization: OrganizationId) -> Result<Problem> {
    let user = cx.user()?;
    let found = cx.tx.optional(sql::REQUIRED_CONNECTION, (organization, user)).await?;
    // What was cached may be older than this statement.
    Ok(found.map_or_else(|| Code::Busy.into(), |(connection,)| Problem::sso_required(connection)))
}

/// The organizations of a user in which they have to sign in through its identity provider. There is none unless
/// `is_required`: one of the user's organizations requires it of some members.
pub(crate) async fn organizations_requiring_sso(
    cx: &mut Context<'_>,
    user: UserId,
    is_required: bool,
) -> Result<HashSet<OrganizationId>> {
    if !is_required {
        return Ok(HashSet::new());
    }
    let found = cx.tx.all(sql::REQUIRING_SSO, (user,)).await?;
    Ok(found.into_iter().map(|(organization,)| organization).collect())
}

/// What an organization or a workspace requires after a change. The caller's own sign-in, also an impersonator's, must be
/// strong enough for it: the change would otherwise lock them out. No requirement applies to API keys.
///
/// # Errors
/// `MFA_REQUIRED`.
pub(crate) async fn apply_mfa_change(
    cx: &mut Context<'_>,
    grant: &Grant,
    change: MfaChange,
    current: MfaRequirement,
) -> Result<MfaRequirement> {
    let changed = change.apply(current, cx.now);
    let applies = changed != current && changed.is_enforced && grant.user().is_some();
    if applies && !circumstances(cx).reaches(changed.minimum, grant.organization()) {
        return Err(mfa_required(cx, changed.minimum).await?);
    }
    Ok(changed)
}

/// An `MFA_REQUIRED` error with the caller's methods.
async fn mfa_required(cx: &mut Context<'_>, minimum: Assurance) -> Result<Problem> {
    let user = cx.user()?;
    let (factors,) = cx.tx.one(sql::SECOND_FACTORS, (user,)).await?;
    Ok(Problem::mfa_required(RequiredAssurance { minimum, methods: factors.methods_for(minimum) }))
}
