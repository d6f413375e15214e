//! Organizations that require single sign-on: who is kept out on every way in, who gets in, and how admins who get in
//! without it are reported. The database is changed directly, so no identity provider takes part.

use serde_json::{Value, json};

use crate::access_table;
use crate::audit_log::sealed;
use crate::harness::factors::sign_in_with_code;
use crate::harness::{PASSWORD, SoftwareAuthenticator, TestApp, TestClient, allow_passkeys, create_workspace, text};
use crate::platform::PlatformClient;
use crate::session_tokens::claims;

const OLGA: &str = "olga@example.com";
const NINA: &str = "nina@example.com";
const LEA: &str = "lea@example.com";
/// The ids of the connection and of its domain `example.com`.
const CONNECTION: i64 = 1001;
const DOMAIN: i64 = 1002;

/// Olga is the admin and Nina a member, both with an address of the connection's domain. Kim is a member with another.
struct Setup {
    app: TestApp,
    olga: TestClient,
    nina: TestClient,
    kim: TestClient,
    organization: String,
    path: String,
}

impl Setup {
    async fn start() -> Self {
        Self::on(TestApp::start().await).await
    }

    async fn on(app: TestApp) -> Self {
        let (olga, organization) = app.create_organization(OLGA).await;
        let nina = app.create_member(&olga, &organization, NINA, "").await;
        let kim = app.create_member(&olga, &organization, "kim@elsewhere.example", "").await;
        app.verify_all_addresses();
        add_connection(&app, &organization);
        let path = format!("/organizations/{organization}");
        Self { app, olga, nina, kim, organization, path }
    }

    /// Like [`Self::start`], and single sign-on is required.
    async fn requiring() -> Self {
        let setup = Self::start().await;
        require(&setup.app, &setup.organization);
        setup
    }

    fn members(&self) -> String {
        format!("{}/members", self.path)
    }

    /// Makes the active sign-in of a client one through the organization's identity provider.
    async fn sign_in_through_provider(&self, client: &TestClient, proof: &str) {
        let sign_in = text(&client.get("/session").await.ok()["active_signin_id"]);
        let changed = self.app.execute(&format!(
            "UPDATE sign_ins SET connection_id = {CONNECTION}, sso_organization_id = {}, proofs = '{proof}'
              WHERE id = {sign_in}",
            self.organization
        ));
        assert_eq!(changed, 1);
    }
}

/// Adds an enabled connection with the verified domain `example.com`, which is not required.
fn add_connection(app: &TestApp, organization: &str) {
    for statement in [
        format!(
            "INSERT INTO domains (organization_id, id, domain, joining, verified_at, created_at, updated_at)
             VALUES ({organization}, {DOMAIN}, 'example.com', 'none', 0, 0, 0)"
        ),
        format!(
            "INSERT INTO enterprise_connections (id, organization_id, name, protocol, issuer, client_id, scopes, is_enabled,
                                                 jit_enabled, created_at, updated_at)
             VALUES ({CONNECTION}, {organization}, 'Acme', 'oidc', 'https://login.example', 'vestibule', 'openid', 1, 1, 0,
                     0)"
        ),
        format!(
            "INSERT INTO connection_domains (organization_id, domain_id, connection_id, created_at)
             VALUES ({organization}, {DOMAIN}, {CONNECTION}, 0)"
        ),
    ] {
        assert_eq!(app.execute(&statement), 1, "{statement}");
    }
}

fn require(app: &TestApp, organization: &str) {
    app.execute(&format!("UPDATE enterprise_connections SET is_required = 1 WHERE id = {CONNECTION}"));
    app.execute(&format!("UPDATE organizations SET requires_sso = 1 WHERE id = {organization}"));
}

#[track_caller]
fn assert_required(envelope: &Value) {
    let expected = json!({"code": "sso_required", "connection_id": CONNECTION.to_string()});
    assert_eq!(envelope["data"], expected, "{envelope}");
}

