//! Discarding takes the authority over what an invitation grants, as sending it does.

use serde_json::json;

use super::invite;
use crate::harness::{DAY, TestApp, TestClient, create_role, create_workspace, text};

/// An organization with Mina, who may only manage members.
struct Setup {
    app: TestApp,
    owner: TestClient,
    mina: TestClient,
    path: String,
    admin: String,
}

async fn setup() -> Setup {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let manager = create_role(&owner, &path, &["organization:manage_members"]).await;
    let mina = app.create_member(&owner, &organization, "mina@example.com", &manager).await;
    let admin = owner.admin_role(&path).await;
    Setup { app, owner, mina, path, admin }
}

impl Setup {
    async fn invite(&self, client: &TestClient, fields: &[(&str, &str)]) -> String {
        text(&client.post(&format!("{}/invitations", self.path), fields).await.ok()["id"])
    }

    fn statuses(&self) -> Vec<String> {
        let rows =
            self.app.inner.database.rows("SELECT status FROM invitations WHERE status <> 'accepted' ORDER BY id");
        rows.into_iter().map(|row| row[0].clone()).collect()
    }
}

#[tokio::test]
async fn manager_of_members_cannot_discard_or_resend_an_admins_invitation() {
    let setup = setup().await;
    let (owner, mina, path) = (&setup.owner, &setup.mina, &setup.path);
    let admin = setup.invite(owner, &[("email", "anna@example.com"), ("role_id", &setup.admin)]).await;
    let before = setup.app.row_counts();
    for verb in ["discard", "resend"] {
        let refused = mina.post(&format!("{path}/invitations/{admin}/{verb}"), &[]).await;
        refused.assert_error(403, "ROLE_EXCEEDS_YOURS");
    }
    assert_eq!((setup.app.row_counts(), setup.statuses()), (before, vec!["pending".to_owned()]));
    // An invitation that Mina could have sent is hers to discard, whoever sent it.
    let member = setup.invite(owner, &[("email", "kim@example.com")]).await;
    mina.post(&format!("{path}/invitations/{member}/discard"), &[]).await.ok();
    mina.post(&format!("{path}/invitations/{member}/discard"), &[]).await.assert_error(400, "INVITATION_NOT_PENDING");
    owner.post(&format!("{path}/invitations/{admin}/discard"), &[]).await.ok();
    mina.post(&format!("{path}/invitations/{admin}/discard"), &[]).await.assert_error(400, "INVITATION_NOT_PENDING");
    mina.post(&format!("{path}/invitations/1/discard"), &[]).await.assert_error(404, "INVITATION_NOT_FOUND");
}

#[tokio::test]
async fn inviter_discards_their_own_invitation_after_losing_the_permission_that_it_grants() {
    let setup = setup().await;
    let (owner, mina, path) = (&setup.owner, &setup.mina, &setup.path);
    let buyer = create_role(owner, path, &["purchases:write"]).await;
    let membership = super::membership_of(mina).await;
    let role = |verb: &str| format!("{path}/members/{membership}/roles/{buyer}/{verb}");
    owner.post(&role("add"), &[]).await.ok();
    let sent = setup.invite(mina, &[("email", "kim@example.com"), ("role_id", &buyer)]).await;
    owner.post(&role("remove"), &[]).await.ok();
    mina.post(&format!("{path}/invitations/{sent}/resend"), &[]).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    mina.post(&format!("{path}/invitations/{sent}/discard"), &[]).await.ok();
}

#[tokio::test]
async fn manager_of_members_cannot_replace_an_admins_expired_invitation() {
    let setup = setup().await;
    let (owner, mina, path) = (&setup.owner, &setup.mina, &setup.path);
    let organization = path.rsplit('/').next().unwrap();
    let admin = setup.invite(owner, &[("email", "anna@example.com"), ("role_id", &setup.admin)]).await;
    setup.invite(owner, &[("email", "kim@example.com")]).await;
    setup.app.advance(DAY * 8);
    invite(mina, organization, "anna@example.com").await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    let rows = json!({"invitations": [{"email": "anna@example.com"}, {"email": "kim@example.com"}]});
    let result = mina.post_json(&format!("{path}/invitations/bulk"), &rows).await.ok();
    assert_eq!(result["results"][0]["code"], "ROLE_EXCEEDS_YOURS", "{result}");
    assert!(result["results"][1]["code"].is_null(), "{result}");
    assert_eq!(setup.statuses(), ["pending", "discarded", "pending"]);
    // The owner can, one by one and in bulk.
    invite(owner, organization, "anna@example.com").await.ok();
    assert_eq!(setup.statuses(), ["discarded", "discarded", "pending", "pending"]);
    setup.app.advance(DAY * 8);
    let rows = json!({"invitations": [{"email": "anna@example.com"}]});
    owner.post_json(&format!("{path}/invitations/bulk"), &rows).await.ok();
    assert_eq!(setup.statuses(), ["discarded", "discarded", "pending", "discarded", "pending"]);
    owner.post(&format!("{path}/invitations/{admin}/resend"), &[]).await.assert_error(400, "INVITATION_NOT_PENDING");
}

