//! The test harness: [`TestApp`] is a service of its own on a fresh database, [`TestClient`] a client with a cookie
//! jar.
//!
//! When the last handle to an app is dropped, the harness scans everything that the test produced: no response and no
//! log line may contain a secret, and the outbox must be empty.

mod app;
mod client;
mod client_program;
pub(crate) mod factors;
pub(crate) mod identity_provider;
mod mail;
mod passkeys;
pub(crate) mod provider_package;
mod response;
mod totp;

use std::time::Duration;

use serde_json::{Value, json};
use vestibule_core::time::Timestamp;

pub(crate) use self::app::{TestApp, TestAppBuilder, allow_this_machine};
pub(crate) use self::client::TestClient;
pub(crate) use self::client_program::ClientProgram;
pub(crate) use self::passkeys::{
    PASSKEY_ORIGIN, SoftwareAuthenticator, Tamper, allow_passkeys, attestation_object, flags,
};
pub(crate) use self::response::TestResponse;
pub(crate) use self::totp::AuthenticatorApp;

/// The password of every user that the harness creates.
pub(crate) const PASSWORD: &str = "open-sesame-42";
/// The initial time of each app's clock: 2026-01-15T10:30:00Z.
pub(crate) const START_TIME: Timestamp = Timestamp::from_microseconds(1_768_473_000_000_000);
pub(crate) const HOUR: Duration = Duration::from_hours(1);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// Returns a JSON string as a Rust string. Panics for any other JSON value.
#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no string: {value}")).to_owned()
}

/// Creates a role of the organization or workspace at this path. Returns its id.
pub(crate) async fn create_role(client: &TestClient, path: &str, permissions: &[&str]) -> String {
    let body = json!({"name": "Role", "permissions": permissions});
    text(&client.post_json(&format!("{path}/roles"), &body).await.ok()["id"])
}

/// Creates a workspace. Returns its id.
pub(crate) async fn create_workspace(client: &TestClient, organization: &str) -> String {
    let fields = [("organization_id", organization), ("name", "Lobby")];
    text(&client.post("/workspaces", &fields).await.ok()["workspace"]["id"])
}
