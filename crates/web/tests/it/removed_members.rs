//! Members who are removed or disabled do not return by invitations that they sent.

use std::sync::Arc;

use serde_json::{Value, json};
use vestibule_core::settings::{Settings, SignUpMode};
use vestibule_testbed::Database;

use crate::harness::{DAY, PASSWORD, TestApp, TestAppBuilder, TestClient, text};

const MARA: &str = "mara@example.com";
/// Another address of Mara's.
const AGAIN: &str = "again@example.com";

struct Setup {
    app: TestApp,
    owner: TestClient,
    mara: TestClient,
    mara_id: String,
    path: String,
    organization: String,
    manager_role: String,
}

impl Setup {
    async fn new(change: impl FnOnce(&mut Settings)) -> Self {
        Self::on(TestApp::with_settings(change).await).await
    }

    async fn on(app: TestApp) -> Self {
        let (owner, organization) = app.create_organization("olga@example.com").await;
        let path = format!("/organizations/{organization}");
        let role = json!({"name": "Manager", "permissions": ["organization:manage"]});
        let manager_role = text(&owner.post_json(&format!("{path}/roles"), &role).await.ok()["id"]);
        let mara = app.create_member(&owner, &organization, MARA, &manager_role).await;
        let mara_id = text(&mara.get("/me").await.ok()["id"]);
        Self { app, owner, mara, mara_id, path, organization, manager_role }
    }

    /// Mara invites another address of hers. Returns the invitation's id and the mailed token.
    async fn invite_again(&self) -> (String, String) {
        let invited = self.mara.post(&format!("{}/invitations", self.path), &[("email", AGAIN)]).await.ok();
        (text(&invited["id"]), self.app.mailed_token(AGAIN))
    }

    async fn remove_mara(&self, fields: &[(&str, &str)]) -> Value {
        self.owner.post(&format!("{}/members/{}/remove", self.path, self.mara_id), fields).await.ok()
    }

    async fn invitations(&self) -> Vec<Value> {
        let list = self.owner.get_and_check_cache(&format!("{}/invitations", self.path)).await.ok();
        list.as_array().unwrap().clone()
    }

    /// Accepts with the token as the invited address. Returns the refusal's code, or an empty string.
    async fn accept(&self, token: &str) -> String {
        let client = self.app.create_invited_user(AGAIN, token).await;
        let accepted = client.post("/organizations/invitations/accept", &[("token", token)]).await.ok();
        accepted["error_code"].as_str().unwrap_or_default().to_owned()
    }
}

#[tokio::test]
async fn removed_manager_does_not_return_by_own_invitation() {
    let setup = Setup::new(|_| ()).await;
    let (id, _) = setup.invite_again().await;
    // Resending it before the removal changes nothing.
    setup.mara.post(&format!("{}/invitations/{id}/resend", setup.path), &[]).await.ok();
    let token = setup.app.mailed_token(AGAIN);
    assert_eq!(setup.remove_mara(&[]).await, json!({"success": true, "suspended_invitations": 1}));

    let listed = &setup.invitations().await[0];
    assert_eq!((&listed["suspended"], &listed["status"]), (&json!("inviter_has_left"), &json!("pending")));
    assert_eq!(setup.accept(&token).await, "INVITATION_SUSPENDED");
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM organization_memberships"), 1);

    // An admin takes it over.
    let resent = setup.owner.post(&format!("{}/invitations/{id}/resend", setup.path), &[]).await.ok();
    assert_eq!((&resent["suspended"], &resent["inviter"]["email"]), (&Value::Null, &json!("olga@example.com")));
    let client = setup.app.anonymous();
    client.post("/auth/signin", &[("email", AGAIN), ("password", PASSWORD)]).await.ok();
    let token = setup.app.mailed_token(AGAIN);
    let joined = client.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    assert_eq!(joined["organization"]["id"], setup.organization);
}

