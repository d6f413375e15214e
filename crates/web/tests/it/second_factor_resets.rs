//! Resets of second factors: by an operator and by a backend, at once and after a delay in which the user can object.

use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};
use vestibule_core::Code;
use vestibule_core::execution::Caller;
use vestibule_core::id::UserId;
use vestibule_core::operator::ShowUser;
use vestibule_core::second_factor::{CancelReset, ResetOutcome, ResetSecondFactors, run_due};
use vestibule_core::time::Clock;

use crate::harness::{
    AuthenticatorApp, HOUR, PASSWORD, SoftwareAuthenticator, TestApp, TestClient, allow_passkeys, text,
};
use crate::platform::PlatformClient;

const ADA: &str = "ada@example.com";
const DELAY: Duration = Duration::from_hours(72);
const DELAYED: &str = "SECOND_FACTOR_RESET_DELAYED";
/// Longer than the links of other notices work.
const LONG_DELAY: Duration = Duration::from_hours(240);

/// Ada, who has an authenticator, a passkey and backup codes. She is a member of Olga's organization.
struct Setup {
    app: TestApp,
    olga: TestClient,
    organization: String,
    ada: TestClient,
    authenticator: AuthenticatorApp,
    id: UserId,
}

async fn setup(delay: Duration) -> Setup {
    let app = TestApp::with_settings(|settings| {
        allow_passkeys(settings);
        settings.second_factors.reset_delay = delay;
    })
    .await;
    let (olga, organization) = app.create_organization("olga@example.com").await;
    let ada = app.create_member(&olga, &organization, ADA, "").await;
    let authenticator = ada.add_authenticator().await;
    ada.add_passkey(&SoftwareAuthenticator::new(1)).await;
    ada.make_backup_codes().await;
    let id = text(&ada.get("/me").await.ok()["id"]).parse().unwrap();
    Setup { app, olga, organization, ada, authenticator, id }
}

impl Setup {
    async fn reset(&self) -> ResetOutcome {
        let command = ResetSecondFactors { user: self.id };
        let outcome = self.app.inner.service.run(&Caller::operator(), command).await.result.unwrap();
        self.app.drain().await;
        outcome
    }

    async fn run_due(&self) -> usize {
        let applied = run_due(&self.app.inner.service).await.unwrap();
        self.app.drain().await;
        applied
    }

    async fn sign_in(&self) -> (TestClient, Value) {
        let client = self.app.anonymous();
        let session = client.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
        (client, session)
    }

    fn count_factors(&self) -> i64 {
        let count = |table: &str| self.app.count(&format!("SELECT COUNT(*) FROM {table} WHERE user_id = {}", self.id));
        ["authenticators", "passkeys", "backup_codes"].into_iter().map(count).sum()
    }

    /// Asserts that Ada has no factor, and that nothing that was begun before goes on.
    fn assert_reset(&self) {
        assert_eq!(self.count_factors(), 0);
        for table in ["sign_ins", "pending_sign_ins", "second_factor_resets"] {
            let count = format!("SELECT COUNT(*) FROM {table} WHERE user_id = {}", self.id);
            assert_eq!(self.app.count(&count), 0, "{table}");
        }
        let user = format!(
            "SELECT COUNT(*) FROM users WHERE id = {} AND second_factors = 0 AND second_factor_policy = 'none'",
            self.id
        );
        assert_eq!(self.app.count(&user), 1);
    }

    /// The entries of the installation's audit log with this action.
    async fn entries(&self, action: &str) -> Vec<Value> {
        let backend = PlatformClient::new(&self.app, "audit_log:read").await;
        let entries = backend.get("/audit-log?limit=1000").await.page();
        entries.into_iter().filter(|entry| entry["action"] == action).collect()
    }
}

fn is_pending(session: &Value) -> bool {
    session["active_signin"].is_null() && session["signin_attempts"][0]["current_step"] == "verify_second_factor"
}

