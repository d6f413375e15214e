//! Second factors of test users. An [`Authenticator`] computes its codes itself, at the time of the app's clock.

use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::{PASSWORD, TestApp, TestClient, text};

/// How long a code is shown.
pub(crate) const STEP: Duration = Duration::from_secs(30);

/// An authenticator app with the secret of a user (RFC 6238): SHA-1, six digits, steps of 30 seconds.
pub(crate) struct Authenticator {
    pub(crate) id: String,
    secret: Vec<u8>,
    app: TestApp,
}

impl Authenticator {
    /// With a secret in Base32, as people type it.
    pub(crate) fn new(app: &TestApp, id: &str, secret: &str) -> Self {
        let secret = secret.replace([' ', '='], "").to_ascii_uppercase();
        let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
        Self { id: id.to_owned(), secret, app: app.clone() }
    }

    /// The code that the app shows now.
    pub(crate) fn code(&self) -> String {
        self.code_at(0)
    }

    /// The code that the app shows this many steps later; earlier, if it is negative.
    pub(crate) fn code_at(&self, steps: i64) -> String {
        let seconds = self.app.inner.service.now().as_microseconds().div_euclid(1_000_000);
        let counter = seconds.div_euclid(STEP.as_secs().try_into().unwrap()) + steps;
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.secret).unwrap();
        mac.update(&counter.to_be_bytes());
        let digest: [u8; 20] = mac.finalize().into_bytes().into();
        // RFC 4226, 5.3.
        let offset = usize::from(digest[19] & 0x0f);
        let number = u32::from_be_bytes(digest[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}

/// Sets up an authenticator app, which proves a second factor of the client's sign-in. Advances the clock by a minute, so
/// that the next code is one that was not used.
pub(crate) async fn enrol_authenticator(client: &TestClient) -> Authenticator {
    let started = client.post("/me/authenticator", &[]).await.ok();
    let authenticator = Authenticator::new(&client.app, &text(&started["id"]), &text(&started["totp_secret"]));
    let first = authenticator.code();
    client.app.advance(STEP);
    let second = authenticator.code();
    let fields = [("authenticator_id", authenticator.id.as_str()), ("codes", &first), ("codes", &second)];
    client.post("/me/authenticator/attempt-verification", &fields).await.ok();
    client.app.advance(STEP);
    authenticator
}

/// Proves the first factor in a new browser. Returns it and the id of the sign-in attempt, which waits for the second
/// factor.
pub(crate) async fn start_sign_in(app: &TestApp, email: &str) -> (TestClient, String) {
    let client = app.anonymous();
    let session = client.post("/auth/signin", &[("email", email), ("password", PASSWORD)]).await.ok();
    let attempt = session["signin_attempts"].as_array().and_then(|attempts| attempts.last()).unwrap();
    assert_eq!(attempt["current_step"], "verify_second_factor", "{session}");
    let attempt = text(&attempt["id"]);
    (client, attempt)
}

/// The path that completes a sign-in attempt with a second factor: `authenticator` or `backup_code`.
pub(crate) fn attempt_path(attempt: &str, method: &str) -> String {
    format!("/auth/attempt-verification?attempt_identifier={attempt}&identifier_type=signin&method={method}")
}

/// Signs in with the password and a code, in a new browser. Advances the clock to the next code.
pub(crate) async fn sign_in_with_code(app: &TestApp, email: &str, authenticator: &Authenticator) -> TestClient {
    let (client, attempt) = start_sign_in(app, email).await;
    let code = authenticator.code();
    client.post(&attempt_path(&attempt, "authenticator"), &[("verification_code", &code)]).await.ok();
    app.advance(STEP);
    client
}

/// Makes the database say that all sign-ins of the user are proved with a passkey, and that the user has one. Tests of
/// passkeys themselves register one instead.
pub(crate) async fn pretend_passkey(client: &TestClient) {
    let user = text(&client.get("/me").await.ok()["id"]);
    client.app.execute(&format!("UPDATE users SET second_factors = 2 WHERE id = {user}"));
    client.app.execute(&format!("UPDATE sign_ins SET proofs = 'passkey' WHERE user_id = {user}"));
}
