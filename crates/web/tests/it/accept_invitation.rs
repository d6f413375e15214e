//! `POST /organizations/invitations/accept`: every outcome, and what must not happen.

use axum::http::Method;
use serde_json::{Value, json};

use crate::harness::{DAY, PASSWORD, START_TIME, TestApp, TestClient, text};

const ACCEPT: &str = "/organizations/invitations/accept";
const INVITEE: &str = "nina@example.com";

struct Setup {
    app: TestApp,
    owner: TestClient,
    organization: String,
    /// The token that the owner sees. It does not verify the invitee's address.
    bare_token: String,
    /// The token in the mail. It verifies the invitee's address.
    mailed_token: String,
    invitation: String,
}

async fn setup() -> Setup {
    setup_with(&[]).await
}

async fn setup_with(more: &[(&str, &str)]) -> Setup {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let fields: Vec<_> = [("email", INVITEE)].into_iter().chain(more.iter().copied()).collect();
    let invitation = owner.post(&format!("/organizations/{organization}/invitations"), &fields).await.ok();
    let mailed_token = app.mailed_token(INVITEE);
    Setup {
        bare_token: text(&invitation["token"]),
        invitation: text(&invitation["id"]),
        app,
        owner,
        organization,
        mailed_token,
    }
}

async fn accept(client: &TestClient, token: &str) -> Value {
    client.post(ACCEPT, &[("token", token)]).await.ok()
}

