//! Secrets: shown once, never logged, and not in the database as they are.

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use sha2::{Digest, Sha256};

use super::{ADA, APP, BACKUP, submit, verify, waiting};
use crate::harness::{AuthenticatorApp, PASSWORD, TestApp, TestResponse, text};

/// Every value in the database, as text: bytes in hexadecimal on PostgreSQL, as lists of numbers on SQLite.
fn stored(app: &TestApp) -> String {
    let database = &app.inner.database;
    let rows = database.tables().into_iter().flat_map(|table| database.rows(&format!("SELECT * FROM {table}")));
    rows.flatten().collect::<Vec<_>>().join("\n")
}

/// The ways in which these bytes could be stored.
fn forms(bytes: &[u8]) -> [String; 2] {
    let numbers: Vec<_> = bytes.iter().map(u8::to_string).collect();
    [HEXLOWER.encode(bytes), numbers.join(", ")]
}

struct Secrets(Vec<String>);

impl Secrets {
    #[track_caller]
    fn assert_not_in(&self, place: &str, text: &str) {
        for secret in &self.0 {
            assert!(!text.contains(secret), "{place} has {secret}");
        }
    }

    #[track_caller]
    fn assert_not_shown(&self, response: &TestResponse) {
        self.assert_not_in(&response.request, &response.text);
    }
}

#[tokio::test]
async fn secret_and_backup_codes_are_shown_once_and_stored_as_ciphertext_and_keyed_hashes() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    app.verify_all_addresses();
    let started = ada.post("/me/authenticator", &[]).await.ok();
    let secret = text(&started["totp_secret"]);
    // 160 bits (RFC 4226, section 4).
    let key = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    assert_eq!(key.len(), 20);
    let authenticator = AuthenticatorApp::scan(&started);
    let mut secrets = Secrets(vec![secret.clone(), secret.to_lowercase()]);
    secrets.assert_not_shown(&verify(&ada, &authenticator, (-1, 0)).await);
    let codes = ada.make_backup_codes().await;
    secrets.0.extend(codes.iter().flat_map(|code| [code.clone(), code.replace('-', "")]));
    for secret in &secrets.0 {
        app.inner.secret_scan.add_unlogged(secret);
    }
    ada.wait_for_next_code();

    let browser = app.anonymous();
    let started = browser.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await;
    secrets.assert_not_shown(&started);
    let attempt = text(&waiting(&started.ok())["id"]);
    secrets.assert_not_shown(&browser.attempt_second_factor(&attempt, BACKUP, "2222-2222").await);
    secrets.assert_not_shown(&submit(&browser, &attempt, &browser.code_of(&authenticator)).await);
    secrets.assert_not_shown(&ada.post("/me/backup-codes", &[]).await);
    let again = ada.post("/me/authenticator", &[]).await;
    secrets.assert_not_shown(&again);
    let again = text(&again.ok()["totp_secret"]);
    assert_ne!(again, secret);
    let paths = ["/me", "/session", "/session/token", "/me/signins", "/me/passkeys", "/me/audit-log", "/deployment"];
    for client in [&ada, &browser] {
        for path in paths {
            secrets.assert_not_shown(&client.get(path).await);
        }
    }
    for mail in app.mails() {
        secrets.assert_not_in(&mail.subject, &format!("{}{}", mail.text, mail.html));
    }

    let stored = stored(&app);
    assert!(stored.contains(ADA), "the search would find what is stored");
    secrets.assert_not_in("the database", &stored);
    let mut hidden: Vec<_> =
        [&key, &BASE32_NOPAD.decode(again.as_bytes()).unwrap()].into_iter().flat_map(|key| forms(key)).collect();
    hidden.extend(forms(secret.as_bytes()));
    for code in &codes {
        for spelling in [code.clone(), code.replace('-', ""), code.to_lowercase()] {
            hidden.extend(forms(spelling.as_bytes()));
            // 40 random bits can be searched: a hash without a key is no protection.
            hidden.extend(forms(&Sha256::digest(spelling.as_bytes())[..]));
        }
    }
    Secrets(hidden).assert_not_in("the database", &stored);
}

/// The regression: the ciphertext of one row works in another, so that write access to the table signs in as any user.
#[tokio::test]
async fn secret_of_another_row_does_not_work() {
    let setup = super::setup().await;
    let eve = setup.app.create_user(super::EVE).await;
    let of_eve = eve.add_authenticator().await;
    let eve_id = text(&eve.get("/me").await.ok()["id"]);
    setup.app.execute(&format!(
        "UPDATE authenticators SET secret = (SELECT a.secret FROM authenticators a WHERE a.user_id = {eve_id})
          WHERE user_id <> {eve_id}"
    ));
    let (browser, attempt) = setup.sign_in().await;
    for code in [setup.code(0), browser.code_of(&of_eve)] {
        let refused = browser.attempt_second_factor(&attempt, APP, &code).await;
        assert_ne!(refused.status, 200, "{}", refused.text);
    }
    browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
}
