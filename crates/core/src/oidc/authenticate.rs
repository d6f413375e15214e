//! From a provider's response to who the person is there.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::apple;
use super::cache::{Provider, ProviderCache};
use super::claims::{Claims, find_claim};
use super::client::{Authenticated, AuthorizationResponse, Client, Form, ProviderTokens};
use super::discovery::Metadata;
use super::error::{OidcError, OidcErrorKind};
use super::id_token::{Expected, IdToken};
use super::jws;
use super::steps::{StepName, Steps};
use super::{github, id_token, token, userinfo};
use crate::Executor;
use crate::identity_provider::ProviderKind;
use crate::secret::OneTimeSecrets;
use crate::time::Timestamp;

/// In bytes.
const MAX_CODE: usize = 4096;

/// Exchanges a code, verifies what the provider says, and adds each step to `steps`.
pub async fn authenticate(
    executor: &Executor,
    client: &Client<'_>,
    secrets: &OneTimeSecrets,
    response: &AuthorizationResponse,
    now: Timestamp,
    steps: &mut Steps,
) -> Result<Authenticated, OidcError> {
    let request = Request { client, secrets, response, now };
    run(&executor.identity_providers, &request, steps).await
}

/// Checks whether an error response, which has no code, is the provider's (RFC 9207, section 2.4). Adds a step for the
/// response if it is not.
pub async fn check_error_response(
    executor: &Executor,
    client: &Client<'_>,
    iss: Option<&str>,
    steps: &mut Steps,
) -> Result<(), OidcError> {
    let checked = if client.kind == ProviderKind::GitHub {
        let endpoints = github::Endpoints::new(client.url);
        check_issuer(iss, false, &|iss| endpoints.is_response_issuer(iss))
    } else {
        let found = executor.identity_providers.get(&client.source()).await;
        let provider = steps.track(StepName::Discovery, found, None)?;
        check_issuer(iss, provider.metadata.demands_iss, &|iss| provider.metadata.is_response_issuer(iss))
    };
    match checked {
        Ok(()) => Ok(()),
        refused => steps.track(StepName::AuthorizationResponse, refused, Some(&json!({"iss": iss}))),
    }
}

/// What is authenticated.
pub(super) struct Request<'a> {
    pub(super) client: &'a Client<'a>,
    pub(super) secrets: &'a OneTimeSecrets,
    pub(super) response: &'a AuthorizationResponse,
    pub(super) now: Timestamp,
}

pub(super) async fn run(
    cache: &Arc<ProviderCache>,
    request: &Request<'_>,
    steps: &mut Steps,
) -> Result<Authenticated, OidcError> {
    if request.client.kind == ProviderKind::GitHub {
        return run_github(cache, request, steps).await;
    }
    let source = request.client.source();
    let provider = steps.track(StepName::Discovery, cache.get(&source).await, None)?;
    check_response(request, steps, provider.metadata.demands_iss, &|iss| provider.metadata.is_response_issuer(iss))?;
    let tokens = exchange(cache, request, &provider.metadata, steps).await?;
    let verified = match &tokens.id_token {
        Some(token) => verify(cache, request, &provider, &tokens, token).await,
        None => Err(OidcErrorKind::IdTokenMissing.because("the token response has an id_token")),
    };
    let shown = tokens.id_token.as_ref().and_then(|token| jws::unverified(token));
    let IdToken { issuer, sub, subject, mut claims } = steps.track(StepName::IdToken, verified, shown.as_ref())?;
    if needs_userinfo(request.client, &claims)
        && let Some(endpoint) = &provider.metadata.userinfo_endpoint
    {
        let profile = userinfo::request(&*cache.transport, endpoint, &tokens.access_token, &sub).await;
        let shown = profile.as_ref().ok().map(|profile| json!(profile));
        userinfo::merge(&mut claims, steps.track(StepName::Userinfo, profile, shown.as_ref())?);
    }
    if let (ProviderKind::Apple, Some(user)) = (request.client.kind, &request.response.apple_user) {
        apple::add_names(&mut claims, user);
    }
    let claims =
        Claims::new(claims).ok_or_else(|| OidcErrorKind::UserinfoInvalid.because("the claims have at most 64 KiB"))?;
    Ok(Authenticated { issuer, subject, claims, tokens })
}

/// Whether the ID token has no address, or lacks another claim that is wanted: many providers have some for userinfo only.
fn needs_userinfo(client: &Client<'_>, claims: &Map<String, Value>) -> bool {
    !claims.contains_key("email") || client.wanted_claims.iter().any(|path| find_claim(claims, path).is_none())
}

