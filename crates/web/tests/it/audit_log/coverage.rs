//! What an admin or an auditor asks about, and finds.

use serde_json::{Value, json};
use vestibule_core::execution::Caller;
use vestibule_core::operator::{DisableUser, ResetPassword};

use super::{actions, find, member_id, sealed};
use crate::harness::{PASSWORD, TestApp, text};
use crate::platform::PlatformClient;

/// Returns the entries of the installation, oldest first.
async fn of_installation(app: &TestApp) -> Vec<Value> {
    let backend = PlatformClient::new(app, "audit_log:read").await;
    let mut entries = backend.get("/audit-log?limit=1000").await.page();
    entries.reverse();
    entries
}

fn count(entries: &[Value], action: &str) -> usize {
    actions(entries).iter().filter(|found| **found == action).count()
}

#[tokio::test]
async fn who_exported_lists() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let kim = app.create_member(&owner, &organization, "kim@example.com", "").await;
    assert_eq!(owner.get(&format!("{path}/members.csv")).await.status, 200);
    assert_eq!(owner.get(&format!("{path}/invitations.csv")).await.status, 200);
    assert_eq!(owner.get(&format!("{path}/audit-log.csv")).await.status, 200);
    kim.get(&format!("{path}/invitations.csv")).await.assert_error(403, "FORBIDDEN");
    let entries = sealed(&app, &owner, &organization).await;
    let olga = json!({"type": "user", "id": member_id(&owner).await, "impersonator_id": null});
    for action in
        ["organization.members.exported", "organization.invitations.exported", "organization.audit_log.exported"]
    {
        assert_eq!(count(&entries, action), 1, "{action}");
        let entry = find(&entries, action);
        assert_eq!((&entry["actor"], &entry["target"]["id"]), (&olga, &json!(organization)), "{action}");
    }
}

#[tokio::test]
async fn which_roles_a_transferred_ownership_changed() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let nina = app.create_member(&owner, &organization, "nina@example.com", "").await;
    let path = format!("/organizations/{organization}");
    let admin = owner.admin_role(&path).await;
    let membership = text(&nina.get("/me/organization-memberships").await.ok()[0]["id"]);
    owner.post(&format!("{path}/handover"), &[("member_id", &membership)]).await.ok();
    nina.post(&format!("{path}/handover/accept"), &[]).await.ok();
    let entries = sealed(&app, &nina, &organization).await;
    let (olga, nina) = (member_id(&owner).await, member_id(&nina).await);
    let offered = find(&entries, "organization.ownership_transfer.created");
    assert_eq!(offered["target"], json!({"type": "user", "id": nina}));
    assert_eq!(offered["data"]["membership_id"], json!(membership));
    for (user, place) in [(&nina, "after"), (&olga, "before")] {
        let is_of_user = |entry: &&Value| {
            entry["action"] == "organization.member.role.updated" && entry["target"]["id"] == user.as_str()
        };
        let changes: Vec<_> = entries.iter().filter(is_of_user).collect();
        assert_eq!(changes.len(), 1, "{entries:#?}");
        assert_eq!(changes[0]["actor"]["id"], json!(nina));
        let has_admin = |place: &str| changes[0]["data"][place]["role_ids"].as_array().unwrap().contains(&json!(admin));
        let other = if place == "after" { "before" } else { "after" };
        assert!(has_admin(place) && !has_admin(other), "{changes:#?}");
    }
}

#[tokio::test]
async fn that_a_disabled_user_is_offered_no_ownership_any_more() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let nina = app.create_member(&owner, &organization, "nina@example.com", "").await;
    let path = format!("/organizations/{organization}/handover");
    let user = member_id(&nina).await;
    owner.post(&path, &[("member_id", &user)]).await.ok();
    app.inner.service.run(&Caller::operator(), DisableUser { user: user.parse().unwrap() }).await.result.unwrap();
    let entries = sealed(&app, &owner, &organization).await;
    let withdrawn = find(&entries, "organization.ownership_transfer.withdrawn");
    assert_eq!(withdrawn["actor"]["type"], "operator");
}