fn restriction(membership: &Value) -> &str {
    membership["eligibility_restriction"]["type"].as_str().unwrap()
}

/// The caller's membership in the only organization.
async fn own_membership(client: &TestClient) -> Value {
    client.get("/me/organization-memberships").await.ok()[0].clone()
}

#[tokio::test]
async fn members_of_the_domain_need_the_provider() {
    let setup = Setup::start().await;
    let Setup { app, nina, kim, path, .. } = &setup;
    nina.get(&setup.members()).await.ok();
    require(app, &setup.organization);

    assert_required(&nina.get(&setup.members()).await.assert_error(403, "SSO_REQUIRED"));
    nina.get(&format!("{path}/explain?action=invite")).await.assert_error(403, "SSO_REQUIRED");
    let own = own_membership(nina).await;
    assert_eq!(restriction(&own), "sso_required");
    assert!(text(&own["eligibility_restriction"]["message"]).contains("single sign-on"), "{own}");
    let organization = &own["organization"];
    assert_eq!((&organization["name"], &organization["member_count"]), (&json!("Acme"), &json!(0)));
    assert_eq!(own["roles"], json!([]));
    kim.get(&setup.members()).await.ok();
    assert_eq!(restriction(&own_membership(kim).await), "none");

    setup.sign_in_through_provider(nina, "enterprise_sso").await;
    nina.get(&setup.members()).await.ok();
    let own = own_membership(nina).await;
    assert_eq!((restriction(&own), &own["organization"]["member_count"]), ("none", &json!(3)));
    // Her other browsers are still kept out.
    let other = app.anonymous();
    other.post("/auth/signin", &[("email", NINA), ("password", PASSWORD)]).await.ok();
    assert_required(&other.get(&setup.members()).await.assert_error(403, "SSO_REQUIRED"));
}

/// The call of every route on an organization or a workspace is refused.
#[tokio::test]
async fn every_route_of_the_organization_needs_the_provider() {
    let setup = access_table::setup().await;
    setup.app.verify_all_addresses();
    add_connection(&setup.app, &setup.organization);
    require(&setup.app, &setup.organization);
    for kind in ["member", "workspace-member", "manager", "owner"] {
        let caller = setup.sign_in(kind).await;
        let before = setup.app.row_counts();
        for (path, outcome) in setup.outcomes(&caller).await {
            assert_eq!(outcome, "403 SSO_REQUIRED", "{path} for {kind}");
        }
        assert_eq!(setup.app.row_counts(), before, "{kind}");
    }
    let stranger = setup.sign_in("non-member").await;
    for (path, outcome) in setup.outcomes(&stranger).await {
        assert_eq!(outcome, "403 FORBIDDEN", "{path}");
    }
}

#[tokio::test]
async fn switches_tokens_and_sessions_need_the_provider() {
    let setup = Setup::start().await;
    let Setup { app, nina, organization, .. } = &setup;
    let switch = [("organization_id", organization.as_str())];
    nina.post("/session/switch-organization", &switch).await.ok();
    for _ in 0..2 {
        let session = nina.get_and_check_cache("/session").await.ok();
        assert_ne!(session["active_signin"]["active_organization_membership"]["roles"], json!([]), "{session}");
    }
    require(app, organization);
    for is_allowed in [false, true] {
        if is_allowed {
            setup.sign_in_through_provider(nina, "enterprise_sso").await;
        }
        for _ in 0..2 {
            let session = nina.get_and_check_cache("/session").await.ok();
            let roles = &session["active_signin"]["active_organization_membership"]["roles"];
            assert_eq!(roles != &json!([]), is_allowed, "{session}");
        }
        let token = claims(app, nina).await;
        let expected = if is_allowed { json!(organization) } else { Value::Null };
        assert_eq!(token["organization"], expected);
        let switched = nina.post("/session/switch-organization", &switch).await;
        if is_allowed {
            switched.ok();
        } else {
            assert_required(&switched.assert_error(403, "SSO_REQUIRED"));
        }
    }
}

