//! Signing in with two factors. [`AuthenticatorApp`] and `SoftwareAuthenticator` are the factors themselves.

use super::{AuthenticatorApp, PASSWORD, TestApp, TestClient};

/// Signs in with the password and a code, in a new browser. Waits for the next code, because each is accepted once.
pub(crate) async fn sign_in_with_code(app: &TestApp, email: &str, authenticator: &AuthenticatorApp) -> TestClient {
    let client = app.anonymous();
    client.post("/auth/signin", &[("email", email), ("password", PASSWORD)]).await.ok();
    let attempt = client.pending_attempt().await;
    let code = client.code_of(authenticator);
    client.attempt_second_factor(&attempt, "authenticator", &code).await.ok();
    client.wait_for_next_code();
    client
}
