//! Asking for a new invitation by the link of one that cannot be accepted, through the API.

use serde_json::{Value, json};

use crate::harness::{DAY, PASSWORD, TestApp, TestClient, TestResponse, create_workspace, text};

const NINA: &str = "nina@example.com";

/// An invitation of Nina.
struct Setup {
    app: TestApp,
    owner: TestClient,
    organization: String,
    path: String,
    id: String,
    bare_token: String,
    token: String,
}

async fn setup() -> Setup {
    setup_with(TestApp::start().await, &[]).await
}

async fn setup_with(app: TestApp, fields: &[(&str, &str)]) -> Setup {
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let fields: Vec<_> = [("email", NINA)].iter().chain(fields).copied().collect();
    let invitation = owner.post(&format!("{path}/invitations"), &fields).await.ok();
    let (id, bare_token) = (text(&invitation["id"]), text(&invitation["token"]));
    let token = app.mailed_token(NINA);
    Setup { app, owner, organization, path, id, bare_token, token }
}

impl Setup {
    async fn revoke(&self) {
        self.owner.post(&format!("{}/invitations/{}/discard", self.path, self.id), &[]).await.ok();
    }

    async fn decline(&self) {
        let fields = [("token", self.token.as_str())];
        self.app.anonymous().post("/organizations/invitations/decline", &fields).await.ok();
    }

    fn suspend(&self) {
        self.app.execute("UPDATE invitations SET inviter_membership_id = NULL, left_suspended = 1");
    }

    async fn unsubscribe(&self) {
        let url = self.app.mail(NINA).unsubscribe_url.unwrap();
        let path = url.split_once("/invite/").unwrap().1.to_owned();
        let one_click = [("List-Unsubscribe", "One-Click")];
        assert_eq!(self.app.anonymous().post(&format!("/invite/{path}"), &one_click).await.status, 200);
    }

    async fn renew(&self, token: &str) -> TestResponse {
        self.app.anonymous().post("/organizations/invitations/renew", &[("token", token)]).await
    }

    async fn requests(&self) -> Vec<Value> {
        self.owner.get(&format!("{}/requests", self.path)).await.ok().as_array().unwrap().clone()
    }

    /// Approves or denies the only request.
    async fn decide(&self, client: &TestClient, decision: &str) -> TestResponse {
        let requests = self.requests().await;
        let [request] = &requests[..] else { panic!("{requests:?}") };
        client.post(&format!("{}/requests/{}/{decision}", self.path, text(&request["id"])), &[]).await
    }

    async fn accept(&self, token: &str) {
        let nina = self.app.create_invited_user(NINA, token).await;
        nina.post("/organizations/invitations/accept", &[("token", token)]).await.ok();
    }
}

#[tokio::test]
async fn revoked_declined_and_suspended_invitations_are_renewed_by_whoever_approves() {
    for state in ["discarded", "declined", "pending"] {
        let setup = setup_with(TestApp::start().await, &[("locale", "de")]).await;
        let admin = setup.owner.admin_role(&setup.path).await;
        let ben = setup.app.create_member(&setup.owner, &setup.organization, "ben@example.com", &admin).await;
        match state {
            "discarded" => setup.revoke().await,
            "declined" => setup.decline().await,
            _ => setup.suspend(),
        }
        for token in [&setup.bare_token, &setup.token] {
            assert_eq!(setup.renew(token).await.ok(), json!({"success": true, "status": "requested"}));
        }
        let requests = setup.requests().await;
        let [request] = &requests[..] else { panic!("{requests:?}") };
        let found = (&request["type"], &request["email"], &request["invitation_status"], &request["invitation_id"]);
        assert_eq!(found, (&json!("renewal"), &json!(NINA), &json!(state), &json!(setup.id)), "{state}");
        assert!(setup.app.mail("ben@example.com").subject.contains("nina"), "{state}: those who decide are notified");
        setup.decide(&ben, "approve").await.ok();
        assert_eq!(setup.requests().await, Vec::<Value>::new());
        let renewed = setup.app.mailed_token(NINA);
        assert_ne!(renewed, setup.token, "{state}");
        assert!(setup.app.mail(NINA).subject.contains("lädt"), "{state}: the language is the same");
        let invitations = setup.owner.get(&format!("{}/invitations", setup.path)).await.ok();
        assert_eq!(invitations[0]["inviter"]["email"], "ben@example.com", "{state}: {invitations}");
        assert_eq!(invitations[0]["suspended"], Value::Null, "{state}");
        setup.accept(&renewed).await;
        setup.renew(&renewed).await.assert_error(400, "INVALID_INVITATION_TOKEN");
    }
}

