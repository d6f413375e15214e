//! Sending a browser to a social provider: to sign in, or to connect an identity to the caller's account.

use std::sync::Arc;

use vestibule_db::TransactionMode;

use super::request::{self, CreatedRequest, NewRequest, RequestPurpose};
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Reply};
use crate::id::AuthorizationRequestId;
use crate::identity;
use crate::identity_provider::ProviderId;
use crate::oidc::{self, Client};
use crate::permission::Requirement;
use crate::reauthentication::require_recent_proof;
use crate::secret::{SessionToken, SignUpToken};
use crate::security_log::{Audit, Authentication, Subject};
use crate::session::SessionDetails;
use crate::settings::{Settings, SocialProvider};

/// Where providers send browsers back to.
const CALLBACK_PATH: &str = "/auth/oauth2/callback";

/// A browser that is about to be sent to a provider.
#[derive(Debug)]
pub struct Begun {
    /// The provider's page.
    pub url: String,
    /// The token of a new session; `None` if the caller had one.
    pub token: Option<SessionToken>,
    pub session: SessionDetails,
}

/// A sign-in with a social provider.
#[derive(Debug)]
pub struct BeginSocial {
    pub provider: ProviderId,
    /// Where the browser goes in the end: a path of this server, or a URL of an allowed origin. The caller has checked it.
    pub return_to: String,
    /// Whether a page of ours begins it, and not a client of the API.
    pub is_page: bool,
    /// An invitation that is accepted after the sign-in, or that lets the person sign up.
    pub invitation: Option<SignUpToken>,
    /// The address that the person has typed, for the provider's page.
    pub login_hint: Option<String>,
}

/// The codes of [`begin_social`].
pub const BEGIN_SOCIAL_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::ProviderNotConfigured,
    Code::TooManyRequests,
    Code::ProviderUnavailable,
    Code::InvalidIdentity,
];

/// Starts a sign-in with a social provider, in the caller's session or a new one.
///
/// # Errors
/// [`BEGIN_SOCIAL_ERRORS`].
pub async fn begin_social(executor: &Arc<Executor>, caller: &Caller, begin: BeginSocial) -> Reply<Begun> {
    let (provider, hint) = (begin.provider.clone(), begin.login_hint.clone());
    let started = executor.run(caller, StartSignIn { begin }).await;
    let audit = Audit::AuthenticationStep(Authentication::SignIn);
    with_url(executor, caller, started, (&provider, RequestPurpose::SignIn, hint.as_deref()), audit).await
}

#[derive(Debug)]
struct StartSignIn {
    begin: BeginSocial,
}

impl Command for StartSignIn {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::ProviderNotConfigured, Code::TooManyRequests];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = CreatedRequest;

    fn audit(&self) -> Audit {
        Audit::AuthenticationStep(Authentication::SignIn)
    }

    // Concurrent requests of one network wait for the counter's row lock.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<CreatedRequest> {
        let BeginSocial { provider, return_to, is_page, invitation, .. } = &self.begin;
        require_configured(&cx.executor.settings, provider)?;
        let new = NewRequest {
            purpose: RequestPurpose::SignIn,
            provider: provider.as_str(),
            connection: None,
            user: None,
            return_to,
            is_page: *is_page,
            invitation: invitation.as_ref(),
        };
        request::create(cx, new).await
    }
}

/// An identity that is to be connected to the caller's account.
#[derive(Debug)]
pub struct BeginLink {
    pub provider: ProviderId,
    /// See [`BeginSocial::return_to`].
    pub return_to: String,
    pub is_page: bool,
}

/// The codes of [`begin_link`].
pub const BEGIN_LINK_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::Unauthorized,
    Code::ReauthenticationRequired,
    Code::ProviderNotConfigured,
    Code::TooManyIdentities,
    Code::TooManyRequests,
    Code::ProviderUnavailable,
    Code::InvalidIdentity,
];

/// Starts to connect an identity of a social provider to the caller's account.
///
/// # Errors
/// [`BEGIN_LINK_ERRORS`].
pub async fn begin_link(executor: &Arc<Executor>, caller: &Caller, begin: BeginLink) -> Reply<Begun> {
    let provider = begin.provider.clone();
    let started = executor.run(caller, StartLink { begin }).await;
    with_url(executor, caller, started, (&provider, RequestPurpose::Link, None), Audit::RefusalsOnly).await
}

#[derive(Debug)]
struct StartLink {
    begin: BeginLink,
}

impl Command for StartLink {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::ReauthenticationRequired, Code::ProviderNotConfigured, Code::TooManyIdentities, Code::TooManyRequests];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = CreatedRequest;

    async fn run(&self, cx: &mut Context<'_>) -> Result<CreatedRequest> {
        let BeginLink { provider, return_to, is_page } = &self.begin;
        let user = cx.user()?;
        require_configured(&cx.executor.settings, provider)?;
        require_recent_proof(cx).await?;
        identity::require_free_place(cx, user).await?;
        let new = NewRequest {
            purpose: RequestPurpose::Link,
            provider: provider.as_str(),
            connection: None,
            user: Some(user),
            return_to,
            is_page: *is_page,
            invitation: None,
        };
        request::create(cx, new).await
    }
}

/// Finds a provider of the settings.
///
/// # Errors
/// `PROVIDER_NOT_CONFIGURED`.
pub(super) fn require_configured<'a>(settings: &'a Settings, provider: &ProviderId) -> Result<&'a SocialProvider> {
    Ok(settings.social.find(provider).ok_or(Code::ProviderNotConfigured)?)
}

/// How this service is registered at a provider.
pub(super) fn client<'a>(settings: &Settings, provider: &'a SocialProvider) -> Client<'a> {
    Client {
        kind: provider.kind,
        url: &provider.url,
        client_id: &provider.client_id,
        credential: &provider.credential,
        scopes: &provider.scopes,
        allowed_tenants: &provider.allowed_tenants,
        redirect_uri: format!("{}{CALLBACK_PATH}", settings.public_url.as_str()),
        wanted_claims: Vec::new(),
    }
}

/// Completes a started request with the URL of the provider's page, which its discovery document says.
async fn with_url(
    executor: &Arc<Executor>,
    caller: &Caller,
    started: Reply<CreatedRequest>,
    (provider, purpose, login_hint): (&ProviderId, RequestPurpose, Option<&str>),
    audit: Audit,
) -> Reply<Begun> {
    let id = match &started.result {
        Ok(created) => created.id,
        Err(problem) => return Reply { session: started.session, ..Reply::failed(problem.clone()) },
    };
    match url(executor, provider, (id, purpose), login_hint).await {
        Ok(url) => started.map(|created| Begun { url, token: created.token, session: created.session }),
        Err(problem) => {
            executor.log_outcome(caller, audit, &Subject::default(), Some(&problem));
            Reply { session: started.session, ..Reply::failed(problem) }
        }
    }
}

async fn url(
    executor: &Arc<Executor>,
    provider: &ProviderId,
    (id, purpose): (AuthorizationRequestId, RequestPurpose),
    login_hint: Option<&str>,
) -> Result<String> {
    let provider = require_configured(&executor.settings, provider)?;
    let secrets = executor.keys.authorization_secrets(id, purpose.action());
    let client = client(&executor.settings, provider);
    Ok(oidc::authorization_url(executor, &client, &secrets, login_hint).await?)
}
