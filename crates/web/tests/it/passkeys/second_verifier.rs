//! The package `fido2` of `PyPI` verifies the responses of the software authenticator as the server does.
//! `scripts/requirements` installs it.

use std::process::Command;

use serde_json::{Value, json};
use vestibule_testbed::{repository, requirement};

use super::{ADA, BEGIN_REGISTRATION, BEGIN_SIGN_IN, FINISH_REGISTRATION, FINISH_SIGN_IN, begin, list, start};
use crate::harness::{PASSKEY_ORIGIN, SoftwareAuthenticator, Tamper, TestApp, TestClient, flags};

/// A ceremony, and what the server thinks of it.
struct Case {
    what: &'static str,
    json: Value,
    is_accepted: bool,
}

/// Runs a registration with a new authenticator, and a sign-in with one that was registered.
struct Fixture {
    app: TestApp,
    ada: TestClient,
    passkey: SoftwareAuthenticator,
    /// The response with which the passkey was registered, and its challenge.
    registered: Value,
}

impl Fixture {
    async fn new() -> Self {
        let app = start().await;
        let ada = app.create_user(ADA).await;
        let passkey = SoftwareAuthenticator::new(1);
        let options = begin(&ada, BEGIN_REGISTRATION).await;
        let credential = passkey.register(&options, &Tamper::default());
        ada.post_json(FINISH_REGISTRATION, &credential).await.ok();
        let registered = json!({"challenge": options["challenge"], "credential": credential});
        Self { app, ada, passkey, registered }
    }

    async fn registration(&self, what: &'static str, tamper: Tamper) -> Case {
        let options = begin(&self.ada, BEGIN_REGISTRATION).await;
        let credential = SoftwareAuthenticator::new(2).register(&options, &tamper);
        let response = self.ada.post_json(FINISH_REGISTRATION, &credential).await;
        let json = json!({"registration": {"challenge": options["challenge"], "credential": credential}});
        Case { what, json, is_accepted: response.status == 200 }
    }

    async fn sign_in(&self, what: &'static str, tamper: Tamper) -> Case {
        let browser = self.app.anonymous();
        let options = begin(&browser, BEGIN_SIGN_IN).await;
        let credential = self.passkey.sign_in(&options, &tamper);
        let response = browser.post_json(FINISH_SIGN_IN, &credential).await;
        let json = json!({
            "registration": self.registered,
            "assertion": {"challenge": options["challenge"], "credential": credential},
        });
        Case { what, json, is_accepted: response.status == 200 }
    }
}

/// Returns the package's answers.
fn verify_with_package(cases: &[Case]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.json");
    let cases: Vec<_> = cases.iter().map(|case| &case.json).collect();
    let input = json!({"rp_id": "localhost", "origin": PASSKEY_ORIGIN, "cases": cases});
    std::fs::write(&file, input.to_string()).unwrap();
    let mut python = Command::new(requirement("python/bin/python"));
    let program = repository().join("tests/clients/python/verify_passkeys.py");
    let output = python.env("PYTHONDONTWRITEBYTECODE", "1").arg(program).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn package_fido2_accepts_and_refuses_what_the_server_does() {
    let fixture = Fixture::new().await;
    let usual = Tamper::default;
    let elsewhere = || Tamper { origin: Some("https://evil.example".to_owned()), ..usual() };
    let other_party = || Tamper { rp_id: Some("evil.example".to_owned()), ..usual() };
    let unverified = || Tamper { clear_flags: flags::USER_VERIFIED, ..usual() };
    let absent = || Tamper { clear_flags: flags::USER_PRESENT, ..usual() };
    let replayed = || Tamper { challenge: Some("A".repeat(43)), ..usual() };
    let swapped = |ceremony| Tamper { ceremony: Some(ceremony), ..usual() };
    let cases = [
        fixture.registration("registration at another origin", elsewhere()).await,
        fixture.registration("registration for another relying party", other_party()).await,
        fixture.registration("registration without verification", unverified()).await,
        fixture.registration("registration without presence", absent()).await,
        fixture.registration("registration with another challenge", replayed()).await,
        fixture.registration("registration that is a use", swapped("webauthn.get")).await,
        fixture.registration("registration", usual()).await,
        fixture.sign_in("sign-in at another origin", elsewhere()).await,
        fixture.sign_in("sign-in for another relying party", other_party()).await,
        fixture.sign_in("sign-in without verification", unverified()).await,
        fixture.sign_in("sign-in without presence", absent()).await,
        fixture.sign_in("sign-in with another challenge", replayed()).await,
        fixture.sign_in("sign-in that is a creation", swapped("webauthn.create")).await,
        fixture.sign_in("sign-in with a wrong signature", Tamper { breaks_signature: true, ..usual() }).await,
        fixture.sign_in("sign-in", usual()).await,
    ];
    let answers = verify_with_package(&cases);
    assert_eq!(answers.len(), cases.len());
    for (case, answer) in cases.iter().zip(&answers) {
        assert_eq!(answer["refused"].is_null(), case.is_accepted, "{}: {answer}", case.what);
    }
    assert_eq!(cases.iter().filter(|case| case.is_accepted).count(), 2);
    // It reads the same in them.
    let passkeys = list(&fixture.ada).await;
    for (answer, passkey) in [(&answers[14], &passkeys[0]), (&answers[6], &passkeys[1])] {
        assert_eq!(answer["credential_id"], passkey["credential_id"]);
        assert_eq!(answer["algorithm"], -7);
        assert_eq!(
            (&answer["backup_eligible"], &answer["backed_up"]),
            (&passkey["backup_eligible"], &passkey["backed_up"])
        );
    }
    let stored = fixture.app.count("SELECT MAX(sign_count) FROM passkeys");
    assert_eq!(answers[14]["sign_count"], stored);
}
