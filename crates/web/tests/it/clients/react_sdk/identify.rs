//! The first step of the sign-in form: what to ask for.

use serde_json::json;

use super::{Sdk, both_modes};
use crate::harness::TestApp;

#[tokio::test]
async fn identify_answers_the_same_for_known_and_unknown_identifiers() {
    for app in both_modes(|_| ()).await {
        let owner = Sdk::open(&app).await;
        let fields = [("email", "ada@example.com"), ("password", crate::harness::PASSWORD), ("username", "ada.l")];
        owner.post("/auth/signup", &fields).await.ok();
        app.execute("UPDATE users SET password_digest = NULL");
        for sdk in [&owner, &Sdk::open(&app).await] {
            let mut answers = Vec::new();
            for identifier in ["ada@example.com", "ADA@example.com ", "eve@example.com", "ada.l", "eve", "49171234567"]
            {
                let answer = sdk.post("/auth/identify", &[("identifier", identifier)]).await;
                // The domain of an address is looked up, and no user name.
                let statements = answer.statements - u32::from(identifier.contains('@'));
                answers.push((statements, answer.rows, answer.headers.len(), answer.text.clone()));
                assert_eq!(answer.ok(), json!({"strategy": "password"}));
            }
            answers.dedup();
            assert_eq!(answers.len(), 1, "{answers:?}");
        }
    }
}

#[tokio::test]
async fn identify_reads_the_connection_of_a_domain_and_counts_nothing() {
    let app = TestApp::with_settings(|settings| settings.passwords.attempts_per_account = 1).await;
    let before = app.row_counts();
    for _ in 0..5 {
        let answer = app.anonymous().post("/auth/identify", &[("identifier", "ada@example.com")]).await;
        assert_eq!(answer.statements, 1);
        answer.ok();
    }
    assert_eq!(app.row_counts(), before);
    assert_eq!(app.count("SELECT COUNT(*) FROM attempt_limits"), 0);
}

#[tokio::test]
async fn identify_rejects_what_nobody_can_sign_in_with() {
    let app = TestApp::start().await;
    let client = app.anonymous();
    client.post("/auth/identify", &[]).await.assert_error(400, "REQUIRED_FIELD");
    for (identifier, code) in [
        ("", "REQUIRED_FIELD"),
        ("  ", "REQUIRED_FIELD"),
        ("@", "INVALID_EMAIL"),
        ("ada@", "INVALID_EMAIL"),
        ("a@b@c", "INVALID_EMAIL"),
        ("x", "INVALID_USERNAME"),
        ("ada lovelace", "INVALID_USERNAME"),
        ("+49 171 2345678", "INVALID_FIELD"),
    ] {
        client.post("/auth/identify", &[("identifier", identifier)]).await.assert_error(400, code);
    }
}
