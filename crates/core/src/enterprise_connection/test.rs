//! Testing a configuration: the requests to the provider are sent outside of a transaction, and the result has codes and
//! nothing of what a host has answered.

use std::sync::Arc;

use super::connection::{ClientId, ClientSecret, LiveConnection, find_any, redirect_uri};
use crate::access::{self, Grant};
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Reply};
use crate::id::{ConnectionId, OrganizationId};
use crate::oidc::{self, ConnectionCheck};
use crate::permission::{RequiredPermission, Requirement};
use crate::rate_limit;
use crate::settings::ClientCredential;
use crate::setup_purpose::SetupPurpose;

/// The codes of [`test_draft`].
pub const TEST_DRAFT_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::Unauthorized,
    Code::Forbidden,
    Code::AddressNotAllowed,
    Code::SsoRequired,
    Code::MfaRequired,
    Code::TooManyRequests,
];

/// The codes of [`test_saved`].
pub const TEST_SAVED_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::Unauthorized,
    Code::Forbidden,
    Code::AddressNotAllowed,
    Code::SsoRequired,
    Code::MfaRequired,
    Code::ConnectionNotFound,
    Code::TooManyRequests,
];

/// A configuration that is not stored.
#[derive(Debug)]
pub struct TestDraft {
    pub organization: OrganizationId,
    pub issuer: String,
    pub client_id: ClientId,
    pub client_secret: Option<ClientSecret>,
}

/// Tests a configuration that is not stored.
///
/// # Errors
/// [`TEST_DRAFT_ERRORS`]: `FORBIDDEN` without `organization:manage_settings`.
pub async fn test_draft(executor: &Arc<Executor>, caller: &Caller, draft: TestDraft) -> Reply<ConnectionCheck> {
    let started = executor.run(caller, StartDraft { organization: draft.organization }).await;
    match started.result {
        Ok(()) => {
            let secret = draft.client_secret.as_ref().map(ClientSecret::as_str);
            let redirect_uri = redirect_uri(&executor.settings, draft.organization);
            let (issuer, client_id) = (draft.issuer.as_str(), draft.client_id.as_str());
            let check = oidc::test_connection(executor, issuer, client_id, secret, &redirect_uri).await;
            started.map(|()| check)
        }
        Err(problem) => Reply { session: started.session, ..Reply::failed(problem) },
    }
}

/// Tests a stored connection, with its secret.
///
/// # Errors
/// [`TEST_SAVED_ERRORS`]: `FORBIDDEN` without `organization:manage_settings`.
pub async fn test_saved(
    executor: &Arc<Executor>,
    caller: &Caller,
    organization: OrganizationId,
    connection: ConnectionId,
) -> Reply<ConnectionCheck> {
    let started = executor.run(caller, StartSaved { organization, connection }).await;
    let found = match &started.result {
        Ok(found) => found.clone(),
        Err(problem) => return Reply { session: started.session, ..Reply::failed(problem.clone()) },
    };
    let credential = match found.credential(&executor.keys) {
        Ok(credential) => credential,
        Err(problem) => return Reply { session: started.session, ..Reply::failed(problem) },
    };
    let secret = match &credential {
        ClientCredential::Secret(secret) => Some(secret.as_str()),
        ClientCredential::AppleKey { .. } | ClientCredential::Public => None,
    };
    let redirect_uri = redirect_uri(&executor.settings, organization);
    let check = oidc::test_connection(executor, &found.issuer, &found.client_id, secret, &redirect_uri).await;
    started.map(|_| check)
}

/// Authorizes the caller and counts the test before the provider is asked.
#[derive(Debug)]
struct StartDraft {
    organization: OrganizationId,
}

impl Command for StartDraft {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[Code::TooManyRequests];
    const SETUP: Option<SetupPurpose> = Some(SetupPurpose::Sso);
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        rate_limit::record_connection_test(cx, grant.organization()).await
    }
}

#[derive(Debug)]
struct StartSaved {
    organization: OrganizationId,
    connection: ConnectionId,
}

impl Command for StartSaved {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[Code::ConnectionNotFound, Code::TooManyRequests];
    const SETUP: Option<SetupPurpose> = Some(SetupPurpose::Sso);
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = LiveConnection;

    async fn run(&self, cx: &mut Context<'_>) -> Result<LiveConnection> {
        let (_, found) = authorize_test(cx, self.organization, self.connection).await?;
        Ok(found)
    }
}

/// Authorizes the caller to test a stored connection, and counts the test.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_settings`; `CONNECTION_NOT_FOUND`; `TOO_MANY_REQUESTS`.
pub(crate) async fn authorize_test(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    connection: ConnectionId,
) -> Result<(Grant, LiveConnection)> {
    let grant = access::authorize(cx, organization, RequiredPermission::ManageSettings).await?;
    rate_limit::record_connection_test(cx, grant.organization()).await?;
    let found = find_any(cx, connection).await?;
    if found.organization != grant.organization() {
        return Err(Code::ConnectionNotFound.into());
    }
    Ok((grant, found))
}
