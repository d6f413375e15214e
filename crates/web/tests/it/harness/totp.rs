//! [`AuthenticatorApp`]: an authenticator app that has scanned a secret.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha1::Sha1;
use vestibule_core::time::{Clock, Timestamp};

use super::{TestClient, text};

const PERIOD_SECONDS: i64 = 30;

/// An authenticator app with one secret.
pub(crate) struct AuthenticatorApp {
    secret: Vec<u8>,
    /// The id of the authenticator in the API.
    pub(crate) id: String,
}

impl AuthenticatorApp {
    /// Takes the secret from the response of `POST /me/authenticator`.
    pub(crate) fn scan(started: &Value) -> Self {
        let secret = data_encoding::BASE32_NOPAD.decode(text(&started["totp_secret"]).as_bytes()).unwrap();
        Self { secret, id: text(&started["id"]) }
    }

    /// The code of the period that is `periods` after that of a time (RFC 6238).
    pub(crate) fn code_at(&self, now: Timestamp, periods: i64) -> String {
        let step = now.as_milliseconds().div_euclid(1000 * PERIOD_SECONDS) + periods;
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.secret).unwrap();
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let offset = usize::from(digest[19] & 15);
        let number = u32::from_be_bytes(digest[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}

impl TestClient {
    /// The code that the app shows now.
    pub(crate) fn code_of(&self, app: &AuthenticatorApp) -> String {
        app.code_at(self.app.inner.clock.now(), 0)
    }

    /// Moves the clock to the next code. Each code is accepted once.
    pub(crate) fn wait_for_next_code(&self) {
        self.app.advance(std::time::Duration::from_secs(30));
    }

    /// Sets an authenticator up for the signed-in user, and waits until its next code is a new one.
    pub(crate) async fn add_authenticator(&self) -> AuthenticatorApp {
        let app = AuthenticatorApp::scan(&self.post("/me/authenticator", &[]).await.ok());
        let now = self.app.inner.clock.now();
        let (first, second) = (app.code_at(now, -1), app.code_at(now, 0));
        let fields = [("authenticator_id", app.id.as_str()), ("codes[]", first.as_str()), ("codes[]", second.as_str())];
        self.post("/me/authenticator/attempt-verification", &fields).await.ok();
        self.wait_for_next_code();
        app
    }

    /// Makes backup codes. Returns them.
    pub(crate) async fn make_backup_codes(&self) -> Vec<String> {
        let codes = self.post("/me/backup-codes", &[]).await.ok();
        codes.as_array().unwrap().iter().map(text).collect()
    }

    /// The id of the last attempt to sign in of the session.
    pub(crate) async fn pending_attempt(&self) -> String {
        let session = self.get("/session").await.ok();
        text(&session["signin_attempts"].as_array().and_then(|attempts| attempts.last()).unwrap()["id"])
    }

    /// Completes a pending sign-in with a code. `method` is `authenticator` or `backup_code`.
    pub(crate) async fn attempt_second_factor(&self, attempt: &str, method: &str, code: &str) -> super::TestResponse {
        let path =
            format!("/auth/attempt-verification?attempt_identifier={attempt}&identifier_type=signin&method={method}");
        self.post(&path, &[("verification_code", code)]).await
    }
}