/// Both expired invitations grant the shared role Admin, each in its own workspace.
#[tokio::test]
async fn authority_in_one_workspace_does_not_replace_an_expired_invitation_of_another() {
    let setup = setup().await;
    let (owner, mina, path) = (&setup.owner, &setup.mina, &setup.path);
    let organization = path.rsplit('/').next().unwrap();
    let (own, other) = (create_workspace(owner, organization).await, create_workspace(owner, organization).await);
    let admin = owner.admin_role(&format!("/workspaces/{own}")).await;
    let mina_address = ("email", "mina@example.com");
    owner.post(&format!("/workspaces/{own}/members"), &[mina_address, ("role_id", &admin)]).await.ok();
    owner.post(&format!("/workspaces/{other}/members"), &[mina_address]).await.ok();
    for (email, workspace) in [("kim@example.com", &own), ("anna@example.com", &other)] {
        setup.invite(owner, &[("email", email), ("workspace_id", workspace), ("workspace_role_id", &admin)]).await;
    }
    setup.app.advance(DAY * 8);
    let rows = json!({"invitations": [
        {"email": "kim@example.com", "workspace_id": own},
        {"email": "anna@example.com", "workspace_id": other},
    ]});
    let result = mina.post_json(&format!("{path}/invitations/bulk"), &rows).await.ok();
    assert!(result["results"][0]["code"].is_null(), "{result}");
    assert_eq!(result["results"][1]["code"], "ROLE_EXCEEDS_YOURS", "{result}");
    assert_eq!(setup.statuses(), ["discarded", "pending", "pending"]);
}

#[tokio::test]
async fn workspace_role_of_an_invitation_counts_for_discarding() {
    let setup = setup().await;
    let (owner, mina, path) = (&setup.owner, &setup.mina, &setup.path);
    let workspace = create_workspace(owner, path.rsplit('/').next().unwrap()).await;
    let fields = [("email", "kim@example.com"), ("workspace_id", workspace.as_str())];
    let sent = setup.invite(owner, &fields).await;
    let discard = format!("{path}/invitations/{sent}/discard");
    mina.post(&discard, &[]).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    owner.post(&format!("/workspaces/{workspace}/members"), &[("email", "mina@example.com")]).await.ok();
    mina.post(&discard, &[]).await.ok();
}

#[tokio::test]
async fn invitation_with_a_removed_role_can_be_discarded() {
    let setup = setup().await;
    let (owner, mina, path) = (&setup.owner, &setup.mina, &setup.path);
    let buyer = create_role(owner, path, &["purchases:write"]).await;
    let sent = setup.invite(owner, &[("email", "kim@example.com"), ("role_id", &buyer)]).await;
    let discard = format!("{path}/invitations/{sent}/discard");
    mina.post(&discard, &[]).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    setup.app.execute(&format!("UPDATE organization_roles SET removed_at = updated_at WHERE id = {buyer}"));
    mina.post(&discard, &[]).await.ok();
}

#[tokio::test]
async fn removing_a_member_revokes_only_invitations_that_the_remover_could_have_sent() {
    let setup = setup().await;
    let (owner, mina, path) = (&setup.owner, &setup.mina, &setup.path);
    let buyer = create_role(owner, path, &["purchases:write"]).await;
    let manager = create_role(owner, path, &["organization:manage_members"]).await;
    let kim = setup.app.create_member(owner, path.rsplit('/').next().unwrap(), "kim@example.com", &manager).await;
    let membership = super::membership_of(&kim).await;
    let role = |verb: &str| format!("{path}/members/{membership}/roles/{buyer}/{verb}");
    owner.post(&role("add"), &[]).await.ok();
    setup.invite(&kim, &[("email", "a@example.com"), ("role_id", &buyer)]).await;
    setup.invite(&kim, &[("email", "b@example.com")]).await;
    owner.post(&role("remove"), &[]).await.ok();
    let removed = mina.post(&format!("{path}/members/{membership}/remove"), &[("invitations", "revoke")]).await.ok();
    assert_eq!((&removed["revoked_invitations"], &removed["suspended_invitations"]), (&json!(1), &json!(1)));
    assert_eq!(setup.statuses(), ["pending", "discarded"]);
    let listed = owner.get(&format!("{path}/invitations")).await.ok();
    assert_eq!(listed[0]["suspended"], "inviter_has_left");
}
