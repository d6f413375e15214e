//! Impersonation: tickets, the sign-ins that they are exchanged for, and what those cannot do.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Method};
use serde_json::{Value, json};
use vestibule_core::operator::{DisableUser, EnableUser};

use super::PlatformClient;
use crate::access_table::{Setup, TABLE, setup};
use crate::harness::{PASSWORD, TestApp, TestClient, text};
use crate::secret_scan::security_events;
use crate::session_tokens::claims;

const MINUTE: Duration = Duration::from_mins(1);
const NOT_ALLOWED: &str = "IMPERSONATION_NOT_ALLOWED";

async fn id(client: &TestClient) -> String {
    text(&client.get("/me").await.ok()["id"])
}

/// A user, a person of support, and a backend that may impersonate.
struct Support {
    app: TestApp,
    backend: PlatformClient,
    user: TestClient,
    user_id: String,
    agent: TestClient,
    agent_id: String,
}

impl Support {
    async fn start() -> Self {
        Self::on(TestApp::start().await).await
    }

    async fn on(app: TestApp) -> Self {
        let backend = PlatformClient::new(&app, "* users:impersonate").await;
        let (user, agent) = (app.create_user("ada@example.com").await, app.create_user("nora@example.com").await);
        let (user_id, agent_id) = (id(&user).await, id(&agent).await);
        Self { app, backend, user, user_id, agent, agent_id }
    }

    fn fields(&self) -> Value {
        json!({"ticket_type": "impersonation", "user_id": self.user_id, "actor_id": self.agent_id})
    }

    async fn ticket(&self) -> String {
        text(&self.backend.post("/session/tickets", &self.fields()).await.ok()["ticket"])
    }

    /// Signs the person of support in as the user, in a browser of their own.
    async fn impersonate(&self) -> TestClient {
        let browser = self.app.anonymous();
        exchange(&browser, &self.ticket().await).await.ok();
        browser
    }

    fn count_sign_ins(&self) -> i64 {
        self.app.count("SELECT COUNT(*) FROM sign_ins WHERE impersonator_id IS NOT NULL")
    }
}

async fn exchange(browser: &TestClient, ticket: &str) -> crate::harness::TestResponse {
    let response = browser.get(&format!("/session/ticket/exchange?ticket={ticket}")).await;
    browser.app.drain().await;
    response
}

#[tokio::test]
async fn a_ticket_signs_in_as_the_user_once() {
    let support = Support::start().await;
    let now = support.app.inner.service.now().as_microseconds() / 1_000_000;
    let created = support.backend.post("/session/tickets", &support.fields()).await.ok();
    assert_eq!(created["expires_at"], now + 300);
    let ticket = text(&created["ticket"]);
    assert_eq!(created["url"], format!("http://vestibule.test/sign-in?ticket={ticket}"));
    assert_eq!(support.app.count("SELECT COUNT(*) FROM session_tickets WHERE LENGTH(digest) = 32"), 1);
    let browser = support.app.anonymous();
    let exchanged = exchange(&browser, &ticket).await.ok();
    assert_eq!((&exchanged["success"], &exchanged["message"]), (&json!(true), &json!("Impersonation successful")));
    assert_eq!(
        exchanged["actor"],
        json!({"id": support.agent_id, "display_name": "nora Test", "subject_type": "user"})
    );
    assert_eq!(exchanged["session_id"], exchanged["session"]["id"]);
    let active = &exchanged["session"]["active_signin"];
    assert_eq!((&active["user_id"], &active["impersonator_id"]), (&json!(support.user_id), &json!(support.agent_id)));
    assert_eq!(id(&browser).await, support.user_id);
    exchange(&support.app.anonymous(), &ticket).await.assert_error(401, "INVALID_TICKET");
    for used in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let status = if used.is_empty() { (400, "REQUIRED_FIELD") } else { (401, "INVALID_TICKET") };
        exchange(&support.app.anonymous(), used).await.assert_error(status.0, status.1);
    }
    assert_eq!(support.count_sign_ins(), 1);
}