#[tokio::test]
async fn reset_at_once_ends_all_sign_ins_and_removes_every_factor() {
    let setup = setup(Duration::ZERO).await;
    let (half, session) = setup.sign_in().await;
    assert!(is_pending(&session), "{session}");
    let attempt = half.pending_attempt().await;
    setup.ada.get_and_check_cache("/session").await.ok();

    assert_eq!(setup.reset().await, ResetOutcome { due_at: None, had_factors: true });
    setup.assert_reset();
    setup.ada.get("/me").await.assert_error(401, "UNAUTHORIZED");
    let session = setup.ada.get_and_check_cache("/session").await.ok();
    assert_eq!(session["signins"], json!([]));
    let code = half.code_of(&setup.authenticator);
    let refused = half.attempt_second_factor(&attempt, "authenticator", &code).await;
    assert_eq!(refused.body["errors"][0]["code"], "BAD_SIGN_IN_ATTEMPT", "{}", refused.text);

    let mail = setup.app.mail(ADA);
    assert_eq!(mail.subject, "Two-factor authentication of your account on Vestibule was reset");
    assert!(mail.text.contains("every browser was signed out") && !mail.text.contains("127.0.0.1"), "{}", mail.text);
    let (_, session) = setup.sign_in().await;
    assert!(!session["active_signin"].is_null(), "one factor is enough: {session}");
    let entries = setup.entries("user.second_factors.reset").await;
    assert_eq!((entries.len(), &entries[0]["actor"]["type"]), (1, &json!("operator")));
    assert_eq!(entries[0]["target"]["id"], setup.id.to_string());
    assert_eq!(setup.entries("user.mfa.disabled").await.len(), 1);

    // Nothing is left to reset: nothing ends, and nothing is mailed.
    let mails = setup.app.mail_count(ADA);
    assert_eq!(setup.reset().await, ResetOutcome { due_at: None, had_factors: false });
    assert_eq!(setup.app.mail_count(ADA), mails);
    assert_eq!(setup.app.count(&format!("SELECT COUNT(*) FROM sign_ins WHERE user_id = {}", setup.id)), 1);
}

#[tokio::test]
async fn delayed_reset_waits_and_is_then_applied() {
    let setup = setup(DELAY).await;
    let due_at = setup.app.inner.clock.now().plus(DELAY);
    assert_eq!(setup.reset().await, ResetOutcome { due_at: Some(due_at), had_factors: true });
    let mail = setup.app.mail(ADA);
    assert_eq!(mail.subject, "Two-factor authentication of your account on Vestibule will be reset");
    assert!(mail.text.contains("Cancel the reset") && !mail.text.contains("127.0.0.1"), "{}", mail.text);
    setup.ada.get("/me").await.ok();
    assert_eq!(setup.run_due().await, 0);

    // A second request does not change the time, and mails nothing.
    setup.app.advance(HOUR);
    let mails = setup.app.mail_count(ADA);
    assert_eq!(setup.reset().await.due_at, Some(due_at));
    assert_eq!(setup.app.mail_count(ADA), mails);
    let shown = setup.app.inner.service.query(&Caller::anonymous(), &ShowUser { user: setup.id }).await.result.unwrap();
    assert_eq!(shown.factors.reset_due_at, Some(due_at));
    assert_eq!((shown.factors.policy.as_str(), shown.factors.backup_codes_left), ("enforced", 12));
    assert!(shown.factors.authenticator_added_at.is_some());
    assert_eq!((shown.passkeys.len(), shown.passkeys[0].name.as_str()), (1, "Laptop"));

    setup.app.advance(DELAY.saturating_sub(HOUR + Duration::from_micros(1)));
    assert_eq!(setup.run_due().await, 0);
    assert!(setup.count_factors() > 0);
    setup.app.advance(Duration::from_micros(1));
    assert_eq!(setup.run_due().await, 1);
    setup.assert_reset();
    assert_eq!(setup.run_due().await, 0);
    setup.ada.get("/me").await.assert_error(401, "UNAUTHORIZED");
    assert!(setup.app.mail(ADA).subject.ends_with("was reset"));
    assert_eq!(setup.entries("user.second_factor_reset.requested").await.len(), 1);
    let entries = setup.entries("user.second_factors.reset").await;
    assert_eq!((entries.len(), &entries[0]["actor"]["type"]), (1, &json!("system")));
}

