//! Organizations and workspaces that require second factors: who is kept out and from when, what they still see, and who
//! can require it.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule_core::settings::Settings;

use crate::audit_log::sealed;
use crate::harness::factors::sign_in_with_code;
use crate::harness::{
    DAY, PASSWORD, SoftwareAuthenticator, TestApp, TestClient, allow_passkeys, create_workspace, text,
};
use crate::platform::PlatformClient;
use crate::session_tokens::claims;

const OLGA: &str = "olga@example.com";
const NINA: &str = "nina@example.com";

/// Olga is the admin and has an authenticator app. Nina is a member and has none.
pub(crate) struct Setup {
    pub(crate) app: TestApp,
    pub(crate) olga: TestClient,
    pub(crate) nina: TestClient,
    pub(crate) organization: String,
    pub(crate) path: String,
}

impl Setup {
    pub(crate) async fn start() -> Self {
        Self::on(TestApp::start().await).await
    }

    pub(crate) async fn with_passkeys() -> Self {
        Self::on(TestApp::with_settings(allow_passkeys).await).await
    }

    async fn on(app: TestApp) -> Self {
        let (olga, organization) = app.create_organization(OLGA).await;
        let nina = app.create_member(&olga, &organization, NINA, "").await;
        olga.add_authenticator().await;
        let path = format!("/organizations/{organization}");
        Self { app, olga, nina, organization, path }
    }

    pub(crate) async fn require(&self, body: Value) -> Value {
        self.olga.post_json(&format!("{}/update", self.path), &body).await.ok()
    }

    pub(crate) fn members(&self) -> String {
        format!("{}/members", self.path)
    }

    /// The time in so many days, as responses have it.
    pub(crate) fn in_days(&self, days: u32) -> Value {
        json!(self.app.inner.service.now().plus(DAY * days).to_string())
    }
}

/// The caller's membership in the only organization.
async fn own_membership(client: &TestClient) -> Value {
    client.get("/me/organization-memberships").await.ok()[0].clone()
}

fn restriction(membership: &Value) -> &str {
    membership["eligibility_restriction"]["type"].as_str().unwrap()
}

#[track_caller]
fn assert_required(envelope: &Value, minimum: &str, methods: &[&str]) {
    let expected = json!({"code": "mfa_required", "minimum_assurance": minimum, "methods": methods});
    assert_eq!(envelope["data"], expected, "{envelope}");
}

#[tokio::test]
async fn requirement_keeps_members_out_until_they_have_a_second_factor() {
    let setup = Setup::start().await;
    let Setup { app, nina, .. } = &setup;
    nina.get(&setup.members()).await.ok();
    // A second browser, which stays as it is.
    let other = app.anonymous();
    other.post("/auth/signin", &[("email", NINA), ("password", PASSWORD)]).await.ok();
    let changed = setup.require(json!({"enforce_mfa": true})).await;
    assert_eq!(changed["enforce_mfa"], true);
    assert_eq!(changed["minimum_assurance"], "two_factors");
    assert_eq!(changed["mfa_enforced_from"], setup.in_days(0));

    assert_required(&nina.get(&setup.members()).await.assert_error(403, "MFA_REQUIRED"), "two_factors", &[]);
    nina.get(&format!("{}/explain?action=invite", setup.path)).await.assert_error(403, "MFA_REQUIRED");
    let own = own_membership(nina).await;
    assert_eq!(restriction(&own), "mfa_required");
    assert!(text(&own["eligibility_restriction"]["message"]).contains("set one up"));
    let organization = &own["organization"];
    assert_eq!((&organization["name"], &organization["member_count"]), (&json!("Acme"), &json!(0)));
    assert_eq!((&organization["enforce_mfa"], &own["roles"]), (&json!(false), &json!([])));
    setup.olga.get(&setup.members()).await.ok();

    let authenticator = nina.add_authenticator().await;
    nina.get(&setup.members()).await.ok();
    let own = own_membership(nina).await;
    assert_eq!((restriction(&own), &own["organization"]["enforce_mfa"]), ("none", &json!(true)));
    sign_in_with_code(app, NINA, &authenticator).await.get(&setup.members()).await.ok();
    // The other browser has proved one factor only, and learns how to prove the second.
    let refused = other.get(&setup.members()).await.assert_error(403, "MFA_REQUIRED");
    assert_required(&refused, "two_factors", &["authenticator"]);

    setup.require(json!({"enforce_mfa": false})).await;
    other.get(&setup.members()).await.ok();
}