#[tokio::test]
async fn concurrent_exchanges_sign_in_once() {
    let support = Support::start().await;
    let ticket = support.ticket().await;
    let browsers: Vec<_> = (0..4).map(|_| support.app.anonymous()).collect();
    let path = format!("/session/ticket/exchange?ticket={ticket}");
    let responses = futures_util::future::join_all(browsers.iter().map(|browser| browser.get(&path))).await;
    let succeeded = responses.iter().filter(|response| response.status == 200).count();
    assert_eq!((succeeded, support.count_sign_ins()), (1, 1));
}

#[tokio::test]
async fn tickets_need_their_scope_and_two_enabled_users() {
    let support = Support::start().await;
    let create = async |change: &[(&str, Value)]| {
        let mut fields = support.fields();
        for (name, value) in change {
            fields[*name] = value.clone();
        }
        support.backend.post("/session/tickets", &fields).await
    };
    for (change, status, code) in [
        (vec![("actor_id", Value::Null)], 400, "REQUIRED_FIELD"),
        (vec![("user_id", Value::Null)], 400, "REQUIRED_FIELD"),
        (vec![("ticket_type", Value::Null)], 400, "REQUIRED_FIELD"),
        (vec![("actor_id", json!("x"))], 400, "INVALID_ID"),
        (vec![("actor_id", json!("1"))], 404, "USER_NOT_FOUND"),
        (vec![("user_id", json!("1"))], 404, "USER_NOT_FOUND"),
        (vec![("actor_id", json!(support.user_id))], 400, "INVALID_FIELD"),
        (vec![("ticket_type", json!("agent_access"))], 404, "TICKET_TYPE_NOT_AVAILABLE"),
        (vec![("ticket_type", json!("Impersonation"))], 404, "TICKET_TYPE_NOT_AVAILABLE"),
        (vec![("expires_in", json!(0))], 400, "INVALID_FIELD"),
        (vec![("expires_in", json!(901))], 400, "INVALID_FIELD"),
        (vec![("expires_in", json!(-1))], 400, "INVALID_FIELD"),
    ] {
        create(&change).await.assert_error(status, code);
    }
    // Clients send the fields of other types.
    create(&[("agent_ids", Value::Null), ("webhook_app_slug", Value::Null), ("expires_in", json!(900))]).await.ok();
    let all = PlatformClient::new(&support.app, "*").await;
    let refusal = all.post("/session/tickets", &support.fields()).await.assert_error(403, "SCOPE_MISSING");
    assert!(refusal.contains("users:impersonate"), "{refusal}");
    let created = support.user.post("/organizations", &[("name", "Acme")]).await.ok();
    let organization = text(&created["organization"]["id"]);
    let bound = PlatformClient::bound(&support.app, "users:impersonate", Some(&organization)).await;
    bound.post("/session/tickets", &support.fields()).await.assert_error(403, "KEY_BOUND_TO_ORGANIZATION");
    for user in [&support.agent_id, &support.user_id] {
        support.app.run(&support.app.anonymous(), DisableUser { user: user.parse().unwrap() }).await.unwrap();
        create(&[]).await.assert_error(409, "USER_DISABLED");
        support.app.run(&support.app.anonymous(), EnableUser { user: user.parse().unwrap() }).await.unwrap();
    }
    assert_eq!(support.app.count("SELECT COUNT(*) FROM session_tickets"), 1);
}