#[tokio::test]
async fn bulk_and_workspace_invitations_of_removed_manager_are_suspended() {
    let setup = Setup::new(|_| ()).await;
    let workspace =
        setup.owner.post("/workspaces", &[("organization_id", &setup.organization), ("name", "Lab")]).await.ok();
    let workspace = text(&workspace["workspace"]["id"]);
    let admin = setup.owner.admin_role(&format!("/workspaces/{workspace}")).await;
    let fields = [("email", MARA), ("role_id", admin.as_str())];
    setup.owner.post(&format!("/workspaces/{workspace}/members"), &fields).await.ok();
    let rows = json!({"invitations": [{"email": "a@example.com"}, {"email": "b@example.com"}]});
    setup.mara.post_json(&format!("{}/invitations/bulk", setup.path), &rows).await.ok();
    let fields = [("email", AGAIN), ("workspace_id", workspace.as_str())];
    setup.mara.post(&format!("{}/invitations", setup.path), &fields).await.ok();
    let token = setup.app.mailed_token(AGAIN);

    assert_eq!(setup.remove_mara(&[("invitations", "suspend")]).await["suspended_invitations"], 3);
    for invitation in setup.invitations().await {
        assert_eq!(invitation["suspended"], "inviter_has_left", "{invitation}");
    }
    assert_eq!(setup.accept(&token).await, "INVITATION_SUSPENDED");
}

#[tokio::test]
async fn removal_revokes_invitations_on_request() {
    let setup = Setup::new(|_| ()).await;
    let (_, token) = setup.invite_again().await;
    let remove = format!("{}/members/{}/remove", setup.path, setup.mara_id);
    let invalid = setup.owner.post(&remove, &[("invitations", "keep")]).await;
    invalid.assert_error(400, "INVALID_FIELD");
    let removed = setup.remove_mara(&[("invitations", "revoke")]).await;
    assert_eq!(removed, json!({"success": true, "revoked_invitations": 1}));
    assert_eq!(setup.invitations().await, Vec::<Value>::new());
    let refused = setup.app.anonymous().post("/organizations/invitations/accept", &[("token", &token)]).await;
    refused.assert_error(400, "INVALID_INVITATION_TOKEN");
}

#[tokio::test]
async fn readded_manager_does_not_restore_suspended_invitation() {
    let setup = Setup::new(|_| ()).await;
    let (_, token) = setup.invite_again().await;
    setup.remove_mara(&[]).await;
    let invite = [("email", MARA), ("role_id", setup.manager_role.as_str())];
    setup.owner.post(&format!("{}/invitations", setup.path), &invite).await.ok();
    let back = setup.app.mailed_token(MARA);
    setup.mara.post("/organizations/invitations/accept", &[("token", &back)]).await.ok();
    assert_eq!(setup.accept(&token).await, "INVITATION_SUSPENDED");
}

#[tokio::test]
async fn leaving_and_deleting_the_account_keep_invitations_valid() {
    for call in ["leave", "delete"] {
        let setup = Setup::new(|_| ()).await;
        let (_, token) = setup.invite_again().await;
        if call == "leave" {
            setup.mara.post(&format!("{}/leave", setup.path), &[]).await.ok();
        } else {
            setup.mara.post("/me/account/delete", &[("password", PASSWORD)]).await.ok();
        }
        assert_eq!(setup.accept(&token).await, "", "{call}");
    }
}

#[tokio::test]
async fn expired_invitation_of_removed_manager_is_suspended_but_not_counted() {
    let setup = Setup::new(|_| ()).await;
    let fields = [("email", AGAIN), ("expiry_days", "1")];
    setup.mara.post(&format!("{}/invitations", setup.path), &fields).await.ok();
    setup.app.advance(DAY * 2);
    assert_eq!(setup.remove_mara(&[]).await, json!({"success": true}));
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM invitations WHERE left_suspended = 1"), 1);
}

#[tokio::test]
async fn invitations_of_disabled_inviter_are_suspended_while_disabled() {
    let setup = Setup::new(|_| ()).await;
    let (id, token) = setup.invite_again().await;
    let disable = |value: u8| {
        setup.app.execute(&format!("UPDATE users SET disabled = {value} WHERE id = {}", setup.mara_id));
    };
    assert_eq!(setup.invitations().await[0]["suspended"], Value::Null);
    disable(1);
    assert_eq!(setup.invitations().await[0]["suspended"], "inviter_may_not_invite");
    assert_eq!(setup.accept(&token).await, "INVITATION_SUSPENDED");
    disable(0);
    assert_eq!(setup.invitations().await[0]["suspended"], Value::Null);
    disable(1);
    let resent = setup.owner.post(&format!("{}/invitations/{id}/resend", setup.path), &[]).await.ok();
    assert_eq!((&resent["suspended"], &resent["inviter"]["email"]), (&Value::Null, &json!("olga@example.com")));
}