#[tokio::test]
async fn link_asks_again_a_week_after_a_denial() {
    let setup = setup().await;
    setup.revoke().await;
    setup.renew(&setup.bare_token).await.ok();
    setup.decide(&setup.owner, "deny").await.ok();
    let refused = setup.renew(&setup.token).await;
    assert_eq!(refused.headers["retry-after"], (7 * DAY.as_secs()).to_string().as_str());
    refused.assert_error(429, "TOO_MANY_REQUESTS");
    assert_eq!(setup.requests().await, Vec::<Value>::new());
    setup.app.advance(DAY * 6);
    setup.renew(&setup.token).await.assert_error(429, "TOO_MANY_REQUESTS");
    setup.app.advance(DAY);
    setup.renew(&setup.token).await.ok();
    setup.decide(&setup.owner, "approve").await.ok();
    setup.accept(&setup.app.mailed_token(NINA)).await;
}

#[tokio::test]
async fn address_that_was_invited_again_gets_that_mail_again() {
    let setup = setup().await;
    setup.revoke().await;
    setup.owner.post(&format!("{}/invitations", setup.path), &[("email", NINA)]).await.ok();
    let (newer, mails) = (setup.app.mailed_token(NINA), setup.app.mail_count(NINA));
    for token in [&setup.bare_token, &setup.token] {
        assert_eq!(setup.renew(token).await.ok(), json!({"success": true, "status": "resent"}));
    }
    assert_eq!(setup.requests().await, Vec::<Value>::new());
    setup.app.drain().await;
    assert_eq!(setup.app.mail_count(NINA), mails + 2);
    assert_eq!(setup.app.mailed_token(NINA), newer, "the link stays the same");
    // A newer one that has expired needs an approval, and is resent.
    setup.app.advance(DAY * 8);
    assert_eq!(setup.renew(&setup.token).await.ok()["status"], "requested");
    assert_ne!(setup.requests().await[0]["invitation_id"], json!(setup.id));
    setup.owner.reauthenticate().await;
    setup.decide(&setup.owner, "approve").await.ok();
    assert_ne!(setup.app.mailed_token(NINA), newer);
    setup.accept(&setup.app.mailed_token(NINA)).await;
}

#[tokio::test]
async fn mail_that_is_on_its_way_is_not_sent_twice() {
    let app = TestApp::with_settings(|settings| settings.rate_limits.invitations_per_recipient = 2).await;
    let setup = setup_with(app, &[]).await;
    setup.revoke().await;
    setup.owner.post(&format!("{}/invitations", setup.path), &[("email", NINA)]).await.ok();
    setup.renew(&setup.token).await.assert_error(429, "TOO_MANY_REQUESTS");
    setup.app.execute("UPDATE invitations SET delivery = 'queued'");
    assert_eq!(setup.renew(&setup.token).await.ok()["status"], "resent");
    assert_eq!(setup.app.mail_count(NINA), 2);
}

#[tokio::test]
async fn members_need_no_new_invitation() {
    let setup = setup().await;
    setup.revoke().await;
    setup.owner.post(&format!("{}/invitations", setup.path), &[("email", NINA)]).await.ok();
    setup.accept(&setup.app.mailed_token(NINA)).await;
    setup.renew(&setup.token).await.assert_error(400, "ALREADY_MEMBER");
    // The bare token does not reveal who is a member. The approver learns it.
    setup.renew(&setup.bare_token).await.ok();
    setup.decide(&setup.owner, "approve").await.assert_error(400, "ALREADY_MEMBER");
    assert_eq!(setup.requests().await.len(), 1);
}

#[tokio::test]
async fn request_that_cannot_be_approved_stays() {
    let app = TestApp::with_settings(|settings| settings.seats.max_per_organization = 2).await;
    let setup = setup_with(app, &[]).await;
    let role = text(&setup.owner.post(&format!("{}/roles", setup.path), &[("name", "Buyer")]).await.ok()["id"]);
    setup.app.execute(&format!(
        "UPDATE invitations SET role_id = {role}, role_scope = {} WHERE id = {}",
        setup.organization, setup.id
    ));
    setup.revoke().await;
    setup.renew(&setup.token).await.ok();
    let other = [("email", "last@example.com")];
    let last = text(&setup.owner.post(&format!("{}/invitations", setup.path), &other).await.ok()["id"]);
    setup.decide(&setup.owner, "approve").await.assert_error(403, "ORGANIZATION_FULL");
    setup.owner.post(&format!("{}/invitations/{last}/discard", setup.path), &[]).await.ok();
    setup.owner.post(&format!("{}/roles/{role}/remove", setup.path), &[]).await.ok();
    setup.decide(&setup.owner, "approve").await.assert_error(400, "ROLE_NOT_FOUND");
    assert_eq!(setup.requests().await.len(), 1);
    setup.app.execute("UPDATE organizations SET deleted_at = 1");
    setup.renew(&setup.token).await.assert_error(400, "INVALID_INVITATION_TOKEN");
}