#[tokio::test]
async fn that_the_attempts_at_an_account_are_used_up() {
    let app = TestApp::with_settings(|settings| settings.passwords.attempts_per_account = 3).await;
    let ada = member_id(&app.create_user("ada@example.com").await).await;
    for email in ["ada@example.com", "nobody@example.com"] {
        for _ in 0..3 {
            let fields = [("email", email), ("password", "wrong-password")];
            app.anonymous().post("/auth/signin", &fields).await.assert_error(401, "INVALID_CREDENTIALS");
        }
        let fields = [("email", email), ("password", PASSWORD)];
        app.anonymous().post("/auth/signin", &fields).await.assert_error(429, "TOO_MANY_REQUESTS");
    }
    let entries = of_installation(&app).await;
    assert_eq!(count(&entries, "user.locked"), 1, "{entries:#?}");
    let locked = find(&entries, "user.locked");
    assert_eq!((&locked["actor"]["type"], &locked["target"]["id"]), (&json!("anonymous"), &json!(ada)));
    assert_eq!(locked["data"]["attempted"], "sign_in");
    assert_eq!(locked["personal"]["client_address"], "127.0.0.1");
}

#[tokio::test]
async fn that_the_attempts_at_a_username_are_used_up() {
    let app = TestApp::with_settings(|settings| settings.passwords.attempts_per_account = 2).await;
    let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("username", "ada")];
    let ada = app.anonymous();
    ada.post("/auth/signup", &fields).await.ok();
    for _ in 0..2 {
        let fields = [("username", "ADA"), ("password", "wrong-password")];
        app.anonymous().post("/auth/signin", &fields).await.assert_error(401, "INVALID_CREDENTIALS");
    }
    let entries = of_installation(&app).await;
    assert_eq!(find(&entries, "user.locked")["target"]["id"], member_id(&ada).await);
}

#[tokio::test]
async fn when_an_impersonation_began_and_ended() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:impersonate").await;
    let (ada, nora) = (app.create_user("ada@example.com").await, app.create_user("nora@example.com").await);
    let (user, agent) = (member_id(&ada).await, member_id(&nora).await);
    let fields = json!({"ticket_type": "impersonation", "user_id": user, "actor_id": agent});
    let sign_in = async || {
        let ticket = text(&backend.post("/session/tickets", &fields).await.ok()["ticket"]);
        let browser = app.anonymous();
        browser.get(&format!("/session/ticket/exchange?ticket={ticket}")).await.ok();
        app.drain().await;
        browser
    };
    sign_in().await.post("/session/sign-out", &[]).await.ok();
    sign_in().await;
    // The user ends the second one.
    let sign_ins = ada.get("/me/signins").await.ok();
    let foreign = sign_ins.as_array().unwrap().iter().find(|sign_in| sign_in["impersonator_id"] == agent.as_str());
    ada.post(&format!("/me/signins/{}/signout", text(&foreign.unwrap()["id"])), &[]).await.ok();
    let entries = of_installation(&app).await;
    assert_eq!((count(&entries, "impersonation.started"), count(&entries, "impersonation.ended")), (2, 2));
    let ticket = find(&entries, "impersonation.ticket.created");
    assert_eq!(ticket["actor"], json!({"type": "api_key", "id": backend.id, "impersonator_id": null}));
    let started = find(&entries, "impersonation.started");
    assert_eq!(started["data"]["impersonator_id"], json!(agent));
    assert!(started["data"]["expires_at"].is_string(), "{started}");
    let actors: Vec<_> = entries
        .iter()
        .filter(|entry| entry["action"] == "impersonation.ended")
        .map(|entry| {
            assert_eq!(entry["target"]["id"], json!(user));
            assert_eq!(entry["data"]["impersonator_id"], json!(agent));
            (&entry["actor"]["id"], &entry["actor"]["impersonator_id"])
        })
        .collect();
    assert_eq!(actors, [(&json!(user), &json!(agent)), (&json!(user), &json!(null))]);
}

#[tokio::test]
async fn that_the_operator_removed_a_password_if_there_was_one() {
    let app = TestApp::start().await;
    let ada = member_id(&app.create_user("ada@example.com").await).await;
    app.verify_all_addresses();
    for _ in 0..2 {
        let command = ResetPassword { user: ada.parse().unwrap() };
        app.inner.service.run(&Caller::operator(), command).await.result.unwrap();
    }
    app.drain().await;
    let entries = of_installation(&app).await;
    assert_eq!(count(&entries, "user.password.removed"), 1);
    let removed = find(&entries, "user.password.removed");
    assert_eq!((&removed["actor"]["type"], &removed["target"]["id"]), (&json!("operator"), &json!(ada)));
    assert_eq!(find(&entries, "session.all_deleted")["actor"]["type"], "operator");
}