#[tokio::test]
async fn suspended_invitation_is_not_mailed_again() {
    let setup = Setup::new(|settings| settings.invitations.reminder_days = vec![3]).await;
    setup.invite_again().await;
    let before = setup.app.mail_count(AGAIN);
    setup.remove_mara(&[]).await;
    setup.app.advance(DAY * 6);
    setup.app.drain().await;
    assert_eq!(setup.app.mail_count(AGAIN), before, "no reminder of a suspended invitation");
}

#[tokio::test]
async fn suspended_invitation_does_not_open_closed_sign_up() {
    let database = Arc::new(Database::create());
    let public = TestAppBuilder::with_shared_database(Arc::clone(&database)).build().await;
    let setup = Setup::on(public).await;
    let (id, token) = setup.invite_again().await;
    setup.remove_mara(&[]).await;
    let (path, owner) = (setup.path.clone(), setup.owner.cookie.lock().unwrap().clone());
    drop(setup);

    // The operator closes sign-up and restarts the server.
    let restrict = |settings: &mut Settings| settings.sign_up = SignUpMode::Restricted;
    let app = TestAppBuilder::with_shared_database(database).with_seed(9).with_settings(restrict).build().await;
    let fields = [("email", AGAIN), ("password", PASSWORD), ("invite_token", token.as_str())];
    app.anonymous().post("/auth/signup", &fields).await.assert_error(400, "INVITATION_SUSPENDED");
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 2);
    app.client_with_cookie(owner).post(&format!("{path}/invitations/{id}/resend"), &[]).await.ok();
    let token = app.mailed_token(AGAIN);
    let fields = [("email", AGAIN), ("password", PASSWORD), ("invite_token", token.as_str())];
    app.anonymous().post("/auth/signup", &fields).await.ok();
}

#[tokio::test]
async fn suspended_invitation_occupies_a_seat_until_it_is_revoked() {
    let setup = Setup::new(|settings| settings.seats.max_per_organization = 3).await;
    let (id, _) = setup.invite_again().await;
    setup.remove_mara(&[]).await;
    // Two of three seats: the owner, and the suspended invitation.
    let invite = async |email| setup.owner.post(&format!("{}/invitations", setup.path), &[("email", email)]).await;
    invite("a@example.com").await.ok();
    invite("b@example.com").await.assert_error(403, "ORGANIZATION_FULL");
    setup.owner.post(&format!("{}/invitations/{id}/discard", setup.path), &[]).await.ok();
    invite("b@example.com").await.ok();
}

#[tokio::test]
async fn removal_ends_ownership_offer() {
    let setup = Setup::new(|_| ()).await;
    setup.owner.post(&format!("{}/handover", setup.path), &[("member_id", &setup.mara_id)]).await.ok();
    setup.remove_mara(&[]).await;
    setup.owner.post(&format!("{}/invitations", setup.path), &[("email", MARA)]).await.ok();
    let back = setup.app.mailed_token(MARA);
    setup.mara.post("/organizations/invitations/accept", &[("token", &back)]).await.ok();
    let accepted = setup.mara.post(&format!("{}/handover/accept", setup.path), &[]).await;
    accepted.assert_error(404, "HANDOVER_NOT_FOUND");
}

#[tokio::test]
async fn page_tells_how_many_invitations_are_suspended_or_revoked() {
    for (language, open, revoke, suspended, revoked) in [
        ("en", "1 pending invitation", "Revoke them instead", "1 of their invitations is suspended", "was revoked"),
        ("de", "1 ausstehende Einladung", "Stattdessen widerrufen", "1 Einladung dieser Person ist", "widerrufen"),
    ] {
        for revokes in [false, true] {
            let setup = Setup::new(|_| ()).await;
            setup.owner.post("/language", &[("language", language)]).await.assert_redirect("/");
            setup.invite_again().await;
            let membership = text(&setup.mara.get("/me/organization-memberships").await.ok()[0]["id"]);
            let remove = format!("{}/-/members/{membership}/remove", setup.path);
            let page = setup.owner.post(&remove, &[]).await.assert_page(200, open);
            assert!(page.contains(revoke) && page.contains("name=\"revoke\""), "{page}");
            let fields = [("sure", "yes"), ("revoke", "yes")];
            let fields = if revokes { &fields[..] } else { &fields[..1] };
            let location = setup.owner.post(&remove, fields).await.assert_redirect(&setup.path);
            let flash = if revokes { revoked } else { suspended };
            setup.owner.get(&location).await.assert_page(200, flash);
            let pending = i64::from(!revokes);
            assert_eq!(setup.app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'"), pending);
        }
    }
}
