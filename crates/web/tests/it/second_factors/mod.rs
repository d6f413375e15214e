//! Second factors under attack: authenticator apps, backup codes, the second step of a sign-in, and re-authentication.
//! Each test stands for something that went wrong elsewhere; a known case is named where it applies.

mod backup_codes;
mod bypasses;
mod changes;
mod codes;
mod concurrency;
mod enrolment;
mod flow;
mod limits;
mod oathtool;
mod pending;
mod secrets;
mod unfinished;

use serde_json::{Value, json};
use vestibule_core::settings::Settings;
use vestibule_core::time::{Clock, Timestamp};

use crate::harness::{AuthenticatorApp, PASSWORD, TestApp, TestClient, TestResponse, text};

const ADA: &str = "ada@example.com";
const EVE: &str = "eve@example.com";
/// The methods of the second step.
const APP: &str = "authenticator";
const BACKUP: &str = "backup_code";
/// The error of a wrong code.
const WRONG: &str = "INVALID_VERIFICATION_CODE";
/// The error of a sign-in that does not wait for a second factor any more.
const ENDED: &str = "BAD_SIGN_IN_ATTEMPT";

/// Ada, whose address is verified and who has an authenticator. Its current code was not used yet.
struct Setup {
    app: TestApp,
    ada: TestClient,
    authenticator: AuthenticatorApp,
}

async fn setup() -> Setup {
    setup_with(|_| ()).await
}

async fn setup_with(change: impl FnOnce(&mut Settings)) -> Setup {
    let app = TestApp::with_settings(change).await;
    let ada = app.create_user(ADA).await;
    app.verify_all_addresses();
    let authenticator = ada.add_authenticator().await;
    Setup { app, ada, authenticator }
}

impl Setup {
    fn now(&self) -> Timestamp {
        self.app.inner.clock.now()
    }

    /// The code of the period that is `periods` after the current one.
    fn code(&self, periods: i64) -> String {
        self.authenticator.code_at(self.now(), periods)
    }

    /// Six digits that are no code of the authenticator within half an hour.
    fn wrong_code(&self) -> String {
        let near: Vec<_> = (-60..=60).map(|periods| self.code(periods)).collect();
        (0..1_000_000_u32).map(|number| format!("{number:06}")).find(|code| !near.contains(code)).unwrap()
    }

    /// Signs in with the password, in a new browser. Returns the browser and the attempt that waits for the second
    /// factor.
    async fn sign_in(&self) -> (TestClient, String) {
        let browser = self.app.anonymous();
        let session = browser.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
        let attempt = text(&waiting(&session)["id"]);
        (browser, attempt)
    }

    /// Signs in with both factors, in a new browser. Uses the current code up.
    async fn sign_in_fully(&self) -> TestClient {
        let (browser, attempt) = self.sign_in().await;
        browser.attempt_second_factor(&attempt, APP, &self.code(0)).await.ok();
        browser
    }
}

/// Asserts that nobody is signed in and that the last attempt waits for the second factor. Returns the attempt.
#[track_caller]
fn waiting(session: &Value) -> Value {
    assert_eq!((&session["active_signin"], &session["signins"]), (&Value::Null, &json!([])), "{session}");
    waiting_beside_others(session)
}

/// Like [`waiting`], in a session in which others may be signed in.
#[track_caller]
fn waiting_beside_others(session: &Value) -> Value {
    let attempt = session["signin_attempts"].as_array().and_then(|attempts| attempts.last()).unwrap();
    let state = (&attempt["current_step"], &attempt["completed"]);
    assert_eq!(state, (&json!("verify_second_factor"), &json!(false)), "{session}");
    attempt.clone()
}

/// Asserts that Ada is signed in and active.
#[track_caller]
fn assert_signed_in(session: &Value) {
    assert_eq!(session["active_signin"]["user"]["email"], ADA, "{session}");
}

/// Starts Ada's sign-in by mail, and has the mail sent. Returns the attempt.
async fn start_by_mail(browser: &TestClient, strategy: &str) -> String {
    let session = browser.post("/auth/signin", &[("email", ADA), ("strategy", strategy)]).await.ok();
    let attempt = text(&session["signin_attempts"].as_array().and_then(|attempts| attempts.last()).unwrap()["id"]);
    let prepare = format!("/auth/prepare-verification?attempt_identifier={attempt}&identifier_type=signin");
    assert_eq!(browser.post(&prepare, &[]).await.ok(), Value::Null);
    attempt
}

/// Submits a code as that of the attempt's current step.
async fn submit(browser: &TestClient, attempt: &str, code: &str) -> TestResponse {
    let path = format!("/auth/attempt-verification?attempt_identifier={attempt}&identifier_type=signin");
    browser.post(&path, &[("verification_code", code)]).await
}

/// The path that a magic link in the newest mail to Ada stands for.
fn mailed_link(app: &TestApp, attempt: &str) -> String {
    let mail = app.mail(ADA);
    let (_, token) = mail.text.split_once("/sign-in/link#token=").unwrap();
    let token = token.split_whitespace().next().unwrap();
    app.inner.secret_scan.add_secret(token);
    format!("/auth/verify-magic-link?token={token}&attempt={attempt}")
}

/// Starts to set up an authenticator.
async fn start_enrolment(client: &TestClient) -> AuthenticatorApp {
    AuthenticatorApp::scan(&client.post("/me/authenticator", &[]).await.ok())
}

/// Submits the codes of an authenticator for two periods, counted from the current one.
async fn verify(client: &TestClient, app: &AuthenticatorApp, (first, second): (i64, i64)) -> TestResponse {
    verify_with(client, app, (first, second), &[]).await
}

async fn verify_with(
    client: &TestClient,
    app: &AuthenticatorApp,
    (first, second): (i64, i64),
    more: &[(&str, &str)],
) -> TestResponse {
    let now = client.app.inner.clock.now();
    let (first, second) = (app.code_at(now, first), app.code_at(now, second));
    let mut fields =
        vec![("authenticator_id", app.id.as_str()), ("codes[]", first.as_str()), ("codes[]", second.as_str())];
    fields.extend_from_slice(more);
    client.post("/me/authenticator/attempt-verification", &fields).await
}

/// Proves with a code of a second factor that it is the user.
async fn reauthenticate_with(client: &TestClient, strategy: &str, code: &str) -> TestResponse {
    client.post("/me/reauthenticate", &[("strategy", strategy), ("code", code)]).await
}