#[tokio::test]
async fn grace_period_ends_on_time_also_in_caches() {
    let setup = Setup::start().await;
    let Setup { app, olga, .. } = &setup;
    let admin = olga.admin_role(&setup.path).await;
    let kim = app.create_member(olga, &setup.organization, "kim@example.com", &admin).await;
    let changed = setup.require(json!({"enforce_mfa": true, "mfa_grace_days": 7})).await;
    let from = setup.in_days(7);
    assert_eq!(changed["mfa_enforced_from"], from);
    app.advance(DAY * 3);
    // The same again does not start it anew.
    let again = setup.require(json!({"enforce_mfa": true, "mfa_grace_days": 7, "name": "Acme"})).await;
    assert_eq!(again["mfa_enforced_from"], from);

    let invitations = format!("{}/invitations", setup.path);
    app.advance((DAY * 4).saturating_sub(Duration::from_secs(10)));
    for _ in 0..3 {
        kim.get_and_check_cache(&invitations).await.ok();
        let session = kim.get_and_check_cache("/session").await;
        assert!(session.text.contains("organization:admin"), "{}", session.text);
    }
    assert_eq!(restriction(&own_membership(&kim).await), "none");
    assert_eq!(claims(app, &kim).await["organization"], setup.organization.as_str());
    app.advance(Duration::from_secs(9));
    assert!(kim.get("/session").await.text.contains("organization:admin"));
    kim.get(&invitations).await.ok();

    app.advance(Duration::from_secs(1));
    kim.get(&invitations).await.assert_error(403, "MFA_REQUIRED");
    let session = kim.get_and_check_cache("/session").await;
    assert!(!session.text.contains("organization:admin"), "{}", session.text);
    assert_eq!(restriction(&own_membership(&kim).await), "mfa_required");
    let claims = claims(app, &kim).await;
    assert_eq!((&claims["organization"], &claims["permissions"]["organization"]), (&Value::Null, &json!([])));
    olga.get(&invitations).await.ok();
}

#[tokio::test]
async fn grace_period_can_end_early_and_starts_again_for_a_stronger_requirement() {
    let setup = Setup::with_passkeys().await;
    setup.require(json!({"enforce_mfa": true, "mfa_grace_days": 30})).await;
    setup.nina.get(&setup.members()).await.ok();
    let ended = setup.require(json!({"mfa_grace_days": 0})).await;
    assert_eq!(ended["mfa_enforced_from"], setup.in_days(0));
    setup.nina.get(&setup.members()).await.assert_error(403, "MFA_REQUIRED");
    setup.olga.add_passkey(&SoftwareAuthenticator::new(1)).await;
    let stronger = setup.require(json!({"minimum_assurance": "phishing_resistant", "mfa_grace_days": 14})).await;
    assert_eq!(stronger["minimum_assurance"], "phishing_resistant");
    assert_eq!(stronger["mfa_enforced_from"], setup.in_days(14));
    setup.nina.get(&setup.members()).await.ok();
}