#[tokio::test]
async fn a_ticket_ends_in_time_with_its_key_and_with_its_users() {
    let support = Support::start().await;
    let ticket = support.ticket().await;
    let mut fields = support.fields();
    fields["expires_in"] = json!(10);
    let short = text(&support.backend.post("/session/tickets", &fields).await.ok()["ticket"]);
    support.app.advance(Duration::from_secs(10));
    exchange(&support.app.anonymous(), &short).await.assert_error(401, "INVALID_TICKET");
    support.app.advance(Duration::from_secs(290));
    exchange(&support.app.anonymous(), &ticket).await.assert_error(401, "INVALID_TICKET");
    let operator = support.app.anonymous();
    for (user, status, code) in [(&support.agent_id, 401, "INVALID_TICKET"), (&support.user_id, 403, "USER_DISABLED")] {
        let ticket = support.ticket().await;
        support.app.run(&operator, DisableUser { user: user.parse().unwrap() }).await.unwrap();
        exchange(&support.app.anonymous(), &ticket).await.assert_error(status, code);
        support.app.run(&operator, EnableUser { user: user.parse().unwrap() }).await.unwrap();
    }
    let ticket = support.ticket().await;
    let other = PlatformClient::new(&support.app, "* users:impersonate").await;
    other.post_empty(&format!("/keys/{}/revoke", support.backend.id)).await.ok();
    exchange(&support.app.anonymous(), &ticket).await.assert_error(401, "INVALID_TICKET");
    assert_eq!(support.count_sign_ins(), 0);
    support.app.advance(Duration::from_hours(2));
    vestibule_core::cleanup::delete_expired(&support.app.inner.service).await.unwrap();
    assert_eq!(support.app.count("SELECT COUNT(*) FROM session_tickets"), 0);
}

#[tokio::test]
async fn only_a_get_of_this_site_spends_a_ticket() {
    let support = Support::start().await;
    let ticket = support.ticket().await;
    let path = format!("/session/ticket/exchange?ticket={ticket}");
    let browser = support.app.anonymous();
    let head = browser.send(Method::HEAD, &path, None, Body::empty()).await;
    assert_eq!(head.status, 404);
    for (name, value) in [("origin", "https://evil.test"), ("sec-fetch-site", "cross-site")] {
        let mut other = support.app.anonymous();
        other.headers.insert(name, HeaderValue::from_static(value));
        other.get(&path).await.assert_error(403, "CROSS_SITE_REQUEST");
    }
    exchange(&browser, &ticket).await.ok();
}

#[tokio::test]
async fn the_sign_in_lasts_twenty_minutes_and_use_does_not_renew_it() {
    let support = Support::start().await;
    let browser = support.impersonate().await;
    for _ in 0..19 {
        support.app.advance(MINUTE);
        browser.get("/me").await.ok();
        browser.post("/me", &[("first_name", "Ada")]).await.ok();
    }
    support.app.advance(Duration::from_secs(50));
    let now = support.app.inner.service.now().as_microseconds() / 1_000_000;
    let claims = claims(&support.app, &browser).await;
    assert_eq!(claims["exp"].as_i64().unwrap(), now + 10, "a token ends with the sign-in");
    support.app.advance(Duration::from_secs(10));
    browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
    browser.get("/session/token").await.assert_error(401, "UNAUTHORIZED");
    let session = browser.get("/session").await.ok();
    assert_eq!((&session["active_signin"], &session["signins"]), (&Value::Null, &json!([])));
}

#[tokio::test]
async fn the_session_token_names_the_actor() {
    let support = Support::start().await;
    let browser = support.impersonate().await;
    let found = claims(&support.app, &browser).await;
    assert_eq!((&found["sub"], &found["act"]), (&json!(support.user_id), &json!({"sub": support.agent_id})));
    let proofs = ["amr", "acr", "auth_time"];
    assert!(proofs.iter().all(|name| found.get(*name).is_none()), "the user has proved nothing: {found}");
    assert_eq!(claims(&support.app, &support.user).await.get("act"), None);
}

