//! Organizations that demand single sign-on: it holds on every way in, and an admin has a way past it.

use serde_json::{Value, json};

use super::management::manager;
use super::{
    NINA, OLGA, Setup, add_domain, add_primary_address, create_connection, delete_address, nina_with, signed_in_as,
};
use crate::audit_log::sealed;
use crate::harness::factors::sign_in_with_code;
use crate::harness::identity_provider::{IdentityProvider, RETURN_TO, person};
use crate::harness::{HOUR, PASSWORD, TestApp, TestClient, TestResponse, create_workspace, text};
use crate::platform::PlatformClient;
use crate::session_tokens::claims;

/// Nina is a member with a password, before anything is demanded.
async fn setup() -> (Setup, TestClient) {
    let setup = Setup::start().await;
    let nina = setup.app.create_member(&setup.olga, &setup.organization, NINA, "").await;
    (setup, nina)
}

async fn sign_in(app: &TestApp, email: &str) -> TestClient {
    let client = app.anonymous();
    client.post("/auth/signin", &[("email", email), ("password", PASSWORD)]).await.ok();
    client
}

/// Asserts that the organization's data is refused, with the way in.
#[track_caller]
fn assert_demanded(setup: &Setup, response: TestResponse) {
    let envelope = response.assert_error(403, "SSO_REQUIRED");
    assert_eq!(envelope["data"], json!({"code": "sso_required", "connection_id": setup.connection}), "{envelope}");
}

async fn require(client: &TestClient, setup: &Setup, required: &str) -> TestResponse {
    client.post(&format!("{}/require", setup.one()), &[("required", required)]).await
}

#[tokio::test]
async fn demand_needs_an_admin_who_has_signed_in_through_it() {
    let (setup, nina) = setup().await;
    require(&nina, &setup, "true").await.assert_error(403, "FORBIDDEN");
    require(&setup.olga, &setup, "true").await.assert_error(400, "CONNECTION_NOT_TESTED");
    // A member is no admin.
    let (_, response) = setup.sign_in(&person("nina", NINA)).await;
    signed_in_as(response, NINA);
    require(&setup.olga, &setup, "true").await.assert_error(400, "CONNECTION_NOT_TESTED");
    assert_eq!(setup.show().await["admin_signed_in_at"], Value::Null);
    let olga = setup.sign_admin_in().await;
    assert_ne!(setup.show().await["admin_signed_in_at"], Value::Null);
    let shown = require(&olga, &setup, "true").await.ok();
    assert_eq!(shown["required"], true);
    // Another secret is another connection, which nobody has tried.
    setup.app.advance(HOUR);
    let changed = olga.post_json(&format!("{}/update", setup.one()), &json!({"oidc_client_secret": "another"})).await;
    assert_eq!(changed.ok()["admin_signed_in_at"], Value::Null);
}

#[tokio::test]
async fn demand_needs_a_domain() {
    let setup = Setup::start().await;
    let olga = setup.sign_admin_in().await;
    setup.update(&json!({"domain_ids": []})).await.ok();
    require(&olga, &setup, "true").await.assert_error(400, "CONNECTION_HAS_NO_DOMAIN");
}

