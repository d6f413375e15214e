//! Which new passwords are refused: common ones, patterns, words that others know about the person, and breached ones.
//! Passwords are normalized before they are hashed.

use argon2::password_hash::PasswordHasher as _;
use serde_json::Value;
use vestibule_core::settings::PublicUrl;

use crate::harness::{PASSWORD, TestApp, TestClient, text};

const ADA: &str = "ada.byron@ravensholt.example";
const OTHER: &str = "another-sesame-43";

#[track_caller]
fn assert_refused(response: crate::harness::TestResponse, reason: &str) -> Value {
    let request = response.request.clone();
    let envelope = response.assert_error(400, "INVALID_PASSWORD");
    assert_eq!(envelope["errors"][0]["reason"], reason, "{request}: {envelope}");
    assert_eq!(envelope["data"], serde_json::json!({}));
    envelope
}

async fn sign_up(app: &TestApp, password: &str) -> crate::harness::TestResponse {
    let fields = [
        ("email", ADA),
        ("password", password),
        ("first_name", "Augusta Ada"),
        ("last_name", "King-Noel"),
        ("username", "regentess_1815"),
    ];
    app.anonymous().post("/auth/signup", &fields).await
}

#[tokio::test]
async fn refuses_common_passwords_and_patterns() {
    let app = TestApp::start().await;
    let before = app.row_counts();
    for (password, reason) in [
        ("password", "common"),
        ("PASSWORD", "common"),
        ("Passw0rd", "common"),
        ("iloveyou2", "common"),
        ("trustno1", "common"),
        ("Football!!", "common"),
        ("letmein1", "common"),
        ("ｐａｓｓｗｏｒｄ", "common"),
        ("12345678", "pattern"),
        ("        ", "pattern"),
        ("\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}", "pattern"),
        ("zzzzzzzzzzzz", "pattern"),
        ("abcdefghijkl", "pattern"),
        ("qwertzuiop", "pattern"),
        ("short", "too_short"),
        ("with\ttab and more", "control_character"),
        ("with\u{7f}delete and more", "control_character"),
    ] {
        let envelope = assert_refused(sign_up(&app, password).await, reason);
        if password.to_lowercase() != "password" && reason != "too_short" {
            assert!(!envelope.to_string().contains(password), "the response does not repeat the password");
        }
    }
    assert_refused(sign_up(&app, &"open sesame ".repeat(50)).await, "too_long");
    assert_eq!(app.row_counts(), before, "nothing was stored");
    sign_up(&app, "correct horse battery staple").await.ok();
}

#[tokio::test]
async fn refuses_words_of_person_and_product_at_sign_up() {
    let app = TestApp::with_settings(|settings| {
        settings.name = "Northwind Traders".to_owned();
        settings.public_url = PublicUrl::parse("https://accounts.contoso.example").unwrap();
    })
    .await;
    for password in [
        "AugustaKingNoel1843!",
        "King-Noel-King-Noel",
        "regentess_1815",
        "Regentess1815Regentess",
        "Byron.Ravensholt",
        "ravensholt2031",
        "R4v3n5h0lt!2031",
        "NorthwindTraders1",
        "contoso-1234-contoso",
        "Vestibule!",
        "v3st1bul3!",
        "Ravensholt-Password-1",
    ] {
        assert_refused(sign_up(&app, password).await, "context_words");
    }
    // Words of fewer than four letters do not count, and one other word is enough.
    sign_up(&app, "ada-ravensholt-1815").await.ok();
    let other = [("email", "nora@globex.example"), ("password", "nora-globex-tulip")];
    app.anonymous().post("/auth/signup", &other).await.ok();
}

#[tokio::test]
async fn refuses_the_organizations_name_to_its_invitee() {
    let app = TestApp::start().await;
    let owner = app.create_user("olga@example.com").await;
    let created = owner.post("/organizations", &[("name", "Quillfeather Works")]).await.ok();
    let id = text(&created["organization"]["id"]);
    owner.post(&format!("/organizations/{id}/invitations"), &[("email", ADA)]).await.ok();
    let token = app.mailed_token(ADA);
    let fields = |password, token| [("email", ADA), ("password", password), ("invite_token", token)];
    let before = app.row_counts();
    assert_refused(
        app.anonymous().post("/auth/signup", &fields("Quillfeather-Works-1", &token)).await,
        "context_words",
    );
    assert_eq!(app.row_counts(), before);
    // Without the token, a stranger learns nothing about invitations for the address.
    app.anonymous()
        .post("/auth/signup", &fields("Quillfeather-Works-1", "inv_x"))
        .await
        .assert_error(400, "INVALID_INVITATION_TOKEN");
    let ada = app.anonymous();
    ada.post("/auth/signup", &fields(PASSWORD, &token)).await.ok();
    ada.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    // She belongs to the organization now.
    let change = [("current_password", PASSWORD), ("new_password", "quillfeather works")];
    assert_refused(ada.post("/me/update-password", &change).await, "context_words");
}