/// The calls that are refused to an impersonator. Every other call has the outcome that it has for the user.
const REFUSED: &[(&str, &str)] = &[
    ("POST", "/auth/signup"),
    ("POST", "/auth/signin"),
    ("POST", "/auth/prepare-verification"),
    ("POST", "/auth/attempt-verification"),
    ("POST", "/auth/forgot-password"),
    ("POST", "/auth/passkey/login/begin"),
    ("POST", "/auth/oauth2/init"),
    ("POST", "/auth/complete-profile"),
    ("POST", "/auth/sso/login"),
    ("POST", "/me/email-addresses"),
    ("POST", "/me/email-addresses/{id}/delete"),
    ("DELETE", "/me/email-addresses/{id}"),
    ("POST", "/me/email-addresses/{id}/make-primary"),
    ("POST", "/me/email-addresses/{id}/attempt-verification"),
    ("POST", "/me/signins/{id}/signout"),
    ("PATCH", "/me/signins/{id}/signout"),
    ("POST", "/me/update-password"),
    ("POST", "/me/reauthenticate"),
    ("POST", "/me/reauthenticate/passkey/begin"),
    ("POST", "/me/authenticator"),
    ("POST", "/me/authenticator/attempt-verification"),
    ("POST", "/me/authenticator/{id}/delete"),
    ("DELETE", "/me/authenticator/{id}"),
    ("POST", "/me/backup-codes"),
    ("POST", "/me/backup-codes/regenerate"),
    ("GET", "/me/passkeys"),
    ("POST", "/me/passkeys/register/begin"),
    ("POST", "/me/passkeys/{id}/delete"),
    ("DELETE", "/me/passkeys/{id}"),
    ("PATCH", "/me/passkeys/{id}"),
    ("POST", "/me/init-sso-connection"),
    ("POST", "/me/social-connections/{id}/disconnect"),
    ("POST", "/me/social-connections/pending/{attemptId}/connect"),
    ("POST", "/me/remove-password"),
    ("POST", "/me/account/delete"),
    ("GET", "/me/audit-log"),
    ("POST", "/organizations/{id}/delete"),
    ("DELETE", "/organizations/{id}"),
    ("GET", "/organizations/{id}/enterprise-connections"),
    ("POST", "/organizations/{id}/enterprise-connections"),
    ("POST", "/organizations/{id}/enterprise-connections/test"),
    ("GET", "/organizations/{id}/enterprise-connections/{connectionId}"),
    ("POST", "/organizations/{id}/enterprise-connections/{connectionId}/update"),
    ("POST", "/organizations/{id}/enterprise-connections/{connectionId}/delete"),
    ("POST", "/organizations/{id}/enterprise-connections/{connectionId}/test"),
    ("POST", "/organizations/{id}/enterprise-connections/{connectionId}/require"),
    ("POST", "/organizations/{id}/enterprise-connections/{connectionId}/test-sign-in"),
    ("GET", "/organizations/{id}/enterprise-connections/{connectionId}/sign-ins"),
    ("POST", "/organizations/{id}/webhooks"),
    ("POST", "/organizations/{id}/webhooks/{endpointId}/update"),
    ("POST", "/organizations/{id}/webhooks/{endpointId}/rotate"),
    ("POST", "/organizations/{id}/webhooks/{endpointId}/test"),
    ("POST", "/organizations/{id}/webhooks/{endpointId}/replay"),
    ("POST", "/organizations/{id}/webhooks/{endpointId}/delete"),
    ("POST", "/organizations/{id}/webhooks/{endpointId}/deliveries/{deliveryId}/replay"),
    ("POST", "/organizations/{id}/webhooks/{endpointId}/deliveries/{deliveryId}/cancel"),
    ("GET", "/organizations/{id}/setup-links"),
    ("POST", "/organizations/{id}/setup-links"),
    ("POST", "/organizations/{id}/setup-links/{linkId}/revoke"),
    ("POST", "/organizations/{id}/handover"),
    ("POST", "/organizations/{id}/handover/accept"),
    ("POST", "/organizations/{id}/handover/decline"),
    ("POST", "/organizations/{id}/leave"),
    ("DELETE", "/organizations/{id}/leave"),
    ("POST", "/organizations/{id}/join"),
    ("POST", "/organizations/invitations/accept"),
    ("POST", "/organizations/invitations/decline"),
    ("POST", "/workspaces/{id}/delete"),
    ("DELETE", "/workspaces/{id}"),
    ("POST", "/workspaces/{id}/leave"),
];