#[tokio::test]
async fn demand_holds_for_sign_ins_that_are_there_and_for_every_new_one() {
    let (setup, nina) = setup().await;
    let workspace = create_workspace(&setup.olga, &setup.organization).await;
    setup.olga.post(&format!("/workspaces/{workspace}/members"), &[("email", NINA)]).await.ok();
    nina.get(&format!("{}/members", setup.path)).await.ok();
    let olga = setup.require().await;

    // The browser that was signed in before.
    assert_demanded(&setup, nina.get(&format!("{}/members", setup.path)).await);
    assert_demanded(&setup, nina.get(&format!("/workspaces/{workspace}/members")).await);
    // A password, and a switch of the organization.
    let by_password = sign_in(&setup.app, NINA).await;
    let switch = [("organization_id", setup.organization.as_str())];
    assert_demanded(&setup, by_password.get(&format!("{}/members", setup.path)).await);
    by_password.post("/session/switch-organization", &switch).await;
    assert_demanded(&setup, by_password.get(&format!("{}/members", setup.path)).await);
    // Tokens.
    let token = claims(&setup.app, &by_password).await;
    assert_eq!((&token["organization"], &token["permissions"]["organization"]), (&Value::Null, &json!([])));
    // What the person sees: that it is there, and what to do.
    let own = by_password.get("/me/organization-memberships").await.ok()[0].clone();
    assert_eq!(own["eligibility_restriction"]["type"], "sso_required");
    assert_eq!(own["roles"], json!([]));
    let session = by_password.get_and_check_cache("/session").await;
    assert!(!session.text.contains("organization:"), "{}", session.text);

    // By a mailed code, which proves the mailbox and not the directory.
    let by_code = setup.app.anonymous();
    let session = by_code.post("/auth/signin", &[("email", NINA), ("strategy", "email_otp")]).await.ok();
    let attempt = text(&session["signin_attempts"].as_array().and_then(|attempts| attempts.last()).unwrap()["id"]);
    let query = format!("attempt_identifier={attempt}&identifier_type=signin");
    by_code.post(&format!("/auth/prepare-verification?{query}"), &[]).await.ok();
    let code = setup.app.mailed_code(NINA);
    by_code.post(&format!("/auth/attempt-verification?{query}"), &[("verification_code", &code)]).await.ok();
    assert_demanded(&setup, by_code.get(&format!("{}/members", setup.path)).await);

    // Through the connection.
    let (by_sso, response) = setup.sign_in(&person("nina", NINA)).await;
    signed_in_as(response, NINA);
    by_sso.get(&format!("{}/members", setup.path)).await.ok();
    by_sso.get(&format!("/workspaces/{workspace}/members")).await.ok();
    assert_eq!(claims(&setup.app, &by_sso).await["organization"], setup.organization.as_str());
    assert_eq!(by_sso.get("/me/organization-memberships").await.ok()[0]["eligibility_restriction"]["type"], "none");

    // Until it is demanded no more.
    require(&olga, &setup, "false").await.ok();
    by_password.get(&format!("{}/members", setup.path)).await.ok();
    assert_demand_ended(&by_password).await;
}

#[tokio::test]
async fn signed_in_member_meets_the_demand_in_the_same_browser() {
    let (setup, nina) = setup().await;
    setup.require().await;
    assert_demanded(&setup, nina.get(&format!("{}/members", setup.path)).await);
    let before = nina.get("/session").await.ok()["active_signin"]["id"].clone();
    signed_in_as(nina.go_through_sso(&setup.connection, &setup.provider, &person("nina", NINA)).await, NINA);
    nina.get(&format!("{}/members", setup.path)).await.ok();
    let session = nina.get("/session").await.ok();
    assert_eq!(
        (&session["active_signin"]["id"], session["signins"].as_array().unwrap().len()),
        (&before, 1),
        "{session}"
    );
}

async fn assert_demand_ended(client: &TestClient) {
    let own = client.get("/me/organization-memberships").await.ok()[0].clone();
    assert_eq!(own["eligibility_restriction"]["type"], "none");
}

/// Neither by removing the address, nor by making another one the primary one.
#[tokio::test]
async fn nobody_leaves_the_demand_by_themselves() {
    let (setup, nina) = setup().await;
    setup.require().await;
    let (by_sso, response) = setup.sign_in(&person("nina", NINA)).await;
    signed_in_as(response, NINA);
    // The identity is no social connection that could be disconnected.
    let listed = by_sso.get("/me").await.ok()["social_connections"].as_array().cloned().unwrap_or_default();
    for connection in listed {
        let path = format!("/me/social-connections/{}/disconnect", text(&connection["id"]));
        assert_ne!(by_sso.post(&path, &[]).await.status, 200, "{connection}");
    }
    add_primary_address(&setup.app, &by_sso, "nina@home.example").await;
    delete_address(&by_sso, NINA).await.ok();
    assert_demanded(&setup, nina.get(&format!("{}/members", setup.path)).await);
}

/// Nor before they have ever signed in through the provider, when only the address says that they have to.
#[tokio::test]
async fn address_stays_until_its_owner_has_an_identity() {
    let (setup, nina) = setup().await;
    setup.require().await;
    add_primary_address(&setup.app, &nina, "nina@home.example").await;
    assert_demanded(&setup, delete_address(&nina, NINA).await);
    assert_demanded(&setup, nina.get(&format!("{}/members", setup.path)).await);
    let (by_sso, response) = setup.sign_in(&person("nina", NINA)).await;
    response.ok();
    delete_address(&by_sso, NINA).await.ok();
    assert_demanded(&setup, nina.get(&format!("{}/members", setup.path)).await);
    by_sso.get(&format!("{}/members", setup.path)).await.ok();
}