#[tokio::test]
async fn refuses_weak_passwords_in_every_call_that_sets_one() {
    let app = TestApp::start().await;
    let (owner, _) = app.create_organization("olga@example.com").await;
    let id = text(&owner.post("/organizations", &[("name", "Quillfeather Works")]).await.ok()["organization"]["id"]);
    let ada = app.create_member(&owner, &id, ADA, "").await;
    let other_session = app.anonymous();
    other_session.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    let weak = [
        ("sunshine1", "common"),
        ("11111111", "pattern"),
        ("Ravensholt1815", "context_words"),
        ("Quillfeather-2031", "context_words"),
    ];

    for (password, reason) in weak {
        let change = [("current_password", PASSWORD), ("new_password", password)];
        assert_refused(ada.post("/me/update-password", &change).await, reason);
    }
    other_session.get("/me").await.ok();

    // A first password.
    ada.post("/me/remove-password", &[("current_password", PASSWORD)]).await.ok();
    for (password, reason) in weak {
        assert_refused(ada.post("/me/update-password", &[("new_password", password)]).await, reason);
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE password_digest IS NOT NULL"), 1, "the owner's");

    // A reset. The refusals leave the token valid.
    let browser = app.anonymous();
    let token = reset_token(&app, &browser).await;
    for (password, reason) in weak {
        let fields = [("token", token.as_str()), ("password", password)];
        assert_refused(browser.post("/auth/reset-password", &fields).await, reason);
    }
    ada.get("/me").await.ok();
    browser.post("/auth/reset-password", &[("token", &token), ("password", OTHER)]).await.ok();
    ada.get("/me").await.assert_error(401, "UNAUTHORIZED");
}

async fn reset_token(app: &TestApp, browser: &TestClient) -> String {
    browser.post("/auth/forgot-password", &[("email", ADA)]).await.ok();
    let code = app.mailed_code(ADA);
    text(&browser.post("/auth/forgot-password", &[("email", ADA), ("otp", &code)]).await.ok()["token"])
}

#[tokio::test]
async fn reset_tells_the_accounts_words_only_to_its_owner() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    app.create_member(&owner, &organization, ADA, "").await;
    let token = reset_token(&app, &app.anonymous()).await;
    // A stolen token does not work in another browser, whatever the password is.
    for password in ["Byron-Ravensholt", OTHER] {
        let fields = [("token", token.as_str()), ("password", password)];
        app.anonymous().post("/auth/reset-password", &fields).await.assert_error(400, "INVALID_RESET_TOKEN");
    }
}

#[tokio::test]
async fn refuses_breached_passwords_of_the_operators_file() {
    let breached = "in a breach, but not common";
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pwned.txt");
    // `printf 'in a breach, but not common' | sha1sum`, between two other hashes.
    let hash = sha1_hex(breached);
    let lines = format!("{}:4\r\n{hash}:17\r\n{}:1\r\n", "0".repeat(40), "F".repeat(40));
    std::fs::write(&file, lines).unwrap();
    vestibule_core::password::check_breached_file(&file).unwrap();

    let path = file.clone();
    let app = TestApp::with_settings(move |settings| settings.breached_passwords_file = Some(path)).await;
    let before = app.row_counts();
    assert_refused(sign_up(&app, breached).await, "breached");
    // The same password, typed with a no-break space.
    assert_refused(sign_up(&app, &breached.replacen(' ', "\u{a0}", 1)).await, "breached");
    assert_eq!(app.row_counts(), before);
    sign_up(&app, PASSWORD).await.ok();

    // An unreadable file does not prevent users from setting a password; the error is logged.
    std::fs::write(&file, "nonsense").unwrap();
    let other = |email, password| [("email", email), ("password", password)];
    app.anonymous().post("/auth/signup", &other("nora@example.com", breached)).await.ok();
    std::fs::remove_file(&file).unwrap();
    app.anonymous().post("/auth/signup", &other("otto@example.com", breached)).await.ok();
}

fn sha1_hex(text: &str) -> String {
    use sha1::Digest as _;
    data_encoding::HEXUPPER.encode(&sha1::Sha1::digest(text))
}

#[tokio::test]
async fn accepts_every_unicode_form_of_the_password() {
    let app = TestApp::start().await;
    let (composed, decomposed) = ("crème brûlée", "cre\u{300}me bru\u{302}le\u{301}e");
    sign_up(&app, decomposed).await.ok();
    for typed in [composed, decomposed, "crème\u{a0}brûlée", "cre\u{300}me\u{3000}brûlée"] {
        app.anonymous().post("/auth/signin", &[("email", ADA), ("password", typed)]).await.ok();
    }
    for typed in ["creme brulee", "Crème brûlée", "crème  brûlée", "ｃrème brûlée"] {
        let fields = [("email", ADA), ("password", typed)];
        app.anonymous().post("/auth/signin", &fields).await.assert_error(401, "INVALID_CREDENTIALS");
    }
    // Seven code points after normalization.
    assert_refused(sign_up(&app, "cafe\u{301} au").await, "too_short");
}

#[tokio::test]
async fn upgrades_digests_of_unnormalized_passwords() {
    // One attempt is all there is: trying both forms counts once.
    let app = TestApp::with_settings(|settings| settings.passwords.attempts_per_account = 1).await;
    let (composed, decomposed) = ("crème brûlée", "cre\u{300}me bru\u{302}le\u{301}e");
    sign_up(&app, PASSWORD).await.ok();
    let digest =
        argon2::Argon2::default().hash_password_with_salt(decomposed.as_bytes(), &[1; 16]).unwrap().to_string();
    // The driver logs statements, and no log line may contain a digest.
    let digest = digest.replacen('$', "$' || '", 1);
    app.execute(&format!("UPDATE users SET password_digest = '{digest}'"));
    let unchanged = format!("SELECT COUNT(*) FROM users WHERE password_digest = '{digest}'");

    let session = app.anonymous();
    session.post("/auth/signin", &[("email", ADA), ("password", decomposed)]).await.ok();
    assert_eq!(app.count(&unchanged), 0, "the digest was replaced");
    app.anonymous().post("/auth/signin", &[("email", ADA), ("password", composed)]).await.ok();
    session.get("/me").await.ok();

    // Confirming the password accepts the old form too.
    app.execute(&format!("UPDATE users SET password_digest = '{digest}'"));
    session.post("/me/update-password", &[("current_password", decomposed), ("new_password", OTHER)]).await.ok();
    app.anonymous().post("/auth/signin", &[("email", ADA), ("password", OTHER)]).await.ok();
}