#[track_caller]
fn assert_refusal(data: &Value, code: &str) {
    assert_eq!(data["error_code"], code, "{data}");
    assert_eq!(data["invited_email"], INVITEE);
    assert_eq!(data.get("organization"), None, "clients take an organization for success");
    assert!(!data["message"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn rejects_unknown_token() {
    let setup = setup().await;
    let nina = setup.app.create_user("other@example.com").await;
    let last = if setup.bare_token.ends_with('A') { 'B' } else { 'A' };
    let tampered = format!("{}{last}", &setup.bare_token[..setup.bare_token.len() - 1]);
    let (id, proof) = setup.mailed_token.split_once('.').unwrap();
    let wrong_proof = format!("{id}.{}", proof.chars().rev().collect::<String>());
    for token in [
        "inv_token_abc123",
        "x",
        "org.0123",
        "inv_",
        "inv_.",
        &tampered,
        &wrong_proof,
        &format!("{id}."),
        &"inv_A".repeat(500),
    ] {
        nina.post(ACCEPT, &[("token", token)]).await.assert_error(400, "INVALID_INVITATION_TOKEN");
    }
    nina.post(ACCEPT, &[("token", "")]).await.assert_error(400, "REQUIRED_FIELD");
    nina.post(ACCEPT, &[]).await.assert_error(400, "REQUIRED_FIELD");
}

#[tokio::test]
async fn rejects_token_that_was_replaced_or_used() {
    let setup = setup().await;
    let path = format!("/organizations/{}/invitations/{}", setup.organization, setup.invitation);
    let resent = setup.owner.post(&format!("{path}/resend"), &[]).await.ok();
    assert_ne!(text(&resent["token"]), setup.bare_token);
    for old in [&setup.bare_token, &setup.mailed_token] {
        setup.app.anonymous().post(ACCEPT, &[("token", old)]).await.assert_error(400, "INVALID_INVITATION_TOKEN");
    }
    let newer = setup.app.mailed_token(INVITEE);
    let nina = setup.app.create_invited_user(INVITEE, &newer).await;
    accept(&nina, &newer).await;
    nina.post(ACCEPT, &[("token", &newer)]).await.assert_error(400, "INVALID_INVITATION_TOKEN");
    setup.owner.post(&format!("{path}/discard"), &[]).await.assert_error(400, "INVITATION_NOT_PENDING");
}

#[tokio::test]
async fn rejects_expired_token_from_exact_expiry() {
    let setup = setup().await;
    let nina = setup.app.create_user(INVITEE).await;
    setup.app.advance((DAY * 7).saturating_sub(std::time::Duration::from_micros(1)));
    assert_refusal(&accept(&nina, &setup.bare_token).await, "INVITATION_EMAIL_UNVERIFIED");
    setup.app.advance(std::time::Duration::from_micros(1));
    assert_refusal(&accept(&nina, &setup.bare_token).await, "INVITATION_EXPIRED");
    assert_refusal(&accept(&nina, &setup.mailed_token).await, "INVITATION_EXPIRED");
    // The expiry is computed, not stored: it is undone when the clock is set back.
    setup.app.inner.clock.set(START_TIME);
    assert_eq!(accept(&nina, &setup.mailed_token).await["organization"]["id"], setup.organization);
}

#[tokio::test]
async fn anonymous_caller_must_sign_up_or_sign_in() {
    let setup = setup().await;
    let anonymous = setup.app.anonymous();
    for token in [&setup.bare_token, &setup.mailed_token] {
        let data = accept(&anonymous, token).await;
        assert_refusal(&data, "INVITATION_REQUIRES_SIGNUP");
        assert_eq!(data["requires_signin"], true);
    }
    setup.app.create_user(INVITEE).await;
    let data = accept(&anonymous, &setup.mailed_token).await;
    assert_refusal(&data, "INVITATION_REQUIRES_SIGNIN");
    assert_eq!(data["requires_signin"], true);
}

#[tokio::test]
async fn asks_for_sign_up_when_no_account_has_invited_address() {
    let setup = setup().await;
    let other = setup.app.create_user("other@example.com").await;
    let data = accept(&other, &setup.mailed_token).await;
    assert_refusal(&data, "INVITATION_REQUIRES_SIGNUP");
    assert_eq!(data["requires_signin"], true);
}

#[tokio::test]
async fn rejects_account_with_other_address() {
    let setup = setup().await;
    setup.app.create_user(INVITEE).await;
    let other = setup.app.create_user("other@example.com").await;
    let data = accept(&other, &setup.mailed_token).await;
    assert_refusal(&data, "INVITATION_EMAIL_MISMATCH");
    assert_eq!(data["requires_signin"], true);
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM organization_memberships"), 1);
}

#[tokio::test]
async fn reports_existing_organization_membership() {
    let setup = setup().await;
    // Nina accepts another invitation first, into a workspace, which makes her a member of the organization.
    let workspace =
        setup.owner.post("/workspaces", &[("organization_id", &setup.organization), ("name", "Lab")]).await.ok();
    let workspace = text(&workspace["workspace"]["id"]);
    let path = format!("/organizations/{}/invitations", setup.organization);
    setup.owner.post(&path, &[("email", INVITEE), ("workspace_id", &workspace)]).await.ok();
    let into_workspace = setup.app.mailed_token(INVITEE);
    let nina = setup.app.create_invited_user(INVITEE, &into_workspace).await;
    let data = accept(&nina, &into_workspace).await;
    assert_eq!(data["workspace"], json!({"id": workspace, "name": "Lab"}));
    assert_eq!(data.get("already_member"), None);

    let data = accept(&nina, &setup.mailed_token).await;
    assert_eq!(data["already_member"], true);
    assert_eq!(data["organization"], json!({"id": setup.organization, "name": "Acme"}));
    assert!(data["signin_id"].is_string());
    assert_eq!(data.get("workspace"), None);
    assert_eq!(setup.owner.get_and_check_cache(&path).await.ok(), json!([]), "no invitation is pending");
    assert_eq!(setup.app.count("SELECT member_count FROM organizations"), 2);
}

#[tokio::test]
async fn organization_member_joins_workspace() {
    let setup = setup().await;
    let workspace =
        setup.owner.post("/workspaces", &[("organization_id", &setup.organization), ("name", "Lab")]).await.ok();
    let workspace = text(&workspace["workspace"]["id"]);
    let path = format!("/organizations/{}/invitations", setup.organization);
    let nina = setup.app.create_member(&setup.owner, &setup.organization, "second@example.com", "").await;
    let fields = [("email", "second@example.com"), ("workspace_id", workspace.as_str())];

    setup.owner.post(&path, &fields).await.ok();
    let first = setup.app.mailed_token("second@example.com");
    let data = accept(&nina, &first).await;
    assert_eq!(data["workspace"]["id"], workspace);
    assert_eq!(data.get("already_member"), None);
    assert_eq!(setup.app.count("SELECT member_count FROM workspaces"), 2);
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM workspace_membership_roles"), 2);

    // A member of the workspace cannot be invited to it again. An older invitation reports the membership.
    setup.owner.post(&path, &fields).await.assert_error(400, "ALREADY_MEMBER");
    let listed = nina.get("/me/workspace-memberships").await.ok();
    assert_eq!(listed[0]["workspace"]["name"], "Lab");
    assert_eq!(listed[0]["roles"][0]["name"], "Member");
}

#[tokio::test]
async fn reports_existing_workspace_membership() {
    let setup = setup().await;
    let workspace =
        setup.owner.post("/workspaces", &[("organization_id", &setup.organization), ("name", "Lab")]).await.ok();
    let workspace = text(&workspace["workspace"]["id"]);
    let path = format!("/organizations/{}/invitations", setup.organization);
    setup.owner.post(&path, &[("email", INVITEE), ("workspace_id", &workspace)]).await.ok();
    let into_workspace = setup.app.mailed_token(INVITEE);
    let nina = setup.app.create_invited_user(INVITEE, &setup.mailed_token).await;
    accept(&nina, &setup.mailed_token).await;
    // Nina becomes a member of the workspace in another way before she accepts.
    let joined = setup.app.execute(
        "INSERT INTO workspace_memberships (id, organization_id, workspace_id, organization_membership_id, user_id, created_at, updated_at)
             SELECT 1, w.organization_id, w.id, m.id, m.user_id, 0, 0 FROM workspaces w, organization_memberships m ORDER BY m.id DESC LIMIT 1",
    );
    assert_eq!(joined, 1);
    let data = accept(&nina, &into_workspace).await;
    assert_eq!(data["already_member"], true);
    assert_eq!(data["workspace"], json!({"id": workspace, "name": "Lab"}));
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM workspace_memberships"), 2);
}

#[tokio::test]
async fn accepting_creates_membership_in_the_organization_that_becomes_active() {
    let setup = setup().await;
    let nina = setup.app.create_invited_user(INVITEE, &setup.mailed_token).await;
    let before = nina.get_and_check_cache("/session").await.ok();
    let data = accept(&nina, &setup.mailed_token).await;
    assert_eq!(data["organization"], json!({"id": setup.organization, "name": "Acme"}));
    assert_eq!(data["signin_id"], before["active_signin_id"]);
    let after = nina.get_and_check_cache("/session").await.ok();
    assert_eq!(before["active_signin"]["active_organization_membership_id"], Value::Null);
    let active = &after["active_signin"]["active_organization_membership"];
    assert_eq!(active["organization_id"], *setup.organization);
    let members = setup.owner.get(&format!("/organizations/{}/members", setup.organization)).await.ok();
    assert_eq!(members["meta"], json!({"total": 2, "page": 1, "limit": 10, "has_more": false}));
    assert_eq!(members["data"][0]["user"]["email"], INVITEE);
    assert_eq!(members["data"][0]["user"]["primary_email_address"]["verified"], true);
    assert_eq!(members["data"][0]["roles"][0]["name"], "Member");
    assert_eq!(members["data"][0]["organization"]["member_count"], 2);
}

#[tokio::test]
async fn accepts_for_inactive_sign_in_of_invitee() {
    let setup = setup().await;
    let browser = setup.app.create_invited_user(INVITEE, &setup.mailed_token).await;
    let ninas = text(&browser.get_and_check_cache("/session").await.ok()["active_signin_id"]);
    browser.post("/auth/signup", &[("email", "other@example.com"), ("password", PASSWORD)]).await.ok();
    let data = accept(&browser, &setup.bare_token).await;
    assert_eq!(data["signin_id"], ninas);
    let session = browser.get_and_check_cache("/session").await.ok();
    assert_ne!(session["active_signin_id"], ninas, "the active sign-in does not change");
    assert_eq!(session["signins"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn only_mailed_token_verifies_address() {
    let setup = setup().await;
    let unverified_owner = setup.app.create_user(INVITEE).await;
    assert_refusal(&accept(&unverified_owner, &setup.bare_token).await, "INVITATION_EMAIL_UNVERIFIED");
    assert_eq!(
        unverified_owner.get("/me/invitations").await.ok(),
        json!([]),
        "an unverified address shows no invitations"
    );

    // The mailed token takes the address from the account that has not verified it.
    let nina = setup.app.create_invited_user(INVITEE, &setup.mailed_token).await;
    assert_eq!(nina.get("/me/invitations").await.ok()[0]["organization"]["name"], "Acme");
    assert_refusal(&accept(&unverified_owner, &setup.mailed_token).await, "INVITATION_EMAIL_MISMATCH");
    // Her address is verified now, so the bare token is enough.
    let listed = nina.get("/me/invitations").await.ok();
    assert_eq!(accept(&nina, listed[0]["token"].as_str().unwrap()).await["organization"]["id"], setup.organization);
    assert_eq!(nina.get("/me/invitations").await.ok(), json!([]));
}

#[tokio::test]
async fn safe_methods_never_accept() {
    let setup = setup().await;
    let nina = setup.app.create_invited_user(INVITEE, &setup.mailed_token).await;
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        for path in [ACCEPT, "/organizations/invitations/decline", "/deployment/invitations/validate", "/invite"] {
            nina.send(method.clone(), &format!("{path}?token={}", setup.mailed_token), None, axum::body::Body::empty())
                .await;
        }
    }
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'"), 1);
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM organization_memberships"), 1);
}

#[tokio::test]
async fn verified_address_is_taken_from_unverified_owner() {
    let setup = setup().await;
    let (unverified_owner, organization) = setup.app.create_organization(INVITEE).await;
    let nina = setup.app.create_invited_user(INVITEE, &setup.mailed_token).await;
    assert_eq!(accept(&nina, &setup.mailed_token).await["organization"]["id"], setup.organization);
    // The other account keeps its organization and loses the unverified address.
    let listed = unverified_owner.get("/me/organization-memberships").await.ok();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["organization"]["id"]), (1, &json!(organization)));
    assert_eq!(unverified_owner.get("/me").await.ok()["primary_email_address"], Value::Null);
}

#[tokio::test]
async fn pending_invitation_occupies_seat_until_expiry() {
    let app = TestApp::with_settings(|settings| settings.seats.max_per_organization = 2).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}/invitations");
    let first = owner.post(&path, &[("email", INVITEE)]).await.ok();
    owner.post(&path, &[("email", "late@example.com")]).await.assert_error(403, "ORGANIZATION_FULL");
    app.advance(DAY * 8);
    let late = owner.post(&path, &[("email", "late@example.com")]).await.ok();
    // The seat belongs to the newer invitation. Resending the expired one cannot take it.
    let late_token = app.mailed_token("late@example.com");
    owner.post(&format!("{path}/{}/resend", text(&first["id"])), &[]).await.assert_error(403, "ORGANIZATION_FULL");
    let kim = app.create_invited_user("late@example.com", &late_token).await;
    assert_eq!(accept(&kim, &late_token).await["organization"]["id"], organization);
    assert_eq!(text(&late["email"]), "late@example.com");
    assert_eq!(app.count("SELECT member_count FROM organizations"), 2);
    // A member needs no second seat for a workspace.
    let fields = [("organization_id", organization.as_str()), ("name", "Warehouse")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    owner.post(&path, &[("email", "late@example.com"), ("workspace_id", &workspace)]).await.ok();
}

#[tokio::test]
async fn full_workspace_rejects_acceptance() {
    let app = TestApp::with_settings(|settings| settings.seats.max_per_workspace = 1).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Warehouse")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let path = format!("/organizations/{organization}/invitations");
    owner.post(&path, &[("email", INVITEE), ("workspace_id", &workspace)]).await.ok();
    let token = app.mailed_token(INVITEE);
    let nina = app.create_invited_user(INVITEE, &token).await;
    let before = app.row_counts();
    assert_refusal(&accept(&nina, &token).await, "WORKSPACE_FULL");
    assert_eq!(app.row_counts(), before);
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'"), 1);
}