/// A list that names one domain twice does not hide that another one is missing.
#[tokio::test]
async fn domain_named_twice_does_not_lift_the_demand_for_another() {
    let setup = Setup::start().await;
    let second = add_domain(&setup.app, &setup.olga, &setup.path, "branch.example").await;
    setup.update(&json!({"domain_ids": [setup.domain, second]})).await.ok();
    manager(&setup).await;
    setup.require().await;
    let (by_sso, response) = setup.sign_in(&person("max", "max@acme.example")).await;
    response.ok();
    let twice = json!({"domain_ids": [second, second]});
    by_sso.post_json(&format!("{}/update", setup.one()), &twice).await.assert_error(403, "FORBIDDEN");
    let fields = json!({"domain_ids": [second, setup.domain]});
    by_sso.post_json(&format!("{}/update", setup.one()), &fields).await.ok();
}

/// People with other addresses, such as contractors, are not in the directory.
#[tokio::test]
async fn demand_is_for_the_domains_of_the_connection() {
    let setup = Setup::start().await;
    let guest = setup.app.create_member(&setup.olga, &setup.organization, "guest@other.example", "").await;
    setup.require().await;
    guest.get(&format!("{}/members", setup.path)).await.ok();
}

#[tokio::test]
async fn invitation_is_not_accepted_without_it() {
    let setup = Setup::start().await;
    let olga = setup.require().await;
    olga.post(&format!("{}/invitations", setup.path), &[("email", NINA)]).await.ok();
    let token = setup.app.mailed_token(NINA);
    let nina = setup.app.create_invited_user(NINA, &token).await;
    let refused = nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    assert_eq!(refused["error_code"], "SSO_REQUIRED", "{refused}");
    assert_eq!(setup.members(), [OLGA]);
    let (by_sso, response) = setup.sign_in(&person("nina", NINA)).await;
    signed_in_as(response, NINA);
    by_sso.get(&format!("{}/members", setup.path)).await.ok();
    assert_eq!(setup.members(), [NINA, OLGA]);
}

/// The provider is down, or the connection is misconfigured: an admin gets in with two factors of their own, and the
/// others learn of it.
#[tokio::test]
async fn admin_with_two_own_factors_gets_in_and_is_reported() {
    let (setup, nina) = setup().await;
    let authenticator = setup.olga.add_authenticator().await;
    let nina_s = nina.add_authenticator().await;
    let olga = setup.app.anonymous();
    let url = olga.begin_sso(&setup.connection).await;
    let session = olga.come_back(&setup.provider.approve(&url, &person("olga", OLGA))).await.ok()["session"].clone();
    assert_eq!(session["active_signin"], Value::Null, "the second factor is asked for");
    let attempt = olga.pending_attempt().await;
    let code = olga.code_of(&authenticator);
    olga.attempt_second_factor(&attempt, "authenticator", &code).await.ok();
    olga.wait_for_next_code();
    require(&olga, &setup, "true").await.ok();

    let before = setup.app.mail_count(OLGA);
    let by_password = sign_in_with_code(&setup.app, OLGA, &authenticator).await;
    by_password.get(&format!("{}/members", setup.path)).await.ok();
    assert!(setup.app.mail_count(OLGA) > before, "no mail");
    // One factor is not enough, and no member gets in this way.
    let member = sign_in_with_code(&setup.app, NINA, &nina_s).await;
    assert_demanded(&setup, member.get(&format!("{}/members", setup.path)).await);
    let events = sealed(&setup.app, &by_password, &setup.organization).await;
    let bypasses = events.iter().filter(|event| event["action"] == "organization.sso.bypassed").count();
    assert_eq!(bypasses, 1, "{events:?}");
    // They can switch it off.
    require(&by_password, &setup, "false").await.ok();
    member.get(&format!("{}/members", setup.path)).await.ok();
}