#[tokio::test]
async fn workspaces_need_the_provider_of_their_organization() {
    let setup = Setup::start().await;
    let Setup { app, olga, organization, .. } = &setup;
    let workspace = create_workspace(olga, organization).await;
    let lea = app.create_workspace_member(olga, organization, &workspace, LEA).await;
    let (path, switch) = (format!("/workspaces/{workspace}"), [("workspace_id", workspace.as_str())]);
    lea.post("/session/switch-workspace", &switch).await.ok();
    require(app, organization);
    assert_required(&lea.get(&path).await.assert_error(403, "SSO_REQUIRED"));
    assert_required(&lea.post("/session/switch-workspace", &switch).await.assert_error(403, "SSO_REQUIRED"));
    let own = lea.get("/me/workspace-memberships").await.ok()[0].clone();
    assert_eq!(restriction(&own), "sso_required");
    assert_eq!((&own["roles"], &own["organization"]["member_count"]), (&json!([]), &json!(0)));
    let session = lea.get_and_check_cache("/session").await.ok();
    assert_eq!(session["active_signin"]["active_workspace_membership"]["roles"], json!([]));

    setup.sign_in_through_provider(&lea, "enterprise_sso").await;
    lea.get(&path).await.ok();
    lea.post("/session/switch-workspace", &switch).await.ok();
    assert_eq!(restriction(&lea.get("/me/workspace-memberships").await.ok()[0]), "none");
    assert_eq!(claims(app, &lea).await["workspace"], workspace.as_str());
}

/// Two factors are enough for an admin, and each of these sign-ins is reported once.
#[tokio::test]
async fn admins_break_the_glass_with_two_factors_of_their_own() {
    let setup = Setup::requiring().await;
    let Setup { app, olga, nina, organization, .. } = &setup;
    assert_required(&olga.get(&setup.members()).await.assert_error(403, "SSO_REQUIRED"));
    let bypasses = async |reader: &TestClient| {
        let entries = sealed(app, reader, organization).await;
        entries.iter().filter(|entry| entry["action"] == "organization.sso.bypassed").count()
    };
    let authenticator = olga.add_authenticator().await;
    olga.get(&setup.members()).await.ok();
    olga.get(&setup.members()).await.ok();
    assert_eq!(bypasses(olga).await, 1);
    olga.reauthenticate().await;
    assert_eq!(bypasses(olga).await, 1, "the sign-in had two factors before");

    app.drain().await;
    let mails = app.mail_count(OLGA);
    let browser = sign_in_with_code(app, OLGA, &authenticator).await;
    browser.get(&setup.members()).await.ok();
    assert_eq!(bypasses(&browser).await, 2);
    app.drain().await;
    assert_eq!(app.mail_count(OLGA), mails + 1);

    nina.add_authenticator().await;
    nina.get(&setup.members()).await.assert_error(403, "SSO_REQUIRED");
    assert_eq!(bypasses(olga).await, 2, "Nina is no admin");
}

#[tokio::test]
async fn second_factor_of_the_provider_counts_if_it_may() {
    let setup = Setup::requiring().await;
    let Setup { app, nina, organization, .. } = &setup;
    app.execute(&format!("UPDATE organizations SET enforce_mfa = 1, mfa_enforced_from = 0 WHERE id = {organization}"));
    nina.get(&setup.members()).await.assert_error(403, "SSO_REQUIRED");
    assert_eq!(restriction(&own_membership(nina).await), "sso_required", "it comes first");
    setup.sign_in_through_provider(nina, "enterprise_sso").await;
    nina.get(&setup.members()).await.assert_error(403, "MFA_REQUIRED");
    assert_eq!(restriction(&own_membership(nina).await), "mfa_required");
    setup.sign_in_through_provider(nina, "enterprise_sso_mfa").await;
    nina.get(&setup.members()).await.ok();
    assert_eq!(restriction(&own_membership(nina).await), "none");
    let stronger = "UPDATE organizations SET minimum_assurance = 'phishing_resistant'";
    app.execute(&format!("{stronger} WHERE id = {organization}"));
    nina.get(&setup.members()).await.assert_error(403, "MFA_REQUIRED");
}

