//! Two-factor authentication: setting it up in the user profile, and the second step of the sign-in form.

use serde_json::{Value, json};
use vestibule_core::settings::Settings;
use vestibule_core::time::Clock;

use super::both_modes;
use super::fields::{
    ACCOUNT, AUTHENTICATOR, NEW_AUTHENTICATOR, PASSKEY, SESSION, SIGN_IN_ATTEMPT, assert_fields, assert_list,
};
use super::sdk::{APP, Sdk, last, prepare, verify};
use crate::harness::{AuthenticatorApp, PASSWORD, SoftwareAuthenticator, Tamper, TestApp, text};

const ADA: &str = "ada@example.com";

/// The passkeys belong to the domain of the application and of the server.
fn share_passkeys(settings: &mut Settings) {
    settings.passkeys.rp_id = Some("example.com".to_owned());
}

fn code(app: &TestApp, authenticator: &AuthenticatorApp, periods: i64) -> String {
    authenticator.code_at(app.inner.clock.now(), periods)
}

/// Sets an authenticator up, as the profile does: the codes are repeated fields of a multipart form.
async fn set_up_authenticator(app: &TestApp, sdk: &Sdk) -> AuthenticatorApp {
    let started = sdk.post("/me/authenticator", &[]).await.ok();
    assert_fields(&started, NEW_AUTHENTICATOR);
    let authenticator = AuthenticatorApp::scan(&started);
    let (first, second) = (code(app, &authenticator, -1), code(app, &authenticator, 0));
    let fields =
        [("authenticator_id", authenticator.id.as_str()), ("codes", first.as_str()), ("codes", second.as_str())];
    let verified = sdk.post("/me/authenticator/attempt-verification", &fields).await.ok();
    assert_fields(&verified, AUTHENTICATOR);
    assert_eq!(verified["otp_url"], Value::Null);
    app.advance(std::time::Duration::from_secs(30));
    authenticator
}

async fn sign_in(sdk: &Sdk) -> Value {
    let fields = [("strategy", "plain_email"), ("email", ADA), ("password", PASSWORD)];
    sdk.post("/auth/signin", &fields).await.ok()
}

/// Asserts that the form goes on to the second step, and that nobody is signed in. Returns the attempt.
#[track_caller]
fn assert_second_step(session: &Value, methods: &[&str]) -> Value {
    assert_fields(session, SESSION);
    assert_eq!((&session["active_signin"], &session["signins"]), (&Value::Null, &json!([])));
    let attempt = last(session, "signin_attempts");
    assert_fields(attempt, SIGN_IN_ATTEMPT);
    assert_eq!((&attempt["current_step"], &attempt["completed"]), (&json!("verify_second_factor"), &json!(false)));
    assert_eq!(attempt["first_method_authenticated"], true);
    assert_eq!(attempt["second_method_authenticated"], false);
    assert_eq!(attempt["second_method_authentication_required"], true);
    assert_eq!(attempt["available_2fa_methods"], json!(methods));
    assert_eq!(attempt["user_id"], Value::Null);
    attempt.clone()
}

#[tokio::test]
async fn sign_in_goes_on_with_a_code_of_the_authenticator_app() {
    for app in both_modes(|_| ()).await {
        let profile = Sdk::sign_up(&app, ADA).await;
        let authenticator = set_up_authenticator(&app, &profile).await;
        let me = profile.get("/me").await.ok();
        assert_fields(&me, ACCOUNT);
        assert_eq!(me["second_factor_policy"], "enforced");
        assert_eq!(me["user_authenticator"]["id"], authenticator.id.as_str());
        assert!(!me.to_string().contains("otpauth"), "{me}");

        let sdk = Sdk::open(&app).await;
        let attempt = assert_second_step(&sign_in(&sdk).await, &["authenticator"]);
        assert_eq!(sdk.session().await["signin_attempts"], json!([attempt]));
        sdk.get("/me").await.assert_error(401, "UNAUTHORIZED");
        let prepared = sdk.post(&prepare(&attempt, "signin", "authenticator"), &[]).await.ok();
        assert_eq!(prepared, json!({"method": "authenticator"}));
        // Neither form names the method.
        let path = verify(&attempt, "signin");
        sdk.post(&path, &[("verification_code", "000000")]).await.assert_error(400, "INVALID_VERIFICATION_CODE");
        let session = sdk.post(&path, &[("verification_code", &code(&app, &authenticator, 0))]).await.ok();
        assert_fields(&session, SESSION);
        let completed = last(&session, "signin_attempts");
        assert_fields(completed, SIGN_IN_ATTEMPT);
        assert_eq!((&completed["id"], &completed["completed"]), (&attempt["id"], &json!(true)));
        assert_eq!(completed["second_method_authenticated"], true);
        assert_eq!(sdk.active_address().await, ADA);
    }
}

