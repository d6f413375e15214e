//! Codes of another implementation: `oathtool`, which `scripts/requirements` installs.

use std::process::Command;

use vestibule_core::time::Timestamp;

use super::{ADA, APP, assert_signed_in, reauthenticate_with, waiting};
use crate::harness::{PASSWORD, TestApp, text};

/// The code of a secret at a time.
fn oathtool(secret: &str, time: Timestamp) -> String {
    let time = time.to_string();
    let mut command = Command::new("oathtool");
    command.args(["--totp", "--base32", "--now", &time, secret]);
    let output = command.output().unwrap_or_else(|error| panic!("oathtool: {error}; run scripts/requirements"));
    assert!(output.status.success(), "oathtool: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn codes_of_oathtool_enrol_sign_in_and_reauthenticate() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let started = ada.post("/me/authenticator", &[]).await.ok();
    let (id, secret) = (text(&started["id"]), text(&started["totp_secret"]));
    let code = |periods_ago: u32| {
        oathtool(&secret, app.inner.service.now().minus(std::time::Duration::from_secs(30) * periods_ago))
    };
    let (first, second) = (code(1), code(0));
    let fields = [("authenticator_id", id.as_str()), ("codes[]", first.as_str()), ("codes[]", second.as_str())];
    ada.post("/me/authenticator/attempt-verification", &fields).await.ok();

    let browser = app.anonymous();
    let session = browser.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    let attempt = text(&waiting(&session)["id"]);
    browser.attempt_second_factor(&attempt, APP, &code(0)).await.assert_error(400, super::WRONG);
    browser.wait_for_next_code();
    assert_signed_in(&browser.attempt_second_factor(&attempt, APP, &code(0)).await.ok());
    for _ in 0..10 {
        ada.wait_for_next_code();
        reauthenticate_with(&ada, APP, &code(0)).await.ok();
    }
}
