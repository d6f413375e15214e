//! Minting a token for whoever is signed in.

use std::time::Duration;

use serde_json::json;

use super::key::SigningKey;
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::{OrganizationId, WorkspaceId};
use crate::permission::{PermissionSet, RequiredPermission, RequiredWorkspacePermission, Requirement};
use crate::session::{self, SignIn};
use crate::time::Timestamp;

/// How much later than its `expires` a token still verifies, for clocks that do not go alike (contract A.4.1).
const SKEW: Duration = Duration::from_secs(5);

/// Makes a token about the active sign-in and what it acts in. What the caller may not enter from where they are is not
/// in it.
///
/// Error: `UNAUTHORIZED`.
#[derive(Debug)]
pub struct Mint;

/// A token, and until when it holds.
#[derive(Debug)]
pub struct Minted {
    /// The token.
    pub token: String,
    /// From this instant on its owner shall ask for another.
    pub expires_at: Timestamp,
}

impl Query for Mint {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = Minted;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Minted> {
        let user = cx.user()?;
        let session = cx.session.clone().ok_or(Code::Unauthorized)?;
        let sign_ins = cx.tx.all(session::sql::SIGN_INS, (session.id, cx.now)).await?;
        let active = sign_ins.into_iter().find(|one| Some(one.id) == session.sign_in_id).ok_or(Code::Unauthorized)?;
        let (active, _) = active.apart();
        let organization = in_organization(cx, &active).await?;
        let workspace = match &organization {
            Some(_) => in_workspace(cx, &active).await?,
            None => None,
        };
        let lifetime = cx.executor.settings.tokens.lifetime;
        let expires_at = cx.now.plus(lifetime);
        let held = |held: Option<&PermissionSet>| held.map_or_else(Vec::new, |held| held.as_slice().to_vec());
        let claims = json!({
            "iss": cx.executor.settings.public_url.as_str(),
            "sub": user.to_string(),
            "iat": cx.now.as_microseconds().div_euclid(1_000_000),
            "exp": expires_at.plus(SKEW).as_microseconds().div_euclid(1_000_000),
            "sid": session.id.to_string(),
            "organization": organization.as_ref().map(|(id, _)| id.to_string()),
            "workspace": workspace.as_ref().map(|(id, _)| id.to_string()),
            "permissions": {
                "organization": held(organization.as_ref().map(|(_, held)| held)),
                "workspace": held(workspace.as_ref().map(|(_, held)| held)),
            },
        });
        let key = SigningKey::at(&cx.executor.keys, &cx.executor.settings.tokens, cx.now)?;
        Ok(Minted { token: key.sign(&claims), expires_at })
    }
}

async fn in_organization(cx: &mut Context<'_>, active: &SignIn) -> Result<Option<(OrganizationId, PermissionSet)>> {
    let Some(organization) = active.organization_id else {
        return Ok(None);
    };
    let grant = access::authorize(cx, organization, RequiredPermission::Membership).await;
    let grant = shut_out_is_none(grant)?;
    Ok(grant.map(|grant| (organization, grant.permissions().clone())))
}

async fn in_workspace(cx: &mut Context<'_>, active: &SignIn) -> Result<Option<(WorkspaceId, PermissionSet)>> {
    let (Some(workspace), Some(membership)) = (active.workspace_id, active.organization_membership_id) else {
        return Ok(None);
    };
    let grant = access::authorize_in_workspace(cx, workspace, RequiredWorkspacePermission::Membership).await;
    let Some(grant) = shut_out_is_none(grant)? else {
        return Ok(None);
    };
    let (organization, _) = grant.ids();
    let held = access::workspace_permissions(cx, organization, workspace, membership).await?;
    Ok(held.map(|held| (workspace, held)))
}

fn shut_out_is_none<G>(grant: Result<G>) -> Result<Option<G>> {
    match grant {
        Ok(grant) => Ok(Some(grant)),
        Err(problem) if matches!(problem.code(), Code::Forbidden | Code::AddressNotAllowed) => Ok(None),
        Err(problem) => Err(problem),
    }
}