#[tokio::test]
async fn sign_in_goes_on_with_a_backup_code() {
    for app in both_modes(|_| ()).await {
        let profile = Sdk::sign_up(&app, ADA).await;
        set_up_authenticator(&app, &profile).await;
        let codes = profile.post("/me/backup-codes", &[]).await.ok();
        assert_eq!(codes.as_array().unwrap().len(), 12);
        profile.post("/me/backup-codes", &[]).await.assert_error(400, "BACKUP_CODES_EXIST");
        let replaced = profile.post("/me/backup-codes/regenerate", &[]).await.ok();
        assert_eq!(profile.get("/me").await.ok()["backup_codes_generated"], true);

        let sdk = Sdk::open(&app).await;
        let attempt = assert_second_step(&sign_in(&sdk).await, &["authenticator", "backup_code"]);
        sdk.post(&prepare(&attempt, "signin", "backup_code"), &[]).await.ok();
        let path = format!("{}&method=backup_code", verify(&attempt, "signin"));
        let old = text(&codes[0]);
        sdk.post(&path, &[("verification_code", &old)]).await.assert_error(400, "INVALID_VERIFICATION_CODE");
        let session = sdk.post(&path, &[("verification_code", &text(&replaced[0]))]).await.ok();
        assert_eq!(last(&session, "signin_attempts")["completed"], true);
        assert_eq!(profile.get("/me").await.ok()["backup_codes_left"], 11);
    }
}

/// The fields of a credential, as the SDK flattens them.
fn flat(credential: &Value) -> Vec<(&'static str, String)> {
    let response = &credential["response"];
    let names = ["clientDataJSON", "authenticatorData", "signature", "userHandle"];
    let own = ["id", "rawId", "type"].map(|name| (name, text(&credential[name])));
    own.into_iter().chain(names.map(|name| (name, text(&response[name])))).collect()
}

#[tokio::test]
async fn passkey_is_added_and_signs_in_with_flat_form_fields() {
    for app in both_modes(share_passkeys).await {
        let profile = Sdk::sign_up(&app, ADA).await;
        let authenticator = SoftwareAuthenticator::at(APP, 1);
        let begun = profile.post("/me/passkeys/register/begin", &[]).await.ok();
        let credential = authenticator.register(&begun["options"], &Tamper::default());
        let added = profile.post_json("/me/passkeys/register/finish?name=My%20iPhone", &credential).await.ok();
        assert_fields(&added["passkey"], PASSKEY);
        let listed = profile.get("/me/passkeys").await.ok();
        assert_list(&listed, PASSKEY);
        assert_eq!(listed[0]["name"], "My iPhone");
        let path = format!("/me/passkeys/{}", text(&listed[0]["id"]));
        assert_eq!(profile.patch_json(&path, &json!({"name": "Phone"})).await.ok()["name"], "Phone");
        assert_eq!(profile.get("/me").await.ok()["has_passkeys"], true);

        let sdk = Sdk::open(&app).await;
        let begun = sdk.post("/auth/passkey/login/begin", &[("identifier", ADA)]).await.ok();
        let fields = flat(&authenticator.sign_in(&begun["options"], &Tamper::default()));
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let session = sdk.post("/auth/passkey/login/finish", &fields).await.ok();
        assert_fields(&session, SESSION);
        let attempt = last(&session, "signin_attempts");
        assert_fields(attempt, SIGN_IN_ATTEMPT);
        assert_eq!((&attempt["method"], &attempt["completed"]), (&json!("passkey"), &json!(true)));
        assert_eq!(sdk.active_address().await, ADA);

        profile.post(&format!("{path}/delete"), &[]).await.ok();
        assert_eq!(profile.get("/me/passkeys").await.ok(), json!([]));
    }
}

#[tokio::test]
async fn passkey_completes_a_sign_in_that_waits_for_the_second_factor() {
    for app in both_modes(share_passkeys).await {
        let profile = Sdk::sign_up(&app, ADA).await;
        set_up_authenticator(&app, &profile).await;
        let authenticator = SoftwareAuthenticator::at(APP, 1);
        let begun = profile.post("/me/passkeys/register/begin", &[]).await.ok();
        let credential = authenticator.register(&begun["options"], &Tamper::default());
        profile.post_json("/me/passkeys/register/finish", &json!({"credential": credential})).await.ok();

        let sdk = Sdk::open(&app).await;
        assert_second_step(&sign_in(&sdk).await, &["authenticator", "passkey"]);
        let begun = sdk.post("/auth/passkey/login/begin", &[]).await.ok();
        let credential = authenticator.sign_in(&begun["options"], &Tamper::default());
        let session = sdk.post_json("/auth/passkey/login/finish", &json!({"credential": credential})).await.ok();
        let attempts = session["signin_attempts"].as_array().unwrap();
        assert_eq!(attempts.len(), 1, "the one that waited is gone: {session}");
        assert_eq!(attempts[0]["completed"], true);
        assert_eq!(sdk.session().await["signin_attempts"], json!([]));
    }
}