#[tokio::test]
async fn requirement_needs_a_sign_in_that_meets_it() {
    let app = TestApp::start().await;
    let (ada, organization) = app.create_organization("ada@example.com").await;
    let update = format!("/organizations/{organization}/update");
    for body in [json!({"enforce_mfa": true}), json!({"enforce_mfa": true, "mfa_grace_days": 90, "name": "New"})] {
        let refused = ada.post_json(&update, &body).await.assert_error(403, "MFA_REQUIRED");
        assert_required(&refused, "two_factors", &[]);
    }
    let own = own_membership(&ada).await["organization"].clone();
    assert_eq!((&own["enforce_mfa"], &own["name"]), (&json!(false), &json!("Acme")));
    assert_eq!((&own["minimum_assurance"], &own["mfa_enforced_from"]), (&Value::Null, &Value::Null));

    ada.add_authenticator().await;
    let passkeys = json!({"enforce_mfa": true, "minimum_assurance": "phishing_resistant"});
    let refused = ada.post_json(&update, &passkeys).await.assert_error(403, "MFA_REQUIRED");
    // A code is not enough, so it is no method here.
    assert_required(&refused, "phishing_resistant", &[]);
    assert!(text(&refused["message"]).contains("passkey"), "{refused}");
    // Clients of an earlier version have another name for it.
    let changed = ada.post(&update, &[("enforce_mfa_setup", "true")]).await.ok();
    assert_eq!(changed["enforce_mfa"], true);
    let changed = ada.post(&update, &[("name", "Acme Ltd")]).await.ok();
    assert_eq!((&changed["enforce_mfa"], &changed["name"]), (&json!(true), &json!("Acme Ltd")));
}

#[tokio::test]
async fn passkeys_are_enough_where_codes_are_not() {
    let setup = Setup::with_passkeys().await;
    let backend = PlatformClient::new(&setup.app, "*").await;
    let body = json!({"enforce_mfa": true, "minimum_assurance": "phishing_resistant"});
    // A key has no second factor, and the requirement is not for it.
    let changed = backend.patch(&setup.path, &body).await.ok();
    assert_eq!((&changed["enforce_mfa"], &changed["minimum_assurance"]), (&json!(true), &json!("phishing_resistant")));
    assert!(backend.get(&setup.members()).await.page().len() == 2);
    let refused = setup.olga.get(&setup.members()).await.assert_error(403, "MFA_REQUIRED");
    assert_required(&refused, "phishing_resistant", &[]);
    assert!(text(&own_membership(&setup.olga).await["eligibility_restriction"]["message"]).contains("passkey"));
    setup.olga.add_passkey(&SoftwareAuthenticator::new(1)).await;
    setup.olga.get(&setup.members()).await.ok();
    backend.patch(&setup.path, &json!({"enforce_mfa": false})).await.ok();
    setup.nina.get(&setup.members()).await.ok();
}

#[tokio::test]
async fn impersonator_passes_and_cannot_require_it() {
    let setup = Setup::start().await;
    let Setup { app, olga, nina, .. } = &setup;
    let nora = app.create_user("nora@example.com").await;
    let id = async |client: &TestClient| text(&client.get("/me").await.ok()["id"]);
    let backend = PlatformClient::new(app, "users:impersonate").await;
    let impersonate = async |user: &TestClient| {
        let fields = json!({"ticket_type": "impersonation", "user_id": id(user).await, "actor_id": id(&nora).await});
        let ticket = text(&backend.post("/session/tickets", &fields).await.ok()["ticket"]);
        let browser = app.anonymous();
        browser.get(&format!("/session/ticket/exchange?ticket={ticket}")).await.ok();
        app.drain().await;
        browser
    };
    let as_olga = impersonate(olga).await;
    let update = format!("{}/update", setup.path);
    as_olga.post_json(&update, &json!({"enforce_mfa": true})).await.assert_error(403, "MFA_REQUIRED");
    setup.require(json!({"enforce_mfa": true})).await;
    // What is required already can be sent back with other settings.
    as_olga.post_json(&update, &json!({"enforce_mfa": true, "description": "Rockets"})).await.ok();
    let as_nina = impersonate(nina).await;
    for browser in [&as_olga, &as_nina] {
        browser.get(&setup.members()).await.ok();
        assert_eq!(restriction(&own_membership(browser).await), "none");
    }
    nina.get(&setup.members()).await.assert_error(403, "MFA_REQUIRED");
}

