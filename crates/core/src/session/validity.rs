//! How long a response that shows a session may be cached.

use super::SessionDetails;
use crate::cache::{Credential, Validity};
use crate::caller::{CurrentSession, touch_due_at};
use crate::error::Result;
use crate::execution::Context;

/// Returns what a cached session depends on. `None` if it spans several organizations, shows open attempts, or
/// depends on the caller's IP address, which a [`Validity`] cannot express, and for one with an impersonated sign-in,
/// whose requests are logged in full.
pub(super) async fn validity(cx: &mut Context<'_>, shown: &SessionDetails) -> Result<Option<Validity>> {
    let CurrentSession { id, revision: credential_revision, expires_at, last_seen_at, .. } = shown.session;
    let mut organizations = shown.sign_ins.iter().filter_map(|shown| shown.sign_in.organization_id);
    let organization = organizations.next().unwrap_or_else(|| 0.into());
    if shown.depends_on_address
        || shown.sign_ins.iter().any(|shown| shown.sign_in.impersonator_id.is_some())
        || shown.session.attempts_until > cx.now
        || organizations.any(|other| other != organization)
    {
        return Ok(None);
    }
    let revision = cx.revision(organization).await?;
    let expiries = shown.sign_ins.iter().map(|shown| shown.sign_in.expires_at);
    let limits = [expires_at, touch_due_at(last_seen_at, &cx.executor.settings)];
    let until = expiries.chain(limits).chain(shown.restricted_from).min().unwrap_or(cx.now);
    let organization_revision = revision.organization;
    Ok(Some(Validity {
        credential: Credential::Session(id),
        credential_revision,
        organization,
        organization_revision,
        valid_from: cx.now,
        valid_until: until,
    }))
}
