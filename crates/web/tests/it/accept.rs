//! Accepting: contract C.4 row by row, and what must not happen besides.

use axum::http::Method;
use serde_json::{Value, json};

use crate::harness::{App, Client, DAY, PASSWORD, text};

const ACCEPT: &str = "/organizations/invitations/accept";
const INVITEE: &str = "nina@example.com";

struct Story {
    app: App,
    owner: Client,
    organization: String,
    /// As the owner sees it.
    bare: String,
    /// As it stands in the mail.
    mailed: String,
    invitation: String,
}

async fn story() -> Story {
    story_with(&[]).await
}

async fn story_with(more: &[(&str, &str)]) -> Story {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let fields: Vec<_> = [("email", INVITEE)].into_iter().chain(more.iter().copied()).collect();
    let invitation = owner.post(&format!("/organizations/{organization}/invitations"), &fields).await.ok();
    let mailed = app.mailed_token(INVITEE);
    Story { bare: text(&invitation["token"]), invitation: text(&invitation["id"]), app, owner, organization, mailed }
}

async fn accept(client: &Client, token: &str) -> Value {
    client.post(ACCEPT, &[("token", token)]).await.ok()
}

#[track_caller]
fn is_refusal(data: &Value, code: &str) {
    assert_eq!(data["error_code"], code, "{data}");
    assert_eq!(data["invited_email"], INVITEE);
    assert_eq!(data.get("organization"), None, "a client would take this for success");
    assert!(!data["message"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn row_1_a_token_that_names_nothing() {
    let story = story().await;
    let nina = story.app.person("other@example.com").await;
    let tampered = format!("{}A", &story.bare[..story.bare.len() - 1]);
    let (id, proof) = story.mailed.split_once('.').unwrap();
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
        nina.post(ACCEPT, &[("token", token)]).await.refused(400, "INVALID_INVITATION_TOKEN");
    }
    nina.post(ACCEPT, &[("token", "")]).await.refused(400, "REQUIRED_FIELD");
    nina.post(ACCEPT, &[]).await.refused(400, "REQUIRED_FIELD");
}

#[tokio::test]
async fn row_1_a_token_that_was_discarded_used_or_replaced() {
    let story = story().await;
    let path = format!("/organizations/{}/invitations/{}", story.organization, story.invitation);
    let resent = story.owner.post(&format!("{path}/resend"), &[]).await.ok();
    assert_ne!(text(&resent["token"]), story.bare);
    for old in [&story.bare, &story.mailed] {
        story.app.visitor().post(ACCEPT, &[("token", old)]).await.refused(400, "INVALID_INVITATION_TOKEN");
    }
    let newer = story.app.mailed_token(INVITEE);
    let nina = story.app.newcomer(INVITEE, &newer).await;
    accept(&nina, &newer).await;
    nina.post(ACCEPT, &[("token", &newer)]).await.refused(400, "INVALID_INVITATION_TOKEN");
    story.owner.post(&format!("{path}/discard"), &[]).await.refused(400, "INVITATION_NOT_PENDING");
}

#[tokio::test]
async fn row_2_expired_at_the_exact_second() {
    let story = story().await;
    let nina = story.app.person(INVITEE).await;
    story.app.advance((DAY * 7).saturating_sub(std::time::Duration::from_micros(1)));
    is_refusal(&accept(&nina, &story.bare).await, "INVITATION_EMAIL_UNVERIFIED");
    story.app.advance(std::time::Duration::from_micros(1));
    is_refusal(&accept(&nina, &story.bare).await, "INVITATION_EXPIRED");
    is_refusal(&accept(&nina, &story.mailed).await, "INVITATION_EXPIRED");
    // A clock that is set back does what clocks do; nothing was stored that would say otherwise.
    story.app.inner.clock.set(crate::harness::BEGINNING);
    assert_eq!(accept(&nina, &story.mailed).await["organization"]["id"], story.organization);
}

#[tokio::test]
async fn row_3_and_4_nobody_is_signed_in() {
    let story = story().await;
    let visitor = story.app.visitor();
    for token in [&story.bare, &story.mailed] {
        let data = accept(&visitor, token).await;
        is_refusal(&data, "INVITATION_REQUIRES_SIGNUP");
        assert_eq!(data["requires_signin"], true);
    }
    story.app.person(INVITEE).await;
    let data = accept(&visitor, &story.mailed).await;
    is_refusal(&data, "INVITATION_REQUIRES_SIGNIN");
    assert_eq!(data["requires_signin"], true);
}

#[tokio::test]
async fn row_5_somebody_is_signed_in_and_nobody_owns_the_address() {
    let story = story().await;
    let other = story.app.person("other@example.com").await;
    let data = accept(&other, &story.mailed).await;
    is_refusal(&data, "INVITATION_REQUIRES_SIGNUP");
    assert_eq!(data["requires_signin"], true);
}

#[tokio::test]
async fn row_6_the_wrong_account_is_signed_in() {
    let story = story().await;
    story.app.person(INVITEE).await;
    let other = story.app.person("other@example.com").await;
    let data = accept(&other, &story.mailed).await;
    is_refusal(&data, "INVITATION_EMAIL_MISMATCH");
    assert_eq!(data["requires_signin"], true);
    assert_eq!(story.app.count("SELECT COUNT(*) FROM organization_memberships"), 1);
}

#[tokio::test]
async fn row_7_already_a_member() {
    let story = story().await;
    // Nina is invited into a workspace too, and accepts that first: it makes her a member of the organization.
    let workspace =
        story.owner.post("/workspaces", &[("organization_id", &story.organization), ("name", "Lab")]).await.ok();
    let workspace = text(&workspace["workspace"]["id"]);
    let path = format!("/organizations/{}/invitations", story.organization);
    story.owner.post(&path, &[("email", INVITEE), ("workspace_id", &workspace)]).await.ok();
    let into_workspace = story.app.mailed_token(INVITEE);
    let nina = story.app.newcomer(INVITEE, &into_workspace).await;
    let data = accept(&nina, &into_workspace).await;
    assert_eq!(data["workspace"], json!({"id": workspace, "name": "Lab"}));
    assert_eq!(data.get("already_member"), None);

    let data = accept(&nina, &story.mailed).await;
    assert_eq!(data["already_member"], true);
    assert_eq!(data["organization"], json!({"id": story.organization, "name": "Acme"}));
    assert!(data["signin_id"].is_string());
    assert_eq!(data.get("workspace"), None);
    assert_eq!(story.owner.get(&path).await.ok(), json!([]), "the invitation is over");
    assert_eq!(story.app.count("SELECT member_count FROM organizations"), 2);
}

#[tokio::test]
async fn rows_8_and_9_a_member_is_invited_into_a_workspace() {
    let story = story().await;
    let workspace =
        story.owner.post("/workspaces", &[("organization_id", &story.organization), ("name", "Lab")]).await.ok();
    let workspace = text(&workspace["workspace"]["id"]);
    let path = format!("/organizations/{}/invitations", story.organization);
    let nina = story.app.member(&story.owner, &story.organization, "second@example.com", "").await;
    let fields = [("email", "second@example.com"), ("workspace_id", workspace.as_str())];

    story.owner.post(&path, &fields).await.ok();
    let first = story.app.mailed_token("second@example.com");
    let data = accept(&nina, &first).await;
    assert_eq!(data["workspace"]["id"], workspace, "row 9");
    assert_eq!(data.get("already_member"), None);
    assert_eq!(story.app.count("SELECT member_count FROM workspaces"), 2);
    assert_eq!(story.app.count("SELECT COUNT(*) FROM workspace_membership_roles"), 2);

    // Inviting a member of the workspace again is refused; an invitation from before is answered kindly.
    story.owner.post(&path, &fields).await.refused(400, "ALREADY_MEMBER");
    let mine = nina.get("/me/workspace-memberships").await.ok();
    assert_eq!(mine[0]["workspace"]["name"], "Lab");
    assert_eq!(mine[0]["roles"][0]["name"], "Member");
}

#[tokio::test]
async fn row_8_already_in_the_workspace() {
    let story = story().await;
    let workspace =
        story.owner.post("/workspaces", &[("organization_id", &story.organization), ("name", "Lab")]).await.ok();
    let workspace = text(&workspace["workspace"]["id"]);
    let path = format!("/organizations/{}/invitations", story.organization);
    story.owner.post(&path, &[("email", INVITEE), ("workspace_id", &workspace)]).await.ok();
    let into_workspace = story.app.mailed_token(INVITEE);
    let nina = story.app.newcomer(INVITEE, &story.mailed).await;
    accept(&nina, &story.mailed).await;
    // Nina comes into the workspace by another door, so that the invitation gives nothing any more.
    let joined = story.app.execute(
        "INSERT INTO workspace_memberships (id, organization_id, workspace_id, organization_membership_id, user_id, created_at, updated_at)
             SELECT 1, w.organization_id, w.id, m.id, m.user_id, 0, 0 FROM workspaces w, organization_memberships m ORDER BY m.id DESC LIMIT 1",
    );
    assert_eq!(joined, 1);
    let data = accept(&nina, &into_workspace).await;
    assert_eq!(data["already_member"], true);
    assert_eq!(data["workspace"], json!({"id": workspace, "name": "Lab"}));
    assert_eq!(story.app.count("SELECT COUNT(*) FROM workspace_memberships"), 2);
}

#[tokio::test]
async fn row_10_a_new_member() {
    let story = story().await;
    let nina = story.app.newcomer(INVITEE, &story.mailed).await;
    let before = nina.get("/session").await.ok();
    let data = accept(&nina, &story.mailed).await;
    assert_eq!(data["organization"], json!({"id": story.organization, "name": "Acme"}));
    assert_eq!(data["signin_id"], before["active_signin_id"]);
    let after = nina.get("/session").await.ok();
    assert_eq!(after["active_signin"]["active_organization_membership_id"], Value::Null, "accepting does not switch");
    let members = story.owner.get(&format!("/organizations/{}/members", story.organization)).await.ok();
    assert_eq!(members["meta"], json!({"total": 2, "page": 1, "limit": 10, "has_more": false}));
    assert_eq!(members["data"][0]["user"]["email"], INVITEE);
    assert_eq!(members["data"][0]["user"]["primary_email_address"]["verified"], true);
    assert_eq!(members["data"][0]["roles"][0]["name"], "Member");
    assert_eq!(members["data"][0]["organization"]["member_count"], 2);
}

#[tokio::test]
async fn a_sign_in_that_is_not_the_active_one_may_be_the_invitee() {
    let story = story().await;
    let browser = story.app.newcomer(INVITEE, &story.mailed).await;
    let ninas = text(&browser.get("/session").await.ok()["active_signin_id"]);
    browser.post("/auth/signup", &[("email", "other@example.com"), ("password", PASSWORD)]).await.ok();
    let data = accept(&browser, &story.bare).await;
    assert_eq!(data["signin_id"], ninas);
    let session = browser.get("/session").await.ok();
    assert_ne!(session["active_signin_id"], ninas, "the active sign-in stays");
    assert_eq!(session["signins"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_bare_token_proves_nothing_and_the_mailed_one_proves_the_mailbox() {
    let story = story().await;
    let squatter = story.app.person(INVITEE).await;
    is_refusal(&accept(&squatter, &story.bare).await, "INVITATION_EMAIL_UNVERIFIED");
    assert_eq!(squatter.get("/me/invitations").await.ok(), json!([]), "a claimed address shows nothing");

    // Whoever can read the mail takes the address from whoever only claimed it.
    let nina = story.app.newcomer(INVITEE, &story.mailed).await;
    assert_eq!(nina.get("/me/invitations").await.ok()[0]["organization"]["name"], "Acme");
    is_refusal(&accept(&squatter, &story.mailed).await, "INVITATION_EMAIL_MISMATCH");
    // Her address is proved now, so the bare token is enough.
    let mine = nina.get("/me/invitations").await.ok();
    assert_eq!(accept(&nina, mine[0]["token"].as_str().unwrap()).await["organization"]["id"], story.organization);
    assert_eq!(nina.get("/me/invitations").await.ok(), json!([]));
}

#[tokio::test]
async fn no_get_of_any_kind_accepts() {
    let story = story().await;
    let nina = story.app.newcomer(INVITEE, &story.mailed).await;
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        for path in [ACCEPT, "/organizations/invitations/decline", "/deployment/invitations/validate", "/invite"] {
            nina.send(method.clone(), &format!("{path}?token={}", story.mailed), None, axum::body::Body::empty()).await;
        }
    }
    assert_eq!(story.app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'"), 1);
    assert_eq!(story.app.count("SELECT COUNT(*) FROM organization_memberships"), 1);
}

#[tokio::test]
async fn a_claim_gives_way_even_with_an_organization_behind_it() {
    let story = story().await;
    let (squatter, organization) = story.app.founder(INVITEE).await;
    let nina = story.app.newcomer(INVITEE, &story.mailed).await;
    assert_eq!(accept(&nina, &story.mailed).await["organization"]["id"], story.organization);
    // The account keeps what is its own, but for the address it never had.
    let mine = squatter.get("/me/organization-memberships").await.ok();
    assert_eq!((mine.as_array().unwrap().len(), &mine[0]["organization"]["id"]), (1, &json!(organization)));
    assert_eq!(squatter.get("/me").await.ok()["primary_email_address"], Value::Null);
}

#[tokio::test]
async fn an_invitation_holds_a_seat_until_it_is_answered_or_runs_out() {
    let app = App::with(|settings| settings.seats.max_per_organization = 2).await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let path = format!("/organizations/{organization}/invitations");
    let first = owner.post(&path, &[("email", INVITEE)]).await.ok();
    owner.post(&path, &[("email", "late@example.com")]).await.refused(403, "ORGANIZATION_FULL");
    app.advance(DAY * 8);
    let late = owner.post(&path, &[("email", "late@example.com")]).await.ok();
    // Whoever is invited finds a seat; whoever is revived does not take it from them.
    let lates = app.mailed_token("late@example.com");
    owner.post(&format!("{path}/{}/resend", text(&first["id"])), &[]).await.refused(403, "ORGANIZATION_FULL");
    let kim = app.newcomer("late@example.com", &lates).await;
    assert_eq!(accept(&kim, &lates).await["organization"]["id"], organization);
    assert_eq!(text(&late["email"]), "late@example.com");
    assert_eq!(app.count("SELECT member_count FROM organizations"), 2);
    // Somebody who has a seat needs no second one for a workspace.
    let fields = [("organization_id", organization.as_str()), ("name", "Warehouse")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    owner.post(&path, &[("email", "late@example.com"), ("workspace_id", &workspace)]).await.ok();
}

#[tokio::test]
async fn a_full_workspace_lets_nobody_in_and_changes_nothing() {
    let app = App::with(|settings| settings.seats.max_per_workspace = 1).await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Warehouse")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let path = format!("/organizations/{organization}/invitations");
    owner.post(&path, &[("email", INVITEE), ("workspace_id", &workspace)]).await.ok();
    let token = app.mailed_token(INVITEE);
    let nina = app.newcomer(INVITEE, &token).await;
    let before = app.rows();
    is_refusal(&accept(&nina, &token).await, "WORKSPACE_FULL");
    assert_eq!(app.rows(), before);
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'"), 1);
}