/// An identity alone requires it too: otherwise a member could remove the address.
#[tokio::test]
async fn requirement_is_for_verified_addresses_and_identities_of_a_live_connection() {
    let setup = Setup::requiring().await;
    let Setup { app, nina, kim, .. } = &setup;
    nina.get(&setup.members()).await.assert_error(403, "SSO_REQUIRED");
    for (off, on) in [
        ("UPDATE email_addresses SET verified_at = NULL", "UPDATE email_addresses SET verified_at = 1"),
        ("UPDATE domains SET verified_at = NULL", "UPDATE domains SET verified_at = 1"),
        ("UPDATE enterprise_connections SET is_enabled = 0", "UPDATE enterprise_connections SET is_enabled = 1"),
        ("UPDATE enterprise_connections SET is_required = 0", "UPDATE enterprise_connections SET is_required = 1"),
    ] {
        app.execute(off);
        nina.get(&setup.members()).await.ok();
        app.execute(on);
        nina.get(&setup.members()).await.assert_error(403, "SSO_REQUIRED");
    }

    kim.get(&setup.members()).await.ok();
    let user = text(&kim.get("/me").await.ok()["id"]);
    app.execute(&format!(
        "INSERT INTO identities (id, user_id, provider, connection_id, issuer, subject, email, first_name, last_name,
                                 last_used_at, created_at, updated_at)
         VALUES (1003, {user}, 'oidc', {CONNECTION}, 'https://login.example', '7', '', '', '', 0, 0, 0)"
    ));
    assert_required(&kim.get(&setup.members()).await.assert_error(403, "SSO_REQUIRED"));
    assert_eq!(restriction(&own_membership(kim).await), "sso_required");
    setup.sign_in_through_provider(kim, "enterprise_sso").await;
    kim.get(&setup.members()).await.ok();
}

#[tokio::test]
async fn provider_of_another_organization_opens_nothing() {
    let setup = Setup::requiring().await;
    let Setup { app, nina, .. } = &setup;
    let (_, other) = app.create_organization("otto@other.example").await;
    setup.sign_in_through_provider(nina, "enterprise_sso").await;
    app.execute(&format!("UPDATE sign_ins SET sso_organization_id = {other} WHERE connection_id = {CONNECTION}"));
    assert_required(&nina.get(&setup.members()).await.assert_error(403, "SSO_REQUIRED"));
}

#[tokio::test]
async fn invitation_is_accepted_through_the_provider_only() {
    let setup = Setup::start().await;
    let Setup { app, olga, .. } = &setup;
    let invitations = format!("{}/invitations", setup.path);
    for email in [LEA, "max@elsewhere.example"] {
        olga.post(&invitations, &[("email", email)]).await.ok();
    }
    let (lea_token, max_token) = (app.mailed_token(LEA), app.mailed_token("max@elsewhere.example"));
    require(app, &setup.organization);
    let accept = async |client: &TestClient, token: &str| {
        client.post("/organizations/invitations/accept", &[("token", token)]).await.ok()
    };
    let members = "SELECT COUNT(*) FROM organization_memberships";
    let lea = app.create_invited_user(LEA, &lea_token).await;
    for _ in 0..2 {
        let refused = accept(&lea, &lea_token).await;
        assert_eq!(refused["error_code"], "SSO_REQUIRED", "{refused}");
        assert_eq!(refused["connection_id"], CONNECTION.to_string());
        assert_eq!(app.count(members), 3);
    }
    setup.sign_in_through_provider(&lea, "enterprise_sso").await;
    assert_eq!(accept(&lea, &lea_token).await["organization"]["id"], setup.organization.as_str());
    lea.get(&setup.members()).await.ok();

    let max = app.create_invited_user("max@elsewhere.example", &max_token).await;
    assert_eq!(accept(&max, &max_token).await["organization"]["id"], setup.organization.as_str());
    max.get(&setup.members()).await.ok();
}