#[tokio::test]
async fn why_the_invitations_of_a_revoked_key_are_suspended() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let (admin, key) =
        (PlatformClient::new(&app, "*").await, PlatformClient::new(&app, "keys:write invitations:write").await);
    let fields = json!({"name": "Child", "scopes": ["invitations:write"]});
    let child = PlatformClient::with_key(&app, &text(&key.post("/keys", &fields).await.ok()["secret"]));
    let invitations = format!("/organizations/{organization}/invitations");
    for (number, client) in [&key, &key, &child].into_iter().enumerate() {
        client.post(&invitations, &json!({"email": format!("{number}@example.com")})).await.ok();
    }
    let fields = json!({"suspend_invitations": true, "revoke_created_keys": true});
    admin.post(&format!("/keys/{}/revoke", key.id), &fields).await.ok();
    let entries = sealed(&app, &owner, &organization).await;
    let suspended = find(&entries, "organization.invitation.suspended");
    assert_eq!(suspended["actor"], json!({"type": "api_key", "id": admin.id, "impersonator_id": null}));
    assert_eq!((&suspended["data"]["api_key_id"], &suspended["data"]["count"]), (&json!(key.id), &json!(3)));
    let of_installation = of_installation(&app).await;
    assert_eq!(count(&of_installation, "api_key.deleted"), 2);
    assert_eq!(find(&of_installation, "api_key.invitations.suspended")["data"]["count"], 3);
}

#[tokio::test]
async fn what_one_call_of_a_backend_changed() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let backend = PlatformClient::new(&app, "*").await;
    let fields = json!({"name": "Acme Ltd", "private_metadata": {"plan": "gold"}});
    backend.patch(&format!("/organizations/{organization}"), &fields).await.ok();
    let entries = sealed(&app, &owner, &organization).await;
    assert_eq!(count(&entries, "organization.updated"), 1);
    let updated = &find(&entries, "organization.updated")["data"];
    assert_eq!((&updated["before"]["name"], &updated["after"]["name"]), (&json!("Acme"), &json!("Acme Ltd")));
    assert_eq!(updated["metadata_changed"], json!(true));
    assert!(!updated.to_string().contains("gold"), "{updated}");
    let ada = member_id(&app.create_user("ada@example.com").await).await;
    let fields = json!({"first_name": "Augusta", "public_metadata": {"plan": "gold"}});
    backend.patch(&format!("/users/{ada}"), &fields).await.ok();
    let entries = of_installation(&app).await;
    assert_eq!(count(&entries, "user.updated"), 1);
    let updated = find(&entries, "user.updated");
    assert_eq!(updated["personal"]["after"], json!({"first_name": "Augusta"}));
    assert_eq!(updated["data"]["metadata_changed"], json!(true));
}

#[tokio::test]
async fn who_used_an_invitation_to_sign_up() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "invitations:write").await;
    let invitation = backend.post("/invitations", &json!({"email_address": "ada@example.com"})).await.ok();
    let mail = app.mail("ada@example.com");
    let (_, token) = mail.text.split_once("invite_token=").unwrap();
    let token = token.split_whitespace().next().unwrap();
    let ada = member_id(&app.create_invited_user("ada@example.com", token).await).await;
    let entries = of_installation(&app).await;
    let created = find(&entries, "deployment.invitation.created");
    assert_eq!((&created["actor"]["id"], &created["target"]["id"]), (&json!(backend.id), &invitation["id"]));
    let accepted = find(&entries, "deployment.invitation.accepted");
    assert_eq!((&accepted["actor"]["id"], &accepted["target"]["id"]), (&json!(ada), &invitation["id"]));
}

#[tokio::test]
async fn whose_metadata_a_backend_replaced() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let olga = member_id(&owner).await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = format!("/organizations/{organization}/members/{olga}");
    backend.patch(&path, &json!({"public_metadata": {"seat": 4}})).await.ok();
    let workspace = text(
        &owner.post("/workspaces", &[("name", "Web"), ("organization_id", &organization)]).await.ok()["workspace"]["id"],
    );
    let path = format!("/workspaces/{workspace}/members/{olga}");
    backend.patch(&path, &json!({"public_metadata": {"seat": 5}})).await.ok();
    let entries = sealed(&app, &owner, &organization).await;
    for action in ["organization.member.updated", "workspace.member.updated"] {
        assert_eq!(find(&entries, action)["target"], json!({"type": "user", "id": olga}), "{action}");
    }
}

#[tokio::test]
async fn until_when_the_old_secret_of_a_key_is_valid() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let rotated = backend.post(&format!("/keys/{}/rotate", backend.id), &json!({"grace_hours": 2})).await.ok();
    let entries = of_installation(&app).await;
    let entry = find(&entries, "api_key.rotated");
    assert_eq!((&entry["actor"]["id"], &entry["target"]["id"]), (&json!(backend.id), &rotated["id"]));
    assert!(entry["data"]["old_secret_expires_at"].is_string(), "{entry}");
}
