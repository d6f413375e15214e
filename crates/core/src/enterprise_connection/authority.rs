//! What a caller may set in a connection.

use super::mapping::AttributeMapping;
use super::sql;
use crate::access::Grant;
use crate::error::{Code, Result};
use crate::execution::Context;
use crate::oidc::Issuer;
use crate::permission::RequiredPermission;
use crate::reauthentication;

/// # Errors
/// `FORBIDDEN` without `organization:admin`.
pub(super) fn require_admin(grant: &Grant) -> Result<()> {
    if grant.satisfies(RequiredPermission::Admin) { Ok(()) } else { Err(Code::Forbidden.into()) }
}

/// For what decides who enters as whom. A setup link has no sign-in that could be proved again: its author has given the
/// proof.
///
/// # Errors
/// `REAUTHENTICATION_REQUIRED`.
pub(super) async fn require_recent_proof(cx: &mut Context<'_>) -> Result<()> {
    if cx.setup_link.is_some() { Ok(()) } else { reauthentication::require_recent_proof(cx).await }
}

/// Checks the roles of a mapping: people of the provider get them, so they may have no permission that the author lacks.
///
/// # Errors
/// `FORBIDDEN` for a setup link, which grants no roles; `ROLE_NOT_FOUND`; `ROLE_EXCEEDS_YOURS`; `PERMISSION_ARCHIVED`.
pub(super) async fn check_mapping(cx: &mut Context<'_>, grant: &Grant, mapping: &AttributeMapping) -> Result<()> {
    let wanted = mapping.role_ids();
    if wanted.is_empty() {
        return Ok(());
    }
    grant.member()?;
    let roles = cx.tx.all(sql::ROLES, (grant.organization(),)).await?;
    for id in wanted {
        let role = roles.iter().find(|role| role.id == id).ok_or(Code::RoleNotFound)?;
        if !grant.covers(&role.permissions) {
            return Err(Code::RoleExceedsYours.into());
        }
        cx.executor.settings.roles.check_assignable(&role.permissions)?;
    }
    Ok(())
}

/// Parses an issuer, and returns it as it is stored, with its host.
///
/// # Errors
/// `INVALID_ISSUER`.
pub(super) fn parse_issuer(cx: &Context<'_>, text: &str) -> Result<(String, String)> {
    let client = &cx.executor.http_client;
    let issuer = Issuer::parse(text, client).map_err(|_| Code::InvalidIssuer)?;
    let url = client.parse_url(issuer.as_str()).map_err(|_| Code::InvalidIssuer)?;
    Ok((issuer.as_str().to_owned(), url.host().to_string()))
}