/// Calls of [`REFUSED`] that stop before that with the fields of the access table: the token or the address in them is
/// not one, or the server has no passkeys.
const OTHERWISE_INVALID: &[(&str, &str)] = &[
    ("GET", "/session/ticket/exchange"),
    ("POST", "/auth/reset-password"),
    ("GET", "/auth/verify-magic-link"),
    ("POST", "/auth/passkey/login/finish"),
    ("GET", "/auth/oauth2/callback"),
    ("GET", "/auth/sso/oidc/callback"),
    ("POST", "/me/sso-connection-callback"),
    ("POST", "/me/passkeys/register/finish"),
    ("POST", "/me/email-addresses/{id}/prepare-verification"),
];

#[tokio::test]
async fn every_call_is_allowed_or_refused_as_listed() {
    let setup = setup().await;
    let Setup { app, owner, .. } = &setup;
    let agent = app.create_user("nora@example.com").await;
    let backend = PlatformClient::new(app, "users:impersonate").await;
    let fields = json!({"ticket_type": "impersonation", "user_id": id(owner).await, "actor_id": id(&agent).await});
    let mut failures = Vec::new();
    for row in TABLE {
        let (method, path) = (row.0, row.1.split('?').next().unwrap());
        let ticket = text(&backend.post("/session/tickets", &fields).await.ok()["ticket"]);
        let browser = app.anonymous();
        exchange(&browser, &ticket).await.ok();
        let response = setup.call_as(&browser, row).await;
        let found = response.body["errors"][0]["code"].as_str().unwrap_or_default().to_owned();
        let is_refused = (response.status, found.as_str()) == (403, NOT_ALLOWED);
        if is_refused != REFUSED.contains(&(method, path)) && !OTHERWISE_INVALID.contains(&(method, path)) {
            failures.push(format!("{method} {path}: {} {found}", response.status));
        }
        if !is_refused && !OTHERWISE_INVALID.contains(&(method, path)) && row.3[6] == "200" && response.status != 200 {
            failures.push(format!("{method} {path}: {} {found} instead of 200", response.status));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    let known: BTreeSet<_> = TABLE.iter().map(|row| (row.0, row.1.split('?').next().unwrap())).collect();
    assert!(REFUSED.iter().all(|call| known.contains(call)), "REFUSED has a call that is none");
}

#[tokio::test]
async fn cannot_change_what_opens_the_account() {
    let support = Support::start().await;
    support.app.verify_all_addresses();
    let user = &support.user;
    user.reauthenticate().await;
    user.post("/me", &[("username", "ada")]).await.ok();
    let added = text(&user.post("/me/email-addresses", &[("email", "ada2@example.com")]).await.ok()["id"]);
    let own = text(&user.get("/session").await.ok()["active_signin_id"]);
    let browser = support.impersonate().await;
    let wrong = "000000";
    let primary = text(&user.get("/me").await.ok()["primary_email_address_id"]);
    for (path, fields) in [
        ("/me/update-password", vec![("current_password", PASSWORD), ("new_password", "open-sesame-43")]),
        ("/me/remove-password", vec![("current_password", PASSWORD)]),
        ("/me/reauthenticate", vec![("password", PASSWORD)]),
        ("/me/reauthenticate", vec![("strategy", "email_otp")]),
        ("/me/reauthenticate", vec![("code", wrong)]),
        ("/me/reauthenticate", vec![("strategy", "authenticator"), ("code", wrong)]),
        ("/me/authenticator", vec![]),
        ("/me/authenticator/attempt-verification", vec![("authenticator_id", "1"), ("codes", "000000,000001")]),
        ("/me/backup-codes", vec![]),
        ("/me/passkeys/register/begin", vec![]),
        ("/me", vec![("second_factor_policy", "optional")]),
        ("/me/account/delete", vec![("password", PASSWORD)]),
        ("/me/account/delete", vec![]),
        ("/me", vec![("username", "eve")]),
        ("/me", vec![("username", "ADA")]),
        ("/me", vec![("username", "")]),
        ("/me", vec![("primary_email_address_id", added.as_str())]),
        ("/me", vec![("first_name", "Eve"), ("primary_email_address_id", primary.as_str())]),
        ("/me/email-addresses", vec![("email", "eve@example.com")]),
        (&format!("/me/email-addresses/{added}/prepare-verification"), vec![]),
        (&format!("/me/email-addresses/{added}/attempt-verification"), vec![("verification_code", wrong)]),
        (&format!("/me/email-addresses/{added}/make-primary"), vec![]),
        (&format!("/me/email-addresses/{added}/delete"), vec![]),
        (&format!("/me/signins/{own}/signout"), vec![]),
        ("/auth/signin", vec![("email", "nora@example.com"), ("password", PASSWORD)]),
        ("/auth/signin", vec![("email", "nora@example.com"), ("strategy", "email_otp")]),
        ("/auth/signup", vec![("email", "eve@example.com"), ("password", PASSWORD)]),
        ("/auth/forgot-password", vec![("email", "ada@example.com")]),
    ] {
        let before = support.app.row_counts();
        let mails = support.app.mails().len();
        browser.post(path, &fields).await.assert_error(403, NOT_ALLOWED);
        assert_eq!(support.app.row_counts(), before, "{path} {fields:?}");
        assert_eq!(support.app.mails().len(), mails, "{path} {fields:?}");
    }
    browser.post("/me", &[("first_name", "Augusta")]).await.ok();
    let me = user.get("/me").await.ok();
    assert_eq!((&me["username"], &me["first_name"]), (&json!("ada"), &json!("Augusta")));
}

/// The browser of a person of support has an own sign-in beside the impersonated one.
#[tokio::test]
async fn an_own_sign_in_of_the_browser_gains_nothing_of_the_user() {
    let support = Support::start().await;
    let (owner, organization) = support.app.create_organization("olga@example.com").await;
    let invitations = format!("/organizations/{organization}/invitations");
    owner.post(&invitations, &[("email", "ada@example.com")]).await.ok();
    let token = support.app.mailed_token("ada@example.com");
    let agent = &support.agent;
    let own = text(&agent.get("/session").await.ok()["active_signin_id"]);
    let expires_at = agent.get("/session").await.ok()["active_signin"]["expires_at"].clone();
    exchange(agent, &support.ticket().await).await.ok();
    exchange(agent, &support.ticket().await).await.assert_error(403, NOT_ALLOWED);
    agent.post("/organizations/invitations/accept", &[("token", &token)]).await.assert_error(403, NOT_ALLOWED);
    let switched = agent.post(&format!("/session/switch-sign-in?sign_in_id={own}"), &[]).await.ok();
    assert_eq!(switched["active_signin"]["user_id"], json!(support.agent_id));
    assert_eq!(switched["active_signin"]["expires_at"], expires_at);
    let outcome = agent.post("/organizations/invitations/accept", &[("token", &token)]).await;
    assert!(outcome.text.contains("INVITATION_"), "{}", outcome.text);
    assert_eq!(support.app.count("SELECT COUNT(*) FROM organization_memberships"), 1, "nobody has joined");
    exchange(agent, &support.ticket().await).await.assert_error(400, "USER_ALREADY_SIGNED_IN");
    support.app.advance(MINUTE * 20);
    let session = agent.get("/session").await.ok();
    assert_eq!(session["signins"].as_array().unwrap().len(), 1, "only the own sign-in is left");
    assert_eq!(id(agent).await, support.agent_id);
}

#[tokio::test]
async fn the_default_organization_of_the_user_stays() {
    let support = Support::start().await;
    let mut organizations = Vec::new();
    for name in ["First", "Second"] {
        let created = support.user.post("/organizations", &[("name", name)]).await.ok();
        organizations.push(text(&created["organization"]["id"]));
    }
    let switch = |organization: &str| format!("/session/switch-organization?organization_id={organization}");
    support.user.post(&switch(&organizations[0]), &[]).await.ok();
    let browser = support.impersonate().await;
    browser.post(&switch(&organizations[1]), &[]).await.ok();
    assert_eq!(claims(&support.app, &browser).await["organization"], json!(organizations[1]));
    let later = support.app.anonymous();
    later.post("/auth/signin", &[("email", "ada@example.com"), ("password", PASSWORD)]).await.ok();
    assert_eq!(claims(&support.app, &later).await["organization"], json!(organizations[0]));
}

#[tokio::test]
async fn the_user_sees_the_sign_in_and_gets_a_notice() {
    let support = Support::start().await;
    support.app.verify_all_addresses();
    support.impersonate().await;
    let mail = support.app.mail("ada@example.com");
    assert_eq!(mail.subject, "Support signed in to your account on Vestibule");
    assert!(mail.text.contains("nora Test"), "{}", mail.text);
    let listed = support.user.get("/me/signins").await.ok();
    let marks: Vec<_> = listed.as_array().unwrap().iter().map(|sign_in| sign_in.get("impersonator_id")).collect();
    assert_eq!(marks, [Some(&json!(support.agent_id)), None]);
    // Clients that are generated from the document accept a sign-in without the field.
    let document = serde_json::to_value(vestibule_web::generate_openapi_document().unwrap()).unwrap();
    for schema in ["OwnSignIn", "SignIn"] {
        let own = &document["components"]["schemas"][schema]["allOf"][1];
        assert!(own["properties"]["impersonator_id"].is_object(), "{schema}");
        assert!(!own["required"].as_array().unwrap().contains(&json!("impersonator_id")), "{schema}");
    }
    support.user.get("/account").await.assert_page(200, ">Support</span>");
    // The link of the notice ends it.
    let token = support.app.notice_token("ada@example.com");
    support.app.anonymous().post("/security-notice", &[("token", &token)]).await;
    assert_eq!(support.count_sign_ins(), 0);
}

#[tokio::test]
async fn the_notice_can_be_turned_off() {
    let app = TestApp::with_settings(|settings| settings.sessions.notify_impersonation = false).await;
    let support = Support::on(app).await;
    support.app.verify_all_addresses();
    let before = support.app.mail_count("ada@example.com");
    support.impersonate().await;
    assert_eq!(support.app.mail_count("ada@example.com"), before);
}

#[tokio::test]
async fn ends_with_the_key_with_the_actor_or_when_the_user_ends_it() {
    let support = Support::start().await;
    let operator = support.app.anonymous();
    let agent = support.agent_id.parse().unwrap();

    let browser = support.impersonate().await;
    browser.get_and_check_cache("/session").await.ok();
    support.app.run(&operator, DisableUser { user: agent }).await.unwrap();
    browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
    browser.get_and_check_cache("/session").await.ok();
    support.app.run(&operator, EnableUser { user: agent }).await.unwrap();

    let browser = support.impersonate().await;
    support.user.reauthenticate().await;
    let sign_in = text(&browser.get("/session").await.ok()["active_signin_id"]);
    support.user.post(&format!("/me/signins/{sign_in}/signout"), &[]).await.ok();
    browser.get("/me").await.assert_error(401, "UNAUTHORIZED");

    let browser = support.impersonate().await;
    let sign_in = text(&browser.get("/session").await.ok()["active_signin_id"]);
    browser.post(&format!("/me/signins/{sign_in}/signout"), &[]).await.ok();
    browser.get("/me").await.assert_error(401, "UNAUTHORIZED");

    let browser = support.impersonate().await;
    let other = PlatformClient::new(&support.app, "* users:impersonate").await;
    other.post_empty(&format!("/keys/{}/revoke", support.backend.id)).await.ok();
    browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
    assert_eq!(support.count_sign_ins(), 0);
}

#[tokio::test]
async fn every_line_of_its_requests_names_the_impersonator() {
    let app = TestApp::with_settings(|settings| settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).await;
    let support = Support::on(app).await;
    let address = "192.0.2.77";
    let mut browser = support.app.anonymous();
    browser.headers.insert("x-forwarded-for", HeaderValue::from_static(address));
    exchange(&browser, &support.ticket().await).await.ok();
    let created = browser.post("/organizations", &[("name", "Acme")]).await.ok();
    let organization = text(&created["organization"]["id"]);
    let path = format!("/organizations/{organization}");
    browser.post(&format!("{path}/update"), &[("name", "Acme 2")]).await.ok();
    browser.get(&format!("{path}/invitations")).await.ok();
    browser.post("/me/account/delete", &[]).await.assert_error(403, NOT_ALLOWED);
    let events = security_events(address);
    let names: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    let expected = ["impersonation.started", "organization.created", "organization.updated", "impersonation.refused"];
    assert_eq!(names, expected);
    for event in &events {
        assert_eq!(event["impersonator_id"], json!(support.agent_id), "{event}");
        assert_eq!(event["user_id"], json!(support.user_id), "{event}");
        assert_eq!(event["span"]["impersonator_id"], json!(support.agent_id), "{event}");
    }
    assert_eq!(events[0]["api_key_id"], json!(support.backend.id));
    let cached = browser.get("/session").await;
    assert_eq!(cached.statements > 1, browser.get("/session").await.statements > 1, "it is never cached");
}

#[tokio::test]
async fn the_page_spends_the_ticket_when_its_button_is_pressed() {
    let support = Support::start().await;
    let ticket = support.ticket().await;
    let path = format!("/sign-in?ticket={ticket}");
    let browser = support.app.anonymous();
    for _ in 0..2 {
        let page = browser.get(&path).await.assert_page(200, "Sign in as ada Test");
        assert!(page.contains("nora Test (nora@example.com)") && page.contains("ada Test (ada@example.com)"), "{page}");
        assert!(!page.contains(&format!("ticket={ticket}")), "the page repeats its URL");
    }
    assert_eq!(support.count_sign_ins(), 0);
    browser.post("/sign-in/ticket", &[("ticket", &ticket)]).await.assert_redirect("/organizations");
    let banner = "nora Test, you are signed in as ada Test for support.";
    for page in ["/organizations", "/account", "/sign-in", "/sign-up", "/account/delete"] {
        let shown = browser.get(page).await;
        assert!(shown.text.contains(banner), "{page}: {}", shown.text);
    }
    browser
        .post("/account/profile", &[("first_name", "Eve"), ("last_name", "Test"), ("username", "eve")])
        .await
        .assert_page(403, "signed in as another person");
    browser
        .post("/account/profile", &[("first_name", "Ada"), ("last_name", "Test"), ("username", "")])
        .await
        .assert_redirect("/account");
    let sign_in = text(&browser.get("/session").await.ok()["active_signin_id"]);
    browser.post("/sign-out", &[("sign_in", &sign_in)]).await.assert_redirect("/sign-in");
    assert!(!browser.get("/sign-in").await.text.contains(banner));
    browser.get(&path).await.assert_page(401, "was used before or has expired");
    browser.post("/sign-in/ticket", &[("ticket", &ticket)]).await.assert_page(401, "was used before or has expired");
}

#[tokio::test]
async fn pages_are_translated_to_german() {
    let support = Support::start().await;
    let ticket = support.ticket().await;
    let mut browser = support.app.anonymous();
    browser.headers.insert("accept-language", HeaderValue::from_static("de"));
    browser.get(&format!("/sign-in?ticket={ticket}")).await.assert_page(200, "Als ada Test anmelden");
    support.user.post("/language", &[("language", "de")]).await;
    browser.post("/sign-in/ticket", &[("ticket", &ticket)]).await.assert_redirect("/organizations");
    browser.get("/account").await.assert_page(200, "nora Test, Sie sind für den Support als ada Test angemeldet.");
}

/// Where the support and the backend are is not for the user to see, nor for the admins of an organization.
#[tokio::test]
async fn the_audit_log_shows_the_impersonation_but_not_the_address_of_the_support() {
    let support = Support::start().await;
    support.impersonate().await;
    let entries = support.user.get("/me/audit-log").await.ok();
    for action in ["impersonation.ticket.created", "impersonation.started"] {
        let entry = entries.as_array().unwrap().iter().find(|entry| entry["action"] == action).unwrap();
        assert_eq!(entry["data"]["impersonator_id"], support.agent_id.as_str(), "{entry}");
        assert_eq!(entry["personal"], Value::Null, "{entry}");
    }
    let own = entries.as_array().unwrap().iter().find(|entry| entry["action"] == "session.created").unwrap();
    assert!(own["personal"]["client_address"].is_string(), "{own}");
}