#[tokio::test]
async fn workspace_requires_it_of_its_own_members() {
    let setup = Setup::start().await;
    let Setup { app, olga, .. } = &setup;
    let fields = [("organization_id", setup.organization.as_str()), ("name", "Lab")];
    let workspace = text(&olga.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let kim = app.create_workspace_member(olga, &setup.organization, &workspace, "kim@example.com").await;
    let path = format!("/workspaces/{workspace}");
    let switch = [("workspace_id", workspace.as_str())];
    kim.post("/session/switch-workspace", &switch).await.ok();
    let changed = olga.post_json(&format!("{path}/update"), &json!({"enforce_mfa": true, "mfa_grace_days": 1})).await;
    let changed = changed.ok()["workspace"].clone();
    assert_eq!((&changed["enforce_mfa"], &changed["enforce_2fa"]), (&json!(true), &json!(true)));
    assert_eq!(changed["mfa_enforced_from"], setup.in_days(1));
    app.advance(DAY.saturating_sub(Duration::from_secs(5)));
    kim.get(&path).await.ok();
    for _ in 0..3 {
        let session = kim.get_and_check_cache("/session").await.ok();
        let membership = &session["active_signin"]["active_workspace_membership"];
        assert_eq!(membership["roles"].as_array().unwrap().len(), 1, "{session}");
    }

    app.advance(Duration::from_secs(5));
    kim.get(&path).await.assert_error(403, "MFA_REQUIRED");
    kim.get(&setup.members()).await.ok();
    let session = kim.get_and_check_cache("/session").await.ok();
    let active = &session["active_signin"];
    assert_eq!(active["active_workspace_membership"]["roles"], json!([]));
    assert_eq!(active["active_organization_membership"]["roles"].as_array().unwrap().len(), 1);
    let own = kim.get("/me/workspace-memberships").await.ok()[0].clone();
    assert_eq!(restriction(&own), "mfa_required");
    assert_eq!((&own["workspace"]["name"], &own["workspace"]["member_count"]), (&json!("Lab"), &json!(0)));
    assert_eq!(own["organization"]["member_count"], 3);
    kim.post("/session/switch-workspace", &switch).await.assert_error(403, "MFA_REQUIRED");
    let token = claims(app, &kim).await;
    assert_eq!((&token["organization"], &token["workspace"]), (&json!(setup.organization), &Value::Null));

    kim.add_authenticator().await;
    kim.get(&path).await.ok();
    kim.post("/session/switch-workspace", &switch).await.ok();
    // Kim cannot require more than the own sign-in has, and a backend can.
    let backend = PlatformClient::new(app, "workspaces:write").await;
    let body = json!({"enforce_2fa": true, "minimum_assurance": "phishing_resistant"});
    olga.post_json(&format!("{path}/update"), &body).await.assert_error(403, "MFA_REQUIRED");
    backend.patch(&path, &body).await.ok();
    kim.get(&path).await.assert_error(403, "MFA_REQUIRED");
}

#[tokio::test]
async fn restricted_member_sees_both_reasons_and_cannot_switch() {
    let trust_proxy = |settings: &mut Settings| settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let setup = Setup::on(TestApp::with_settings(trust_proxy).await).await;
    let nina = &setup.nina;
    let switch = [("organization_id", setup.organization.as_str())];
    nina.post("/session/switch-organization", &switch).await.ok();
    let body = json!({"enforce_mfa": true, "whitelisted_ips": ["127.0.0.1"], "enable_ip_restriction": true});
    setup.require(body).await;
    let outside = nina.with_client_address("198.51.100.1");
    let own = own_membership(&outside).await;
    assert_eq!(restriction(&own), "ip_and_mfa_required");
    assert!(text(&own["eligibility_restriction"]["message"]).contains("second factor"));
    outside.get(&setup.members()).await.assert_error(403, "ADDRESS_NOT_ALLOWED");
    assert_eq!(restriction(&own_membership(nina).await), "mfa_required");
    nina.post("/session/switch-organization", &switch).await.assert_error(403, "MFA_REQUIRED");
    assert_eq!(claims(&setup.app, nina).await["organization"], Value::Null);
    nina.add_authenticator().await;
    let outside = nina.with_client_address("198.51.100.1");
    assert_eq!(restriction(&own_membership(&outside).await), "ip_not_allowed");
    nina.post("/session/switch-organization", &switch).await.ok();
    assert_eq!(claims(&setup.app, nina).await["organization"], setup.organization.as_str());
}

#[tokio::test]
async fn invitation_says_what_is_required_and_can_be_accepted_without() {
    let setup = Setup::with_passkeys().await;
    let Setup { app, olga, .. } = &setup;
    let workspace = create_workspace(olga, &setup.organization).await;
    olga.add_passkey(&SoftwareAuthenticator::new(1)).await;
    let body = json!({"enforce_2fa": true, "minimum_assurance": "phishing_resistant", "mfa_grace_days": 9});
    olga.post_json(&format!("/workspaces/{workspace}/update"), &body).await.ok();
    let invitations = format!("{}/invitations", setup.path);
    let invite = async |email: &str, workspace: &str| {
        olga.post(&invitations, &[("email", email), ("workspace_id", workspace)]).await.ok();
        app.mailed_token(email)
    };
    let validate =
        async |token: &str| app.anonymous().get(&format!("/deployment/invitations/validate?token={token}")).await.ok();
    let kim = invite("kim@example.com", "").await;
    let preview = validate(&kim).await;
    assert_eq!((&preview["enforce_mfa"], &preview["minimum_assurance"]), (&json!(false), &Value::Null));
    let lea = invite("lea@example.com", &workspace).await;
    let preview = validate(&lea).await;
    assert_eq!((&preview["enforce_mfa"], &preview["minimum_assurance"]), (&json!(true), &json!("phishing_resistant")));
    assert_eq!(preview["mfa_enforced_from"], setup.in_days(9));
    setup.require(json!({"enforce_mfa": true})).await;
    let preview = validate(&kim).await;
    assert_eq!((&preview["enforce_mfa"], &preview["minimum_assurance"]), (&json!(true), &json!("two_factors")));
    // What is in force: the workspace does not require its passkey yet.
    let preview = validate(&lea).await;
    assert_eq!(preview["minimum_assurance"], "two_factors");
    assert_eq!(preview["mfa_enforced_from"], setup.in_days(0));

    let kim_client = app.create_invited_user("kim@example.com", &kim).await;
    let joined = kim_client.post("/organizations/invitations/accept", &[("token", &kim)]).await.ok();
    assert_eq!(joined["organization"], json!({"id": setup.organization, "name": "Acme"}));
    kim_client.get(&setup.members()).await.assert_error(403, "MFA_REQUIRED");
    let own = own_membership(&kim_client).await;
    assert_eq!((restriction(&own), &own["roles"]), ("mfa_required", &json!([])));
    let session = kim_client.get_and_check_cache("/session").await;
    assert!(!session.text.contains("organization:member"), "{}", session.text);
    kim_client.add_authenticator().await;
    kim_client.get(&setup.members()).await.ok();
}

#[tokio::test]
async fn change_is_in_the_audit_log() {
    let setup = Setup::start().await;
    setup.require(json!({"enforce_mfa": true, "mfa_grace_days": 7})).await;
    let entries = sealed(&setup.app, &setup.olga, &setup.organization).await;
    let (before, after) = (&entries.last().unwrap()["data"]["before"], &entries.last().unwrap()["data"]["after"]);
    assert_eq!(before, &json!({"enforce_mfa": false, "mfa_enforced_from": ""}));
    assert_eq!(after, &json!({"enforce_mfa": true, "mfa_enforced_from": setup.in_days(7)}));
}

#[tokio::test]
async fn restoring_needs_what_the_organization_requires() {
    let setup = Setup::start().await;
    let Setup { app, olga, .. } = &setup;
    let admin = olga.admin_role(&setup.path).await;
    let kim = app.create_member(olga, &setup.organization, "kim@example.com", &admin).await;
    setup.require(json!({"enforce_mfa": true})).await;
    olga.post(&format!("{}/delete", setup.path), &[]).await.ok();
    let restore = format!("{}/restore", setup.path);
    kim.post(&restore, &[]).await.assert_error(403, "MFA_REQUIRED");
    olga.post(&restore, &[]).await.ok();
}
