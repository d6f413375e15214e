//! Second factors on the wire: the forms in which clients send codes and passkeys, and what a sign-in that waits for its
//! second factor shows.

use serde_json::{Value, json};
use vestibule_core::time::Clock;

use crate::harness::{
    AuthenticatorApp, PASSWORD, SoftwareAuthenticator, Tamper, TestApp, TestClient, TestResponse, allow_passkeys, text,
};

const ADA: &str = "ada@example.com";

#[tokio::test]
async fn codes_of_a_new_authenticator_are_accepted_in_every_form() {
    let app = TestApp::start().await;
    for form in ["repeated", "brackets", "indexes", "comma", "spaces", "json", "json text"] {
        let user = app.create_user(&format!("{}@example.com", form.replace(' ', "-"))).await;
        let authenticator = AuthenticatorApp::scan(&user.post("/me/authenticator", &[]).await.ok());
        let now = app.inner.clock.now();
        let (first, second) = (authenticator.code_at(now, -1), authenticator.code_at(now, 0));
        let id = ("authenticator_id", authenticator.id.as_str());
        let path = "/me/authenticator/attempt-verification";
        let spaced = |code: &str| format!("{} {}", &code[..3], &code[3..]);
        let response = match form {
            "repeated" => user.post(path, &[id, ("codes", &first), ("codes", &second)]).await,
            "brackets" => user.post(path, &[id, ("codes[]", &first), ("codes[]", &second)]).await,
            // The order is that of the indexes.
            "indexes" => user.post(path, &[id, ("codes[1]", &second), ("codes[0]", &first)]).await,
            "comma" => user.post(path, &[id, ("codes", &format!("{first},{second}"))]).await,
            "spaces" => user.post(path, &[id, ("codes", &format!("{}, {}", spaced(&first), spaced(&second)))]).await,
            "json" => user.post_json(path, &json!({"authenticator_id": id.1, "codes": [first, second]})).await,
            _ => {
                let body = json!({"authenticator_id": id.1, "codes": format!("{first},{second}")});
                user.post_json(path, &body).await
            }
        };
        assert_eq!(response.ok()["id"], id.1, "{form}");
    }
}

#[tokio::test]
async fn other_numbers_of_codes_are_refused_before_anything_is_counted() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let started = ada.post("/me/authenticator", &[]).await.ok();
    let id = text(&started["id"]);
    for codes in [json!([]), json!(""), json!(null)] {
        let body = json!({"authenticator_id": id, "codes": codes});
        ada.post_json("/me/authenticator/attempt-verification", &body).await.assert_error(400, "REQUIRED_FIELD");
    }
    for codes in [json!("000000"), json!(["000000"]), json!("1,2,3"), json!(["1", "2", "3"]), json!({"a": 1})] {
        let body = json!({"authenticator_id": id, "codes": codes});
        ada.post_json("/me/authenticator/attempt-verification", &body).await.assert_error(400, "INVALID_FIELD");
    }
    let body = json!({"authenticator_id": id, "codes": ["not", "codes"]});
    let refused = ada.post_json("/me/authenticator/attempt-verification", &body).await;
    refused.assert_error(400, "INVALID_AUTHENTICATOR_CODES");
}

#[tokio::test]
async fn secret_is_shown_once_as_text_and_as_a_qr_code() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let started = ada.post("/me/authenticator", &[]).await.ok();
    let svg = text(&started["qr_svg"]);
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>") && svg.contains("role=\"img\""), "{svg}");
    let (url, secret) = (text(&started["otp_url"]), text(&started["totp_secret"]));
    assert!(url.starts_with("otpauth://totp/") && url.contains(&secret), "{url}");
    ada.add_authenticator().await;
    let me = ada.get("/me").await;
    assert!(!me.text.contains(&secret) && !me.text.contains("otpauth"), "{}", me.text);
    assert_eq!(me.body["data"]["authenticators"][0]["otp_url"], Value::Null);
}

/// Signs in with a passkey, whose credential this function sends.
async fn finish(app: &TestApp, authenticator: &SoftwareAuthenticator, form: &str) -> TestResponse {
    let browser = app.anonymous();
    let begun = browser.post("/auth/passkey/login/begin", &[("identifier", "nobody@example.com")]).await.ok();
    let credential = authenticator.sign_in(&begun["options"], &Tamper::default());
    let path = "/auth/passkey/login/finish";
    match form {
        "wrapped" => browser.post_json(path, &json!({"credential": credential})).await,
        "bare" => browser.post_json(path, &credential).await,
        "text" => browser.post(path, &[("credential", &credential.to_string())]).await,
        _ => {
            let response = &credential["response"];
            let fields = [
                ("id", text(&credential["id"])),
                ("rawId", text(&credential["rawId"])),
                ("type", text(&credential["type"])),
                ("clientDataJSON", text(&response["clientDataJSON"])),
                ("authenticatorData", text(&response["authenticatorData"])),
                ("signature", text(&response["signature"])),
                ("userHandle", text(&response["userHandle"])),
            ];
            let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
            browser.post(path, &fields).await
        }
    }
}

