//! Between the two factors, nothing of the account can be reached: the person is not signed in.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use super::{ADA, APP, EVE, Setup, WRONG, assert_signed_in, setup, setup_with, waiting, waiting_beside_others};
use crate::access_table::{self, TABLE};
use crate::harness::{PASSWORD, SoftwareAuthenticator, allow_passkeys, text};

/// The regression: a call that asks for a session rather than for a sign-in (ZITADEL, CVE-2025-64103).
#[tokio::test]
async fn no_call_that_needs_a_sign_in_accepts_one_that_waits() {
    let setup = access_table::setup().await;
    setup.owner.add_authenticator().await;
    let half = setup.app.anonymous();
    let fields = [("email", "owner@example.com"), ("password", PASSWORD)];
    let attempt = waiting(&half.post("/auth/signin", &fields).await.ok());
    let rows: Vec<_> = TABLE.iter().filter(|row| row.3[0] == "401 UNAUTHORIZED").collect();
    assert!(rows.len() > 80, "{}", rows.len());
    let mut failures = Vec::new();
    for row in rows {
        let response = setup.call_as(&half, row).await;
        if (response.status, &response.body["errors"][0]["code"]) != (401, &json!("UNAUTHORIZED")) {
            failures.push(format!("{}: {} {}", response.request, response.status, response.text));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(waiting(&half.get_and_check_cache("/session").await.ok()), attempt);
}

/// The regression: the factor that protects the account is replaced with the password alone
/// (<https://github.com/AthenaNetworks/mymate/issues/42>).
#[tokio::test]
async fn sign_in_that_waits_cannot_add_remove_or_list_factors() {
    let setup = setup_with(allow_passkeys).await;
    let passkey = SoftwareAuthenticator::new(1);
    let added = setup.ada.add_passkey(&passkey).await;
    setup.ada.make_backup_codes().await;
    let started = setup.ada.post("/me/authenticator", &[]).await.ok();
    let (half, attempt) = setup.sign_in().await;
    let before = setup.app.row_counts();
    let (new, used) = (text(&started["id"]), setup.authenticator.id.clone());
    let (code, passkey_path) = (setup.code(0), format!("/me/passkeys/{}", text(&added["id"])));
    let codes = format!("{},{code}", setup.code(-1));
    let calls: Vec<(String, Vec<(&str, &str)>)> = vec![
        ("/me/authenticator".to_owned(), vec![]),
        ("/me/authenticator/attempt-verification".to_owned(), vec![("authenticator_id", &new), ("codes", &codes)]),
        (format!("/me/authenticator/{used}/delete"), vec![]),
        (format!("/me/authenticator/{new}/delete"), vec![]),
        ("/me/backup-codes".to_owned(), vec![]),
        ("/me/backup-codes/regenerate".to_owned(), vec![]),
        ("/me/passkeys/register/begin".to_owned(), vec![]),
        (format!("{passkey_path}/delete"), vec![]),
        ("/me".to_owned(), vec![("second_factor_policy", "none")]),
        ("/me/update-password".to_owned(), vec![("current_password", PASSWORD), ("new_password", "open-sesame-43")]),
        ("/me/email-addresses".to_owned(), vec![("email", EVE)]),
        // Re-authentication needs a signed-in user.
        ("/me/reauthenticate".to_owned(), vec![("password", PASSWORD)]),
        ("/me/reauthenticate".to_owned(), vec![("strategy", APP), ("code", &code)]),
        ("/me/reauthenticate/passkey/begin".to_owned(), vec![]),
    ];
    for (path, fields) in &calls {
        half.post(path, fields).await.assert_error(401, "UNAUTHORIZED");
    }
    for path in [passkey_path, format!("/me/authenticator/{used}")] {
        half.send(Method::DELETE, &path, None, Body::empty()).await.assert_error(401, "UNAUTHORIZED");
    }
    for path in ["/me", "/me/passkeys", "/me/signins", "/me/audit-log", "/me/email-addresses", "/session/token"] {
        half.get(path).await.assert_error(401, "UNAUTHORIZED");
    }
    assert_eq!(setup.app.row_counts(), before);
    assert_eq!(setup.ada.get("/me").await.ok()["second_factor_policy"], "enforced");
    // None of it used the code up, or ended the attempt.
    assert_signed_in(&half.attempt_second_factor(&attempt, APP, &code).await.ok());
}

/// The regression: the session is cached as signed in before the second factor (better-auth GHSA-xg6x-h9c9-2m83).
#[tokio::test]
async fn session_shows_no_user_before_the_second_factor() {
    let setup = setup().await;
    let browser = setup.app.anonymous();
    browser.get_and_check_cache("/session").await.ok();
    let started = browser.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    let attempt = text(&waiting(&started)["id"]);
    for _ in 0..2 {
        let session = browser.get_and_check_cache("/session").await.ok();
        waiting(&session);
        assert_eq!(session["active_signin_id"], Value::Null);
    }
    browser.attempt_second_factor(&attempt, APP, &setup.wrong_code()).await.assert_error(400, WRONG);
    waiting(&browser.get_and_check_cache("/session").await.ok());
    browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.ok();
    for _ in 0..2 {
        assert_signed_in(&browser.get_and_check_cache("/session").await.ok());
    }
}

/// Eve is signed in, and Ada proves her first factor in the same browser.
#[tokio::test]
async fn calls_of_a_browser_with_another_user_are_those_of_the_other_user() {
    let setup = setup().await;
    let browser = setup.app.create_user(EVE).await;
    let of_eve = browser.add_authenticator().await;
    let started = browser.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    let attempt = text(&waiting_beside_others(&started)["id"]);
    assert_eq!(started["active_signin"]["user"]["email"], EVE);
    assert_eq!(started["signins"].as_array().unwrap().len(), 1);
    assert_eq!(browser.get("/me").await.ok()["email"], EVE);

    // Ada's sign-in of another browser, and the attempt, are no sign-ins of this one.
    let elsewhere = text(&setup.ada.get("/session").await.ok()["active_signin_id"]);
    for id in [&elsewhere, &attempt] {
        let switch = [("sign_in_id", id.as_str())];
        browser.post("/session/switch-sign-in", &switch).await.assert_error(400, "SIGN_IN_NOT_FOUND");
    }
    // Eve's factor does not stand for Ada's, and Eve cannot remove Ada's.
    let code = browser.code_of(&of_eve);
    browser.attempt_second_factor(&attempt, APP, &code).await.assert_error(400, WRONG);
    let delete = format!("/me/authenticator/{}/delete", setup.authenticator.id);
    browser.post(&delete, &[]).await.assert_error(404, "AUTHENTICATOR_NOT_FOUND");
    let session = browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.ok();
    assert_signed_in(&session);
    assert_eq!(session["signins"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn domain_of_the_address_joins_nobody_before_the_second_factor() {
    let setup = setup().await;
    let (owner, organization) = setup.app.create_organization("olga@elsewhere.example").await;
    let domains = format!("/organizations/{organization}/domains");
    let added = owner.post(&domains, &[("domain", "example.com"), ("joining", "auto")]).await.ok();
    let record = (text(&added["verification_dns_record_name"]), text(&added["verification_dns_record_data"]));
    setup.app.inner.dns.records.lock().unwrap().entry(record.0).or_default().push(record.1);
    owner.post(&format!("{domains}/{}/verify", text(&added["id"])), &[]).await.ok();
    let count = |setup: &Setup| setup.app.count("SELECT COUNT(*) FROM organization_memberships");

    let (half, attempt) = setup.sign_in().await;
    half.attempt_second_factor(&attempt, APP, &setup.wrong_code()).await.assert_error(400, WRONG);
    assert_eq!(count(&setup), 1);
    half.attempt_second_factor(&attempt, APP, &setup.code(0)).await.ok();
    assert_eq!(count(&setup), 2);
    let memberships = half.get("/me/organization-memberships").await.ok();
    assert_eq!(memberships[0]["organization_id"], organization.as_str());
}