/// The first factor was proved by the provider, and the user asks for a second one of their own.
#[tokio::test]
async fn second_factor_completes_a_sign_in_through_the_provider() {
    let setup = Setup::on(TestApp::with_settings(allow_passkeys).await).await;
    let Setup { app, nina, organization, .. } = &setup;
    let (authenticator, passkey) = (nina.add_authenticator().await, SoftwareAuthenticator::new(1));
    nina.add_passkey(&passkey).await;
    require(app, organization);
    let begin = async || {
        let browser = app.anonymous();
        browser.post("/auth/signin", &[("email", NINA), ("password", PASSWORD)]).await.ok();
        app.execute(&format!(
            "UPDATE pending_sign_ins SET strategy = 'enterprise_sso', provider = 'oidc', proved_by = 'enterprise_sso',
                    connection_id = {CONNECTION}, sso_organization_id = {organization}"
        ));
        let session = browser.get("/session").await.ok();
        let attempt = &session["signin_attempts"][0];
        assert_eq!((&attempt["method"], &attempt["sso_provider"]), (&json!("enterprise_sso"), &json!("oidc")));
        assert_eq!(attempt["completed"], false);
        browser
    };
    let by_code = begin().await;
    let attempt = by_code.pending_attempt().await;
    let code = by_code.code_of(&authenticator);
    by_code.attempt_second_factor(&attempt, "authenticator", &code).await.ok();
    by_code.get(&setup.members()).await.ok();

    let by_passkey = begin().await;
    by_passkey.sign_in_with_passkey(&passkey).await;
    by_passkey.get(&setup.members()).await.ok();

    let passkey_alone = app.anonymous();
    passkey_alone.sign_in_with_passkey(&passkey).await;
    assert_required(&passkey_alone.get(&setup.members()).await.assert_error(403, "SSO_REQUIRED"));
}

#[tokio::test]
async fn api_keys_and_impersonators_pass() {
    let setup = Setup::requiring().await;
    let Setup { app, nina, kim, .. } = &setup;
    let backend = PlatformClient::new(app, "*").await;
    assert_eq!(backend.get(&setup.members()).await.page().len(), 3);
    let id = async |client: &TestClient| text(&client.get("/me").await.ok()["id"]);
    let backend = PlatformClient::new(app, "users:impersonate").await;
    let fields = json!({"ticket_type": "impersonation", "user_id": id(nina).await, "actor_id": id(kim).await});
    let ticket = text(&backend.post("/session/tickets", &fields).await.ok()["ticket"]);
    let as_nina = app.anonymous();
    as_nina.get(&format!("/session/ticket/exchange?ticket={ticket}")).await.ok();
    as_nina.get(&setup.members()).await.ok();
    assert_eq!(restriction(&own_membership(&as_nina).await), "none");
    nina.get(&setup.members()).await.assert_error(403, "SSO_REQUIRED");
    app.drain().await;
}

#[tokio::test]
async fn sign_ins_end_with_their_connection() {
    let setup = Setup::requiring().await;
    let Setup { app, nina, .. } = &setup;
    setup.sign_in_through_provider(nina, "enterprise_sso").await;
    nina.get("/me").await.ok();
    app.execute(&format!("DELETE FROM enterprise_connections WHERE id = {CONNECTION}"));
    nina.get("/me").await.assert_error(401, "UNAUTHORIZED");
    setup.kim.get("/me").await.ok();
}
