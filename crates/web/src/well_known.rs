//! `/.well-known/*`: the public keys of session tokens, where to find them, and the public UI settings, as JSON without
//! an envelope.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use vestibule_core::session_token::PublishedKey;

use crate::api::deployment::configuration::UiSettings;
use crate::app::App;
use crate::envelope::Refusal;
use crate::routes::Routes;

/// Caching is safe: a new key is published long before it signs. Any origin may read the keys.
const HEADERS: [(HeaderName, HeaderValue); 2] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
];

/// A public key (RFC 7517).
#[derive(Debug, Serialize)]
struct Jwk {
    kty: &'static str,
    kid: String,
    r#use: &'static str,
    alg: &'static str,
    crv: &'static str,
    x: String,
    y: String,
}

#[derive(Debug, Serialize)]
struct KeySet {
    keys: Vec<Jwk>,
}

/// What a backend needs to check session tokens, in the form of `OpenID` Connect Discovery 1.0. This is no `OpenID`
/// provider: it has no authorization endpoint, so no `response_types`, and what an endpoint would need is left out.
#[derive(Debug, Serialize)]
struct Discovery<'a> {
    issuer: &'a str,
    jwks_uri: String,
    response_types_supported: [&'static str; 0],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
    claims_supported: Vec<&'a str>,
}

/// The current signing key, in the format of earlier clients.
#[derive(Debug, Serialize)]
struct KeyPair {
    deployment_id: String,
    public_key: String,
}

pub(crate) fn routes() -> Routes {
    Routes::default()
        .get("/.well-known/openid-configuration", discovery)
        .get("/.well-known/jwks.json", key_set)
        .get("/.well-known/jwk", key_pair)
        .get("/.well-known/meta", meta)
}

fn keys(app: &App) -> Result<Vec<PublishedKey>, Refusal> {
    Ok(app.service().published_keys()?)
}

async fn key_set(State(app): State<App>) -> Result<Response, Refusal> {
    let keys = keys(&app)?.into_iter().map(|PublishedKey { id, x, y, .. }| Jwk {
        kty: "EC",
        kid: id,
        r#use: "sig",
        alg: "ES256",
        crv: "P-256",
        x,
        y,
    });
    Ok((HEADERS, axum::Json(KeySet { keys: keys.collect() })).into_response())
}

async fn discovery(State(app): State<App>) -> Response {
    let settings = app.settings();
    let issuer = settings.public_url.as_str();
    let audience = (!settings.tokens.audience.is_empty()).then_some("aud");
    let claims =
        ["iss", "sub", "iat", "exp", "sid", "amr", "acr", "auth_time", "organization", "workspace", "permissions"];
    let discovery = Discovery {
        issuer,
        jwks_uri: format!("{issuer}/.well-known/jwks.json"),
        response_types_supported: [],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["ES256"],
        claims_supported: claims.into_iter().chain(audience).chain(settings.tokens.claims.names()).collect(),
    };
    (HEADERS, axum::Json(discovery)).into_response()
}

async fn key_pair(State(app): State<App>) -> Result<Response, Refusal> {
    let current = keys(&app)?.into_iter().next().map_or_else(String::new, |key| key.pem);
    let pair = KeyPair { deployment_id: app.response_context().deployment.to_string(), public_key: current };
    Ok((HEADERS, axum::Json(pair)).into_response())
}

async fn meta(State(app): State<App>) -> Response {
    (HEADERS, axum::Json(UiSettings::new(app.response_context().deployment, app.settings()))).into_response()
}