#[tokio::test]
async fn passkey_signs_in_in_every_form() {
    let app = TestApp::with_settings(allow_passkeys).await;
    let ada = app.create_user(ADA).await;
    let authenticator = SoftwareAuthenticator::new(1);
    ada.add_passkey(&authenticator).await;
    for form in ["wrapped", "bare", "text", "flat"] {
        let session = finish(&app, &authenticator, form).await.ok();
        assert_eq!(session["active_signin"]["user"]["email"], ADA, "{form}");
        let attempt = &session["signin_attempts"][0];
        assert_eq!((&attempt["method"], &attempt["completed"]), (&json!("passkey"), &json!(true)), "{form}");
        assert_eq!(attempt["second_method_authenticated"], true, "{form}");
    }
}

#[tokio::test]
async fn forms_that_are_no_passkey_are_refused() {
    let app = TestApp::with_settings(allow_passkeys).await;
    let browser = app.anonymous();
    browser.post("/auth/passkey/login/begin", &[]).await.ok();
    let path = "/auth/passkey/login/finish";
    for (body, code) in [
        (json!({}), "REQUIRED_FIELD"),
        (json!({"credential": null}), "REQUIRED_FIELD"),
        (json!({"credential": ""}), "REQUIRED_FIELD"),
        (json!({"credential": {}}), "INVALID_FIELD"),
        (json!({"credential": "{"}), "INVALID_FIELD"),
        (json!({"credential": ["id"]}), "INVALID_FIELD"),
        (json!({"credential": 1}), "INVALID_FIELD"),
        (json!({"id": "AQ", "type": "public-key"}), "INVALID_FIELD"),
        (json!({"id": "AQ", "type": "public-key", "response": {}}), "INVALID_FIELD"),
        (json!({"id": "AQ", "type": "public-key", "clientDataJSON": "e30"}), "REQUIRED_FIELD"),
        (
            json!({"id": "not base64url", "type": "public-key", "clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA"}),
            "INVALID_FIELD",
        ),
        (
            json!({"id": "AQ", "type": "password", "clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA"}),
            "INVALID_FIELD",
        ),
        (
            json!({"id": "AQ", "rawId": "Ag", "type": "public-key", "clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA"}),
            "INVALID_FIELD",
        ),
    ] {
        browser.post_json(path, &body).await.assert_error(400, code);
    }
    let large = json!({"credential": {"id": "A".repeat(70_000)}});
    browser.post_json(path, &large).await.assert_error(413, "BODY_TOO_LARGE");
    let ada = app.create_user(ADA).await;
    for body in [json!({"credential": {}}), json!({"id": "AQ", "type": "public-key", "response": {}})] {
        ada.post_json("/me/passkeys/register/finish", &body).await.assert_error(400, "INVALID_FIELD");
    }
    ada.post("/me/passkeys/register/finish", &[]).await.assert_error(400, "REQUIRED_FIELD");
}

/// Signs in with the password of a user who has an authenticator. Returns the attempt that waits for the code.
async fn wait_for_second_factor(browser: &TestClient) -> Value {
    let session = browser.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    assert_eq!((&session["active_signin"], &session["signins"]), (&Value::Null, &json!([])));
    session["signin_attempts"].as_array().unwrap().last().unwrap().clone()
}

#[tokio::test]
async fn sign_in_that_waits_for_its_second_factor_opens_nothing_of_the_account() {
    let app = TestApp::with_settings(allow_passkeys).await;
    let ada = app.create_user(ADA).await;
    let authenticator = ada.add_authenticator().await;
    let own = text(&ada.get("/session").await.ok()["active_signin_id"]);
    let browser = app.anonymous();
    let attempt = wait_for_second_factor(&browser).await;
    assert_eq!(attempt["available_2fa_methods"], json!(["authenticator"]));
    assert_eq!(attempt["user_id"], Value::Null);

    let session = browser.get_and_check_cache("/session").await.ok();
    assert_eq!((&session["active_signin_id"], &session["signins"]), (&Value::Null, &json!([])));
    assert_eq!(session["signin_attempts"], json!([attempt]));
    for path in ["/me", "/me/passkeys", "/me/signins", "/me/email-addresses", "/session/token"] {
        browser.get(path).await.assert_error(401, "UNAUTHORIZED");
    }
    for path in [
        "/me/authenticator",
        "/me/backup-codes",
        "/me/passkeys/register/begin",
        "/me/reauthenticate/passkey/begin",
        &format!("/me/authenticator/{}/delete", authenticator.id),
    ] {
        browser.post(path, &[]).await.assert_error(401, "UNAUTHORIZED");
    }
    let switch = [("sign_in_id", own.as_str())];
    browser.post("/session/switch-sign-in", &switch).await.assert_error(400, "SIGN_IN_NOT_FOUND");
    let switch = [("sign_in_id", attempt["id"].as_str().unwrap())];
    browser.post("/session/switch-sign-in", &switch).await.assert_error(400, "SIGN_IN_NOT_FOUND");

    // Signing out forgets it.
    browser.post("/session/sign-out", &[]).await.ok();
    let id = text(&attempt["id"]);
    let code = browser.code_of(&authenticator);
    browser.attempt_second_factor(&id, "authenticator", &code).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
}

