//! Passkeys of another implementation: the client and the authenticator of the crate `passkey`, which are those of a
//! password manager. They are a program of their own, in `tests/clients/passkey`.

use serde_json::json;

use crate::harness::{ClientProgram, PASSKEY_ORIGIN, TestApp, allow_passkeys, text};

#[tokio::test]
async fn passkey_of_a_password_manager_is_added_and_signs_in() {
    let app = TestApp::with_settings(allow_passkeys).await;
    let ada = app.create_user("ada@example.com").await;
    let mut manager = ClientProgram::start("passkey", &[PASSKEY_ORIGIN]).await;

    let begun = ada.post("/me/passkeys/register/begin", &[]).await.ok();
    let credential = manager.run(&json!({"create": begun["options"]}));
    let added = ada.post_json("/me/passkeys/register/finish", &credential).await.ok();
    assert_eq!(added["passkey"]["credential_id"], credential["id"]);
    assert!(!text(&added["passkey"]["name"]).is_empty());

    let browser = app.anonymous();
    let begun = browser.post("/auth/passkey/login/begin", &[]).await.ok();
    let credential = manager.run(&json!({"get": begun["options"]}));
    let session = browser.post_json("/auth/passkey/login/finish", &credential).await.ok();
    assert_eq!(session["active_signin"]["user"]["email"], "ada@example.com");
}
