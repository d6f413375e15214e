//! Passkeys: adding and managing them, signing in and confirming with them, and what is refused. The responses are those
//! of a software authenticator, which a test tampers with.

mod attestations;
mod challenges;
mod counters;
mod enrolment;
mod management;
mod refused_responses;
mod relying_party;
mod second_verifier;
mod sign_in;
mod who_may_sign_in;

use serde_json::{Value, json};

use crate::harness::{SoftwareAuthenticator, Tamper, TestApp, TestClient, TestResponse, allow_passkeys, text};
use crate::session_tokens::unverified_claims;

const ADA: &str = "ada@example.com";
const BEN: &str = "ben@example.com";

const BEGIN_REGISTRATION: &str = "/me/passkeys/register/begin";
const FINISH_REGISTRATION: &str = "/me/passkeys/register/finish";
const BEGIN_SIGN_IN: &str = "/auth/passkey/login/begin";
const FINISH_SIGN_IN: &str = "/auth/passkey/login/finish";
const BEGIN_PROOF: &str = "/me/reauthenticate/passkey/begin";
const PROVE: &str = "/me/reauthenticate";

async fn start() -> TestApp {
    TestApp::with_settings(allow_passkeys).await
}

/// Signs up a user, and adds a passkey to their account.
async fn create_user_with_passkey(app: &TestApp, email: &str, seed: u8) -> (TestClient, SoftwareAuthenticator) {
    let (client, authenticator) = (app.create_user(email).await, SoftwareAuthenticator::new(seed));
    client.add_passkey(&authenticator).await;
    (client, authenticator)
}

/// Starts a ceremony. Returns what the browser is asked for.
async fn begin(client: &TestClient, path: &str) -> Value {
    client.post(path, &[]).await.ok()["options"].clone()
}

async fn register(client: &TestClient, authenticator: &SoftwareAuthenticator, tamper: &Tamper) -> TestResponse {
    let options = begin(client, BEGIN_REGISTRATION).await;
    client.post_json(FINISH_REGISTRATION, &authenticator.register(&options, tamper)).await
}

async fn sign_in(client: &TestClient, authenticator: &SoftwareAuthenticator, tamper: &Tamper) -> TestResponse {
    let options = begin(client, BEGIN_SIGN_IN).await;
    client.post_json(FINISH_SIGN_IN, &authenticator.sign_in(&options, tamper)).await
}

async fn prove(client: &TestClient, authenticator: &SoftwareAuthenticator, tamper: &Tamper) -> TestResponse {
    let options = begin(client, BEGIN_PROOF).await;
    client.post_json(PROVE, &json!({"credential": authenticator.sign_in(&options, tamper)})).await
}

/// Signs in with a passkey in a new browser.
async fn sign_in_elsewhere(app: &TestApp, authenticator: &SoftwareAuthenticator, tamper: &Tamper) -> TestResponse {
    sign_in(&app.anonymous(), authenticator, tamper).await
}

async fn list(client: &TestClient) -> Vec<Value> {
    client.get("/me/passkeys").await.ok().as_array().unwrap().clone()
}

/// The path of the only passkey of a user.
async fn only_passkey(client: &TestClient) -> String {
    let passkeys = list(client).await;
    assert_eq!(passkeys.len(), 1, "{passkeys:?}");
    format!("/me/passkeys/{}", text(&passkeys[0]["id"]))
}

/// The claims of a new session token.
async fn claims(client: &TestClient) -> Value {
    unverified_claims(client, "/session/token").await
}

async fn disable(app: &TestApp, client: &TestClient) {
    let user = text(&client.get("/me").await.ok()["id"]).parse().unwrap();
    let caller = vestibule_core::execution::Caller::anonymous();
    app.inner.service.run(&caller, vestibule_core::operator::DisableUser { user }).await.result.unwrap();
    app.drain().await;
}
