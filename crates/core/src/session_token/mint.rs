//! Minting session tokens.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::custom_claims;
use super::key::SigningKey;
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::{MembershipId, OrganizationId, SessionId, SignInId, UserId, WorkspaceId, WorkspaceMembershipId};
use crate::permission::{PermissionSet, RequiredPermission, RequiredWorkspacePermission, Requirement};
use crate::proof::Proofs;
use crate::session::{self, SignIn};
use crate::settings::ClaimTemplate;
use crate::time::Timestamp;

/// How long after `expires_at` a token still verifies, to tolerate clock skew.
const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// Mints a token for the active sign-in, with its organization, workspace and permissions, and the claims of a
/// template. An organization or workspace that refuses the caller's address, or requires another or a stronger sign-in, is
/// left out.
/// The token says how the user has proved who they are; that of an impersonator names them as `act` instead.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct Mint {
    pub template: Arc<ClaimTemplate>,
}

#[derive(Debug)]
pub struct MintedToken {
    pub token: String,
    /// When the client must request a new token.
    pub expires_at: Timestamp,
}

/// Whom a token is about.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) user: UserId,
    pub(super) session: SessionId,
    pub(super) sign_in: SignInId,
    pub(super) organization: Option<(OrganizationId, PermissionSet)>,
    /// Also if `organization` is left out, as `workspace_membership` is.
    pub(super) membership: Option<MembershipId>,
    pub(super) workspace: Option<(WorkspaceId, PermissionSet)>,
    pub(super) workspace_membership: Option<WorkspaceMembershipId>,
}

impl Query for Mint {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = MintedToken;

    async fn run(&self, cx: &mut Context<'_>) -> Result<MintedToken> {
        let user = cx.user()?;
        let session = cx.session.clone().ok_or(Code::Unauthorized)?;
        let sign_ins = cx.tx.all(session::sql::SIGN_INS, (session.id, cx.now)).await?;
        let active =
            sign_ins.into_iter().find(|sign_in| Some(sign_in.id) == session.sign_in_id).ok_or(Code::Unauthorized)?;
        let (active, _) = active.into_parts();
        let organization = organization_claim(cx, &active).await?;
        let workspace = match &organization {
            Some(_) => workspace_claim(cx, &active).await?,
            None => None,
        };
        let subject = Subject {
            user,
            session: session.id,
            sign_in: active.id,
            organization,
            membership: active.organization_membership_id,
            workspace,
            workspace_membership: active.workspace_membership_id,
        };
        let custom = custom_claims::render(cx, &self.template, &subject).await?;
        let Subject { organization, workspace, .. } = subject;
        let tokens = &cx.executor.settings.tokens;
        let (expires_at, not_after) = match active.impersonator_id {
            // It ends with the sign-in, also for a backend.
            Some(_) => (cx.now.plus(tokens.lifetime).min(active.expires_at), active.expires_at),
            None => (cx.now.plus(tokens.lifetime), Timestamp::LATEST),
        };
        let list =
            |set: Option<&PermissionSet>| set.map_or_else(Vec::new, |set| set.iter().map(str::to_owned).collect());
        let mut claims = json!({
            "iss": cx.executor.settings.public_url.as_str(),
            "sub": user.to_string(),
            "iat": seconds(cx.now),
            "exp": seconds(expires_at.plus(CLOCK_SKEW).min(not_after)),
            "sid": session.id.to_string(),
            "organization": organization.as_ref().map(|(id, _)| id.to_string()),
            "workspace": workspace.as_ref().map(|(id, _)| id.to_string()),
            "permissions": {
                "organization": list(organization.as_ref().map(|(_, permissions)| permissions)),
                "workspace": list(workspace.as_ref().map(|(_, permissions)| permissions)),
            },
        });
        match active.impersonator_id {
            // Who acts in place of the subject (RFC 8693, 4.1).
            Some(impersonator) => claims["act"] = json!({"sub": impersonator.to_string()}),
            None => add_authentication(&mut claims, active.proofs, active.proved_at),
        }
        // One audience is a string, several are an array (RFC 7519, 4.1.3).
        match &*tokens.audience {
            [] => {}
            [audience] => claims["aud"] = json!(audience),
            audiences => claims["aud"] = json!(audiences),
        }
        if let Some(claims) = claims.as_object_mut() {
            // Their names are never those above; the settings refuse reserved ones.
            claims.extend(custom);
        }
        let key = SigningKey::current(&cx.executor.keys, tokens, cx.now)?;
        Ok(MintedToken { token: key.sign(&claims), expires_at })
    }
}

/// Says how the user has proved who they are, and when last (`OpenID` Connect Core 1.0, 2). The values of `amr` are those
/// of RFC 8176.
fn add_authentication(claims: &mut Value, proofs: Proofs, proved_at: Timestamp) {
    let methods = proofs.authentication_methods();
    if !methods.is_empty() {
        claims["amr"] = json!(methods);
    }
    claims["acr"] = json!(proofs.assurance());
    claims["auth_time"] = json!(seconds(proved_at));
}

const fn seconds(time: Timestamp) -> i64 {
    time.as_microseconds().div_euclid(1_000_000)
}

async fn organization_claim(cx: &mut Context<'_>, active: &SignIn) -> Result<Option<(OrganizationId, PermissionSet)>> {
    let Some(organization) = active.organization_id else {
        return Ok(None);
    };
    let grant = access::authorize(cx, organization, RequiredPermission::Membership).await;
    let grant = none_if_denied(grant)?;
    Ok(grant.map(|grant| (organization, grant.permissions().clone())))
}

async fn workspace_claim(cx: &mut Context<'_>, active: &SignIn) -> Result<Option<(WorkspaceId, PermissionSet)>> {
    let (Some(workspace), Some(membership)) = (active.workspace_id, active.organization_membership_id) else {
        return Ok(None);
    };
    let grant = access::authorize_in_workspace(cx, workspace, RequiredWorkspacePermission::Membership).await;
    let Some(grant) = none_if_denied(grant)? else {
        return Ok(None);
    };
    let (organization, _) = grant.ids();
    let permissions = access::workspace_permissions(cx, organization, workspace, membership).await?;
    Ok(permissions.map(|permissions| (workspace, permissions)))
}

fn none_if_denied<G>(grant: Result<G>) -> Result<Option<G>> {
    match grant {
        Ok(grant) => Ok(Some(grant)),
        Err(problem) => match problem.code() {
            Code::Forbidden | Code::AddressNotAllowed | Code::SsoRequired | Code::MfaRequired => Ok(None),
            _ => Err(problem),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::ProofMethod;

    #[test]
    fn claims_say_how_and_when_the_user_proved_who_they_are() {
        let proved_at = Timestamp::from_microseconds(1_790_000_000_999_999);
        let claims = |proofs| {
            let mut claims = json!({});
            add_authentication(&mut claims, proofs, proved_at);
            claims
        };
        let two = Proofs::of(ProofMethod::Password).with(ProofMethod::Authenticator);
        let expected = json!({"amr": ["pwd", "otp", "mfa"], "acr": "two_factors", "auth_time": 1_790_000_000});
        assert_eq!(claims(two), expected);
        let expected = json!({"acr": "one_factor", "auth_time": 1_790_000_000});
        assert_eq!(claims(Proofs::of(ProofMethod::SignUp)), expected, "`amr` has no name for it");
    }
}