#[tokio::test]
async fn due_reset_is_applied_when_the_user_next_proves_a_first_factor() {
    let setup = setup(DELAY).await;
    setup.reset().await;
    setup.app.advance(DELAY.saturating_sub(Duration::from_micros(1)));
    let (_, session) = setup.sign_in().await;
    assert!(is_pending(&session), "{session}");
    setup.app.advance(Duration::from_micros(1));
    let (client, session) = setup.sign_in().await;
    assert!(!session["active_signin"].is_null(), "{session}");
    client.get("/me").await.ok();
    setup.ada.get("/me").await.assert_error(401, "UNAUTHORIZED");
    assert_eq!((setup.count_factors(), setup.run_due().await), (0, 0));
}

#[tokio::test]
async fn link_of_the_notice_cancels_the_reset_until_it_is_due() {
    let setup = setup(LONG_DELAY).await;
    setup.reset().await;
    let token = setup.app.notice_token(ADA);
    setup.app.advance(LONG_DELAY.saturating_sub(Duration::from_micros(1)));
    let browser = setup.app.anonymous();
    let page = browser.post("/security-notice", &[("token", &token)]).await;
    page.assert_page(200, "The reset of two-factor authentication is cancelled");
    setup.ada.get("/me").await.assert_error(401, "UNAUTHORIZED");
    setup.app.advance(HOUR);
    assert_eq!(setup.run_due().await, 0);
    assert!(setup.count_factors() > 0);
    let (_, session) = setup.sign_in().await;
    assert!(is_pending(&session), "{session}");
    assert_eq!(setup.entries("user.second_factor_reset.cancelled").await.len(), 1);

    // The link of any other notice cancels it too.
    setup.reset().await;
    setup.app.advance(HOUR);
    setup.app.execute(&format!(
        "UPDATE security_notices SET kind = 'password_changed', used_at = NULL, expires_at = expires_at + 864000000000
          WHERE user_id = {} AND used_at IS NOT NULL",
        setup.id
    ));
    let page = browser.post("/security-notice", &[("token", &token)]).await;
    page.assert_page(200, "The reset of two-factor authentication is cancelled");
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM second_factor_resets"), 0);
}

#[tokio::test]
async fn operator_cancels_a_waiting_reset() {
    let setup = setup(DELAY).await;
    let cancel = async || setup.app.inner.service.run(&Caller::operator(), CancelReset { user: setup.id }).await.result;
    assert_eq!(cancel().await.unwrap_err().code(), Code::SecondFactorResetNotFound);
    setup.reset().await;
    cancel().await.unwrap();
    assert_eq!(cancel().await.unwrap_err().code(), Code::SecondFactorResetNotFound);
    setup.app.advance(DELAY);
    assert_eq!(setup.run_due().await, 0);
    setup.ada.get("/me").await.ok();
    let unknown = CancelReset { user: UserId::from(1) };
    let refused = setup.app.inner.service.run(&Caller::operator(), unknown).await.result.unwrap_err();
    assert_eq!(refused.code(), Code::UserNotFound);
}