#[tokio::test]
async fn keys_of_backends_are_not_people() {
    let setup = Setup::start().await;
    setup.require().await;
    let backend = PlatformClient::new(&setup.app, "*").await;
    assert_eq!(backend.get(&format!("{}/members", setup.path)).await.page().len(), 1);
}

/// The multi-factor sign-in of the provider counts in this organization, where the admin says so.
#[tokio::test]
async fn factor_of_the_provider_counts_only_where_it_is_trusted() {
    let (setup, _) = setup().await;
    setup.olga.add_authenticator().await;
    setup.olga.post_json(&format!("{}/update", setup.path), &json!({"enforce_mfa": true})).await.ok();
    let members = format!("{}/members", setup.path);
    let strong = [
        json!({"amr": ["pwd", "mfa"]}),
        json!({"acr": "http://schemas.openid.net/pape/policies/2007/06/multi-factor"}),
    ];
    for claims in &strong {
        let (nina, response) = setup.sign_in(&nina_with(claims)).await;
        signed_in_as(response, NINA);
        nina.get(&members).await.assert_error(403, "MFA_REQUIRED");
    }
    setup.update(&json!({"trusts_mfa": true})).await.ok();
    for claims in &strong {
        let (nina, response) = setup.sign_in(&nina_with(claims)).await;
        signed_in_as(response, NINA);
        nina.get(&members).await.ok();
    }
    for claims in
        [json!({}), json!({"amr": ["pwd"]}), json!({"amr": "mfa"}), json!({"amr": [["mfa"]]}), json!({"acr": "1"})]
    {
        let (nina, response) = setup.sign_in(&nina_with(&claims)).await;
        signed_in_as(response, NINA);
        nina.get(&members).await.assert_error(403, "MFA_REQUIRED");
    }
}

/// Another organization's connection meets nobody's demand but its own.
#[tokio::test]
async fn connection_of_another_organization_does_not_meet_the_demand() {
    let (setup, nina) = setup().await;
    setup.require().await;
    let created = nina.post("/organizations", &[("name", "Other")]).await.ok();
    let other = format!("/organizations/{}", text(&created["organization"]["id"]));
    let provider = IdentityProvider::start().await;
    provider.attach(&setup.app);
    let domain = add_domain(&setup.app, &nina, &other, "home.example").await;
    let connection = create_connection(&nina, &other, &provider, &json!({"domain_ids": [domain]})).await;
    let update = format!("{other}/enterprise-connections/{connection}/update");
    nina.post_json(&update, &json!({"enabled": true})).await.ok();
    let refused = setup.app.anonymous().go_through_sso(&connection, &provider, &person("nina", NINA)).await;
    refused.assert_error(403, "SSO_ADDRESS_NOT_ALLOWED");
    let browser = setup.app.anonymous();
    signed_in_as(
        browser.go_through_sso(&connection, &provider, &person("n", "n@home.example")).await,
        "n@home.example",
    );
    browser.get(&format!("{}/members", setup.path)).await.assert_error(403, "FORBIDDEN");
}

/// Disabling and deleting ends what the connection has signed in, and the demand with it.
#[tokio::test]
async fn disabling_and_deleting_end_the_sign_ins() {
    for action in ["disable", "delete"] {
        let (setup, nina) = setup().await;
        let olga = setup.require().await;
        let (by_sso, response) = setup.sign_in(&person("nina", NINA)).await;
        signed_in_as(response, NINA);
        let waiting = setup.app.anonymous();
        let callback = setup.begin(&waiting, &person("nina", NINA)).await;
        if action == "disable" {
            olga.post_json(&format!("{}/update", setup.one()), &json!({"enabled": false})).await.ok();
        } else {
            olga.post(&format!("{}/delete", setup.one()), &[]).await.ok();
        }
        by_sso.get("/me").await.assert_error(401, "UNAUTHORIZED");
        let late = waiting.come_back(&callback).await;
        assert_eq!(late.status, 400, "{action}: {}", late.text);
        let code = late.body["errors"][0]["code"].as_str().unwrap();
        assert!(["INVALID_STATE", "CONNECTION_NOT_AVAILABLE"].contains(&code), "{action}: {}", late.text);
        nina.get(&format!("{}/members", setup.path)).await.ok();
        let begun = waiting.begin_sso_with(&setup.connection, RETURN_TO).await;
        assert!([400, 404].contains(&begun.status), "{action}: {}", begun.text);
    }
}