#[tokio::test]
async fn approver_must_hold_the_permissions_of_a_revoked_invitation() {
    let setup = setup().await;
    let admin = setup.owner.admin_role(&setup.path).await;
    let lead = json!({"name": "Lead", "permissions": ["organization:manage_members"]});
    let lead = text(&setup.owner.post_json(&format!("{}/roles", setup.path), &lead).await.ok()["id"]);
    let kim = setup.app.create_member(&setup.owner, &setup.organization, "kim@example.com", &lead).await;
    setup.app.execute(&format!("UPDATE invitations SET role_id = {admin}, role_scope = 0 WHERE id = {}", setup.id));
    setup.revoke().await;
    setup.renew(&setup.token).await.ok();
    setup.decide(&kim, "approve").await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    setup.decide(&setup.owner, "approve").await.ok();
}

#[tokio::test]
async fn revoked_invitation_to_a_workspace_is_renewed_with_it() {
    let setup = setup().await;
    let workspace = create_workspace(&setup.owner, &setup.organization).await;
    let fields = [("email", "max@example.com"), ("workspace_id", workspace.as_str())];
    let invitation = setup.owner.post(&format!("{}/invitations", setup.path), &fields).await.ok();
    let token = setup.app.mailed_token("max@example.com");
    let discard = format!("{}/invitations/{}/discard", setup.path, text(&invitation["id"]));
    setup.owner.post(&discard, &[]).await.ok();
    setup.renew(&token).await.ok();
    setup.decide(&setup.owner, "approve").await.ok();
    let renewed = &setup.owner.get(&format!("{}/invitations", setup.path)).await.ok()[0];
    assert_eq!((&renewed["email"], &renewed["workspace"]["id"]), (&json!("max@example.com"), &json!(workspace)));
    // Without the workspace, the organization is left.
    let discard = format!("{}/invitations/{}/discard", setup.path, text(&renewed["id"]));
    setup.owner.post(&discard, &[]).await.ok();
    setup.owner.reauthenticate().await;
    setup.owner.post(&format!("/workspaces/{workspace}/delete"), &[]).await.ok();
    setup.renew(&token).await.ok();
    setup.decide(&setup.owner, "approve").await.ok();
    let renewed = &setup.owner.get(&format!("{}/invitations", setup.path)).await.ok()[0];
    assert_eq!((&renewed["email"], &renewed["workspace"]), (&json!("max@example.com"), &Value::Null));
}

#[tokio::test]
async fn unsubscribed_invitee_subscribes_with_a_proof_of_the_mailbox() {
    let setup = setup().await;
    setup.unsubscribe().await;
    setup.revoke().await;
    let subscribe = async |token: &str| {
        let fields = [("token", token), ("subscribe", "true")];
        setup.app.anonymous().post("/organizations/invitations/renew", &fields).await
    };
    subscribe(&setup.bare_token).await.assert_error(400, "INVITATION_EMAIL_UNVERIFIED");
    setup.renew(&setup.bare_token).await.ok();
    let mails = setup.app.mail_count(NINA);
    setup.decide(&setup.owner, "approve").await.ok();
    assert_eq!(setup.app.mail_count(NINA), mails, "no mail goes out without it");
    // There is a newer invitation now, which cannot be mailed either.
    setup.renew(&setup.bare_token).await.assert_error(400, "INVITEE_UNSUBSCRIBED");
    assert_eq!(subscribe(&setup.token).await.ok()["status"], "resent");
    assert_eq!(setup.app.mail_count(NINA), mails + 1);
    setup.accept(&setup.app.mailed_token(NINA)).await;
}

#[tokio::test]
async fn concurrent_requests_and_approvals_have_one_effect() {
    let setup = setup().await;
    setup.revoke().await;
    let asked = tokio::join!(setup.renew(&setup.token), setup.renew(&setup.bare_token), setup.renew(&setup.token));
    for response in [asked.0, asked.1, asked.2] {
        response.ok();
    }
    let request = text(&setup.requests().await[0]["id"]);
    assert_eq!(setup.requests().await.len(), 1);
    let other = setup.app.anonymous();
    other.post("/auth/signin", &[("email", "olga@example.com"), ("password", PASSWORD)]).await.ok();
    let approve = format!("{}/requests/{request}/approve", setup.path);
    let (first, second) = tokio::join!(setup.owner.post(&approve, &[]), other.post(&approve, &[]));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404]);
    assert_eq!(setup.owner.get(&format!("{}/invitations", setup.path)).await.ok().as_array().unwrap().len(), 1);
}