async fn run_github(
    cache: &Arc<ProviderCache>,
    request: &Request<'_>,
    steps: &mut Steps,
) -> Result<Authenticated, OidcError> {
    let endpoints = github::Endpoints::new(request.client.url);
    check_response(request, steps, false, &|iss| endpoints.is_response_issuer(iss))?;
    let metadata = endpoints.metadata();
    let tokens = exchange(cache, request, &metadata, steps).await?;
    let profile = endpoints.profile(&*cache.transport, &tokens.access_token).await;
    let shown = profile.as_ref().ok().map(|profile| json!(profile.claims));
    let github::Profile { subject, claims } = steps.track(StepName::Userinfo, profile, shown.as_ref())?;
    let claims =
        Claims::new(claims).ok_or_else(|| OidcErrorKind::UserinfoInvalid.because("the claims have at most 64 KiB"))?;
    Ok(Authenticated { issuer: metadata.issuer, subject, claims, tokens })
}

/// Checks the response before its code is sent anywhere: a code of another provider must not reach this one (RFC 9207).
fn check_response(
    request: &Request<'_>,
    steps: &mut Steps,
    demands_iss: bool,
    is_issuer: &dyn Fn(&str) -> bool,
) -> Result<(), OidcError> {
    let AuthorizationResponse { code, iss, .. } = request.response;
    let checked = check_issuer(iss.as_deref(), demands_iss, is_issuer).and_then(|()| {
        if code.is_empty() || code.len() > MAX_CODE {
            return Err(OidcErrorKind::CodeRefused.because("the code has at most 4096 characters"));
        }
        Ok(())
    });
    steps.track(StepName::AuthorizationResponse, checked, Some(&json!({"iss": iss, "code": code})))
}

fn check_issuer(iss: Option<&str>, demands_iss: bool, is_issuer: &dyn Fn(&str) -> bool) -> Result<(), OidcError> {
    match iss {
        Some(iss) if !is_issuer(iss) => Err(OidcErrorKind::WrongIssuer.because("iss is the provider's issuer")),
        None if demands_iss => Err(OidcErrorKind::WrongIssuer.because("the provider promises iss in each response")),
        _ => Ok(()),
    }
}

fn token_form(request: &Request<'_>) -> Form {
    Form::new(&[
        ("grant_type", "authorization_code"),
        ("code", request.response.code.as_str()),
        ("redirect_uri", request.client.redirect_uri.as_str()),
        ("code_verifier", request.secrets.code_verifier.as_str()),
    ])
}

async fn exchange(
    cache: &Arc<ProviderCache>,
    request: &Request<'_>,
    metadata: &Metadata,
    steps: &mut Steps,
) -> Result<ProviderTokens, OidcError> {
    let mut form = token_form(request);
    let tokens = match request.client.authenticate(&mut form, metadata, request.now) {
        Ok(header) => token::exchange(&*cache.transport, &metadata.token_endpoint, form, header, request.now).await,
        Err(error) => Err(error),
    };
    let shown = tokens.as_ref().ok().map(describe);
    steps.track(StepName::TokenExchange, tokens, shown.as_ref())
}

/// Which tokens there are, without them.
fn describe(tokens: &ProviderTokens) -> Value {
    json!({
        "has_access_token": true,
        "has_refresh_token": tokens.refresh_token.is_some(),
        "has_id_token": tokens.id_token.is_some(),
        "expires_at": tokens.expires_at,
    })
}

/// Verifies an ID token. If its key may be a new one, the provider's keys are loaded again, once.
async fn verify(
    cache: &Arc<ProviderCache>,
    request: &Request<'_>,
    provider: &Arc<Provider>,
    tokens: &ProviderTokens,
    token: &str,
) -> Result<IdToken, OidcError> {
    let client = request.client;
    let expected = Expected {
        metadata: &provider.metadata,
        kind: client.kind,
        client_id: client.client_id,
        allowed_tenants: client.allowed_tenants,
        nonce: &request.secrets.nonce,
        access_token: &tokens.access_token,
        now: request.now,
    };
    let error = match id_token::verify(token, &provider.keys, &expected) {
        Err(error) if may_be_rotated(&error) => error,
        verified => return verified,
    };
    match cache.refetch_keys(&client.source(), provider).await {
        Ok(refetched) => id_token::verify(token, &refetched.keys, &expected),
        Err(_) => Err(error),
    }
}

/// Whether newer keys could verify a token. Some providers keep the id of a key when they replace it.
fn may_be_rotated(error: &OidcError) -> bool {
    matches!(error.kind(), OidcErrorKind::UnknownKey | OidcErrorKind::BadSignature)
}
