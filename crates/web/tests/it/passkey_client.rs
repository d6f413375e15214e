//! Passkeys of another implementation: the client and the authenticator of the crate `passkey`, which are those of a
//! password manager. They are a program of their own, in `tests/clients/passkey`.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::harness::{PASSKEY_ORIGIN, TestApp, allow_passkeys, text};

struct PasswordManager {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl PasswordManager {
    fn start() -> Self {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let target = repository.join("target/examples");
        let mut build = Command::new("cargo");
        build.args(["build", "--locked", "--quiet", "--target-dir"]).arg(&target);
        build.current_dir(repository.join("tests/clients/passkey"));
        // Set by cargo for this test. The build of the program has its own.
        let status = build.env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_TARGET_DIR").status().unwrap();
        assert!(status.success(), "tests/clients/passkey was not built");
        let mut program = Command::new(target.join("debug/vestibule-passkey-tests"));
        let mut process = program.arg(PASSKEY_ORIGIN).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, input, output }
    }

    fn run(&mut self, ceremony: &Value) -> Value {
        writeln!(self.input, "{ceremony}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for PasswordManager {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn passkey_of_a_password_manager_is_added_and_signs_in() {
    let app = TestApp::with_settings(allow_passkeys).await;
    let ada = app.create_user("ada@example.com").await;
    let mut manager = tokio::task::spawn_blocking(PasswordManager::start).await.unwrap();

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