#[tokio::test]
async fn api_key_obeys_the_delay_in_each_call() {
    let setup = setup(DELAY).await;
    let backend = PlatformClient::new(&setup.app, "users:write").await;
    let path = format!("/users/{}", setup.id);
    let passkey = backend.get(&format!("{path}/passkeys")).await.page()[0]["id"].clone();
    let secret = json!({"secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"});
    backend.delete(&format!("{path}/authenticators")).await.assert_error(403, DELAYED);
    backend.post(&format!("{path}/authenticators"), &secret).await.assert_error(403, DELAYED);
    backend.delete(&format!("{path}/passkeys/{}", text(&passkey))).await.assert_error(403, DELAYED);
    backend.post_empty(&format!("{path}/backup-codes/regenerate")).await.assert_error(403, DELAYED);
    for policy in ["none", "optional"] {
        backend.patch(&path, &json!({"second_factor_policy": policy})).await.assert_error(403, DELAYED);
    }
    backend.patch(&path, &json!({"second_factor_policy": "enforced"})).await.ok();
    backend.patch(&format!("{path}/passkeys/{}", text(&passkey)), &json!({"name": "Old laptop"})).await.ok();
    assert_eq!(setup.count_factors(), 14);

    let due_at = setup.app.inner.clock.now().plus(DELAY).to_string();
    let reset = backend.post_empty(&format!("{path}/second-factors/reset")).await.ok();
    assert_eq!(reset, json!({"due_at": due_at}));
    assert!(setup.app.mail(ADA).subject.ends_with("will be reset"));
    backend.post_empty(&format!("{path}/second-factors/reset/cancel")).await.ok();
    let cancel = backend.post_empty(&format!("{path}/second-factors/reset/cancel")).await;
    cancel.assert_error(404, "SECOND_FACTOR_RESET_NOT_FOUND");

    // A user without a second factor loses none.
    let olga = format!("/users/{}", text(&setup.olga.get("/me").await.ok()["id"]));
    backend.post(&format!("{olga}/authenticators"), &secret).await.ok();
    backend.delete(&format!("{olga}/authenticators")).await.assert_error(403, DELAYED);
}

#[tokio::test]
async fn api_key_resets_at_once_without_a_delay() {
    let setup = setup(Duration::ZERO).await;
    let backend = PlatformClient::new(&setup.app, "users:write").await;
    let path = format!("/users/{}/second-factors/reset", setup.id);
    for scopes in ["users:read", "members:write"] {
        let other = PlatformClient::new(&setup.app, scopes).await;
        other.post_empty(&path).await.assert_error(403, "SCOPE_MISSING");
        other.post_empty(&format!("{path}/cancel")).await.assert_error(403, "SCOPE_MISSING");
    }
    let bound = PlatformClient::bound(&setup.app, "users:write", Some(&setup.organization)).await;
    bound.post_empty(&path).await.assert_error(403, "KEY_BOUND_TO_ORGANIZATION");
    bound.post_empty(&format!("{path}/cancel")).await.assert_error(403, "KEY_BOUND_TO_ORGANIZATION");
    backend.post_empty("/users/1/second-factors/reset").await.assert_error(404, "USER_NOT_FOUND");
    backend.post_empty("/users/1/second-factors/reset/cancel").await.assert_error(404, "USER_NOT_FOUND");
    setup.ada.get("/me").await.ok();

    assert_eq!(backend.post_empty(&path).await.ok(), json!({"due_at": null}));
    setup.assert_reset();
    let entries = setup.entries("user.second_factors.reset").await;
    assert_eq!((entries.len(), &entries[0]["actor"]["type"]), (1, &json!("api_key")));
    assert!(!setup.app.mail(ADA).text.contains("127.0.0.1"));
}

/// The account opens other organizations, too.
#[tokio::test]
async fn admin_of_an_organization_cannot_reset() {
    let setup = setup(Duration::ZERO).await;
    let resets = vestibule_web::route_list().into_iter().filter(|route| {
        let is_of_factors = ["second-factor", "authenticator", "passkey", "backup-code"];
        let is_of_others =
            !["/me", "/auth", "/account", "/sign-in", "/pages"].iter().any(|own| route.path.starts_with(own));
        is_of_others && is_of_factors.iter().any(|word| route.path.contains(word))
    });
    assert_eq!(resets.map(|route| route.path).collect::<Vec<_>>(), Vec::<String>::new());
    let (organization, id) = (&setup.organization, setup.id);
    for path in [
        format!("/users/{id}/second-factors/reset"),
        format!("/organizations/{organization}/members/{id}/second-factors/reset"),
        format!("/organizations/{organization}/members/{id}/second-factors/reset/cancel"),
    ] {
        setup.olga.post(&path, &[]).await.assert_error(404, "NOT_FOUND");
    }
    let deleted = setup.olga.send(Method::DELETE, &format!("/users/{id}/authenticators"), None, Body::empty()).await;
    assert_eq!(deleted.status, 404, "{}", deleted.text);
    assert!(setup.count_factors() > 0);
    setup.ada.get("/me").await.ok();
}
