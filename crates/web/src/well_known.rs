//! What programs look up before they know anything else: `/.well-known/*`, as bare JSON without envelope and session
//! (contract B.11).

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use vestibule_core::session_token::PublishedKey;

use crate::api::deployment::configuration::Ui;
use crate::app::App;
use crate::envelope::Refusal;
use crate::routes::Routes;

/// Whoever keeps the keys for a few minutes has the next one long before it signs. Any page may read them.
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

/// The key that signs now, in the contract's own form.
#[derive(Debug, Serialize)]
struct KeyPair {
    deployment_id: String,
    public_key: String,
}

/// The routes.
pub(crate) fn routes() -> Routes {
    Routes::default()
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

async fn key_pair(State(app): State<App>) -> Result<Response, Refusal> {
    let current = keys(&app)?.into_iter().next().map_or_else(String::new, |key| key.pem);
    let pair = KeyPair { deployment_id: app.here().deployment.to_string(), public_key: current };
    Ok((HEADERS, axum::Json(pair)).into_response())
}

async fn meta(State(app): State<App>) -> Response {
    (HEADERS, axum::Json(Ui::new(app.here().deployment, app.settings()))).into_response()
}
