//! Signing in with an account of Google and others: whom a provider's answer signs in, what becomes of accounts that
//! exist, and what an attacker can do with the redirects and the tokens.

mod connections;
mod flow;
mod invitations;
mod linking;
mod packages;
mod profiles;
mod provider_faults;
mod providers;
mod requests;
mod tokens;

use serde_json::{Value, json};
use vestibule_core::settings::Settings;

use crate::harness::identity_provider::{IdentityProvider, social_provider};
use crate::harness::{TestApp, TestResponse, allow_this_machine, text};

const GOOGLE: &str = "google_oauth";
const GITHUB: &str = "github_oauth";
const EXAMPLE: &str = "example_oidc";
/// Google owns the mailboxes of this domain, so that it can vouch for them.
const ADA: &str = "ada@gmail.com";
const EVE: &str = "eve@gmail.com";

/// Starts an app that offers these providers.
async fn start(providers: &[(&str, &IdentityProvider)]) -> TestApp {
    start_with(providers, |_| ()).await
}

async fn start_with(providers: &[(&str, &IdentityProvider)], change: impl FnOnce(&mut Settings)) -> TestApp {
    let app = TestApp::with_settings(|settings| {
        allow_this_machine(settings);
        settings.social.providers = providers.iter().map(|(id, provider)| social_provider(id, provider)).collect();
        change(settings);
    });
    let app = app.await;
    providers.iter().for_each(|(_, provider)| provider.attach(&app));
    app
}

/// Asserts that this user is signed in and active. Returns the session.
#[track_caller]
fn signed_in_as(response: TestResponse, email: &str) -> Value {
    let session = response.ok()["session"].clone();
    assert_eq!(session["active_signin"]["user"]["email"], email, "{session}");
    session
}

/// Asserts that nobody is signed in, and that the last attempt waits for a profile. Returns the attempt.
#[track_caller]
fn waits_for_profile(response: TestResponse) -> Value {
    let session = response.ok()["session"].clone();
    assert_eq!(session["active_signin"], Value::Null, "{session}");
    let attempt = session["signin_attempts"].as_array().and_then(|attempts| attempts.last()).unwrap().clone();
    assert_eq!(attempt["current_step"], "complete_profile", "{session}");
    assert_eq!((&attempt["requires_completion"], &attempt["completed"]), (&json!(true), &json!(false)), "{session}");
    attempt
}

/// The id of the user who is signed in.
fn user_id(session: &Value) -> String {
    text(&session["active_signin"]["user_id"])
}

/// The addresses of the only user, and whether each is verified.
fn addresses(app: &TestApp) -> Vec<(String, bool)> {
    let rows = app.inner.database.rows("SELECT address, verified_at FROM email_addresses ORDER BY id");
    rows.into_iter().map(|row| (row[0].clone(), !row[1].is_empty())).collect()
}

fn users(app: &TestApp) -> i64 {
    app.count("SELECT COUNT(*) FROM users")
}

fn identities(app: &TestApp) -> i64 {
    app.count("SELECT COUNT(*) FROM identities")
}