#[tokio::test]
async fn second_step_says_what_to_ask_for_and_takes_it() {
    let app = TestApp::with_settings(allow_passkeys).await;
    let ada = app.create_user(ADA).await;
    let authenticator = ada.add_authenticator().await;
    let codes = ada.make_backup_codes().await;
    let browser = app.anonymous();
    let attempt = text(&wait_for_second_factor(&browser).await["id"]);
    let query = format!("attempt_identifier={attempt}&identifier_type=signin");
    for (parameters, method) in [
        ("", "authenticator"),
        ("&strategy=authenticator", "authenticator"),
        ("&strategy=backup_code", "backup_code"),
        ("&method=backup_code", "backup_code"),
        ("&method=backup_code&strategy=authenticator", "backup_code"),
    ] {
        let prepared = browser.post(&format!("/auth/prepare-verification?{query}{parameters}"), &[]).await.ok();
        assert_eq!(prepared, json!({"method": method}), "{parameters}");
    }
    for parameters in ["&strategy=passkey", "&strategy=phone_otp", "&method=sms"] {
        let refused = browser.post(&format!("/auth/prepare-verification?{query}{parameters}"), &[]).await;
        refused.assert_error(400, "UNSUPPORTED_STRATEGY");
    }
    // It sends no mail.
    let mailed = browser.post(&format!("/auth/prepare-verification?{query}&strategy=email_otp"), &[]).await;
    mailed.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    let session = browser.attempt_second_factor(&attempt, "backup_code", &codes[0].to_lowercase()).await.ok();
    let completed = &session["signin_attempts"][0];
    assert_eq!((&completed["id"], &completed["completed"]), (&json!(attempt), &json!(true)));
    assert_eq!(completed["current_step"], "verify_second_factor");
    assert_eq!(completed["second_method_authenticated"], true);

    // A mailed code is the first factor, and the attempt keeps its id.
    app.verify_all_addresses();
    let browser = app.anonymous();
    let started = browser.post("/auth/signin", &[("email", ADA), ("strategy", "email_otp")]).await.ok();
    let attempt = text(&started["signin_attempts"][0]["id"]);
    let query = format!("attempt_identifier={attempt}&identifier_type=signin");
    assert_eq!(browser.post(&format!("/auth/prepare-verification?{query}"), &[]).await.ok(), Value::Null);
    let path = format!("/auth/attempt-verification?{query}");
    let session = browser.post(&path, &[("verification_code", &app.mailed_code(ADA))]).await.ok();
    let waiting = &session["signin_attempts"][0];
    assert_eq!((&waiting["id"], &waiting["current_step"]), (&json!(attempt), &json!("verify_second_factor")));
    let session = browser.post(&path, &[("verification_code", &browser.code_of(&authenticator))]).await.ok();
    assert_eq!(session["active_signin"]["user"]["email"], ADA);
}

#[tokio::test]
async fn deployment_says_which_factors_there_are() {
    let app = TestApp::with_settings(allow_passkeys).await;
    let settings = app.anonymous().get("/deployment").await.ok()["auth_settings"].clone();
    let passkey = json!({"enabled": true, "prompt_registration_on_auth": false, "allow_autofill": true});
    assert_eq!(settings["passkey"], passkey);
    let factors = &settings["auth_factors_enabled"];
    assert_eq!((&factors["authenticator"], &factors["backup_code"]), (&json!(true), &json!(true)));
    assert_eq!(settings["second_factor_policy"], "optional");
    assert_eq!(settings["second_factor"], "authenticator");
    assert_eq!(settings["alternate_second_factors"], json!(["backup_code"]));

    // Browsers refuse passkeys without https.
    let app = TestApp::start().await;
    let settings = app.anonymous().get("/deployment").await.ok()["auth_settings"].clone();
    assert_eq!(
        (&settings["passkey"]["enabled"], &settings["passkey"]["allow_autofill"]),
        (&json!(false), &json!(false))
    );
    app.anonymous().post("/auth/passkey/login/begin", &[]).await.assert_error(400, "PASSKEYS_NOT_AVAILABLE");
}

#[tokio::test]
async fn policy_is_part_of_the_account() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let set = async |policy: &str| ada.post("/me", &[("second_factor_policy", policy)]).await;
    assert_eq!(set("optional").await.ok()["second_factor_policy"], "optional");
    set("enforced").await.assert_error(400, "SECOND_FACTOR_MISSING");
    set("sometimes").await.assert_error(400, "INVALID_FIELD");
    assert_eq!(set("").await.ok()["second_factor_policy"], "optional");
    ada.add_authenticator().await;
    assert_eq!(ada.get("/me").await.ok()["second_factor_policy"], "enforced");
    assert_eq!(set("none").await.ok()["second_factor_policy"], "none");
    let browser = app.anonymous();
    browser.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    assert_eq!(browser.get("/me").await.ok()["email"], ADA);
}
