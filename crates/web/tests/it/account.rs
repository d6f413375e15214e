//! The caller's own account: names, email addresses, picture, password, sign-ins, deletion.

use futures_util::future::join_all;
use image::ImageFormat;
use serde_json::{Value, json};
use vestibule_core::images::delete_unused;
use vestibule_testbed::invariants;

use crate::harness::{PASSWORD, TestApp, TestClient, text};
use crate::images;

const OTHER: &str = "open-sesame-43";

#[tokio::test]
async fn updates_names_and_keeps_usernames_unique() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.create_user("ada@example.com").await, app.create_user("ben@example.com").await);
    let changed = ada.post("/me", &[("first_name", "Ada"), ("username", "Ada.L")]).await.ok();
    assert_eq!((&changed["first_name"], &changed["last_name"]), (&json!("Ada"), &json!("Test")));
    assert_eq!(ada.get("/me").await.ok()["username"], "Ada.L");
    ben.post("/me", &[("username", "ada.l")]).await.assert_error(400, "USERNAME_EXISTS");
    ada.post("/me", &[("username", "ADA.L")]).await.ok();
    for (field, value) in [("first_name", "a\u{202e}b"), ("username", "a"), ("last_name", &"x".repeat(101))] {
        let code = if field == "username" { "INVALID_USERNAME" } else { "INVALID_FIELD" };
        ada.post("/me", &[(field, value)]).await.assert_error(400, code);
    }
    ada.post("/me", &[("second_factor_policy", "enforced")]).await.assert_error(400, "SECOND_FACTOR_MISSING");
    ada.post("/me", &[("second_factor_policy", "none")]).await.ok();
    ada.post("/me", &[("frist_name", "Ada")]).await.assert_error(400, "UNKNOWN_FIELD");
    ada.post("/me", &[("username", "")]).await.ok();
    assert_eq!(ben.post("/me", &[("username", "ada.l")]).await.ok()["username"], "ada.l");
}

#[tokio::test]
async fn adds_verifies_and_deletes_email_addresses() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let nina = app.create_member(&owner, &organization, "nina@example.com", "").await;
    let first = nina.get("/me/email-addresses").await.ok()[0].clone();
    let added = nina.post("/me/email-addresses", &[("email", "Nina.Private@Example.com")]).await.ok();
    assert_eq!((&added["primary"], &added["verified"]), (&json!(false), &json!(false)));
    let (old, new) = (text(&first["id"]), text(&added["id"]));
    let path = |id: &str, verb: &str| format!("/me/email-addresses/{id}{verb}");
    assert_eq!(nina.get(&path(&new, "")).await.ok(), added);
    nina.post("/me/email-addresses", &[("email", "nina.private@example.com")]).await.assert_error(400, "EMAIL_EXISTS");
    nina.post("/me/email-addresses", &[("email", "nina@example.com")]).await.assert_error(400, "EMAIL_EXISTS");
    nina.post("/me/email-addresses", &[("email", "nobody")]).await.assert_error(400, "INVALID_EMAIL");
    nina.post(&path(&new, "/make-primary"), &[]).await.assert_error(400, "EMAIL_NOT_VERIFIED");
    owner.post(&path(&new, "/delete"), &[]).await.assert_error(404, "EMAIL_ADDRESS_NOT_FOUND");
    owner.get(&path(&new, "")).await.assert_error(404, "EMAIL_ADDRESS_NOT_FOUND");
    // Accepting an invitation with the mailed token verifies the address.
    let (other, other_session) = app.create_organization("otto@example.com").await;
    let invited = [("email", "nina.private@example.com")];
    other.post(&format!("/organizations/{other_session}/invitations"), &invited).await.ok();
    let token = app.mailed_token("nina.private@example.com");
    nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    nina.post("/me", &[("primary_email_address_id", &new)]).await.ok();
    assert_eq!(nina.get("/me").await.ok()["email"], "nina.private@example.com");
    nina.post(&path(&new, "/delete"), &[]).await.assert_error(400, "EMAIL_IS_PRIMARY");
    // Concurrent changes leave exactly one primary address.
    let both = (0..20).map(|round| {
        let path = path(if round % 2 == 0 { &old } else { &new }, "/make-primary");
        let nina = &nina;
        async move { nina.post(&path, &[]).await.ok() }
    });
    join_all(both).await;
    let addresses = nina.get("/me/email-addresses").await.ok();
    let primary = addresses.as_array().unwrap().iter().filter(|one| one["is_primary"] == true).count();
    assert_eq!(primary, 1);
    nina.post(&path(&old, "/make-primary"), &[]).await.ok();
    nina.post(&path(&new, "/delete"), &[]).await.ok();
    for number in 0..9 {
        nina.post("/me/email-addresses", &[("email", &format!("n{number}@example.com"))]).await.ok();
    }
    nina.post("/me/email-addresses", &[("email", "n9@example.com")]).await.assert_error(400, "TOO_MANY_ADDRESSES");
}

#[tokio::test]
async fn sets_and_removes_profile_picture() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let png = images::encode(ImageFormat::Png, 5, 5);
    assert_eq!(owner.post_file("/me/profile-picture", &[], ("file", &png)).await.ok(), Value::Null);
    let me = owner.get("/me").await.ok();
    let url = text(&me["profile_picture_url"]);
    assert!(me["has_profile_picture"] == true && url.starts_with("http://vestibule.test/images/"));
    let members = owner.get(&format!("/organizations/{organization}/members")).await.ok();
    assert_eq!(members["data"][0]["user"]["profile_picture_url"], url.as_str());
    owner.post("/me/profile-picture", &[]).await.assert_error(400, "REQUIRED_FIELD");
    owner.post_file("/me/profile-picture", &[], ("file", b"GIF89a")).await.assert_error(400, "IMAGE_UNREADABLE");
    let without = owner.post("/me", &[("remove_profile_picture", "true")]).await.ok();
    assert_eq!((&without["has_profile_picture"], &without["profile_picture_url"]), (&json!(false), &json!("")));
    invariants::assert_hold(&app.inner.database, &[]);
}

async fn sign_in(app: &TestApp, email: &str, password: &str) -> TestClient {
    let client = app.anonymous();
    client.post("/auth/signin", &[("email", email), ("password", password)]).await.ok();
    client
}

#[tokio::test]
async fn changing_password_ends_other_sign_ins() {
    let app = TestApp::start().await;
    let ada = app.create_user("ada@example.com").await;
    let other_session = sign_in(&app, "ada@example.com", PASSWORD).await;
    let change = |before: &'static str| [("current_password", before), ("new_password", OTHER)];
    ada.post("/me/update-password", &change("wrong")).await.assert_error(400, "PASSWORD_WRONG");
    ada.post("/me/update-password", &[("new_password", OTHER)]).await.assert_error(400, "REQUIRED_FIELD");
    let short = [("current_password", PASSWORD), ("new_password", "short")];
    ada.post("/me/update-password", &short).await.assert_error(400, "INVALID_PASSWORD");
    other_session.get("/me").await.ok();
    ada.post("/me/update-password", &change(PASSWORD)).await.ok();
    other_session.get("/me").await.assert_error(401, "UNAUTHORIZED");
    ada.get("/me").await.ok();
    let old = [("email", "ada@example.com"), ("password", PASSWORD)];
    app.anonymous().post("/auth/signin", &old).await.assert_error(401, "INVALID_CREDENTIALS");
    sign_in(&app, "ada@example.com", OTHER).await;
    ada.post("/me/remove-password", &[("current_password", PASSWORD)]).await.assert_error(400, "PASSWORD_WRONG");
    ada.post("/me/remove-password", &[("current_password", OTHER)])
        .await
        .assert_error(400, "NO_ALTERNATIVE_AUTH_METHOD");
    for _ in 0..9 {
        ada.post("/me/update-password", &change("wrong")).await;
    }
    ada.post("/me/update-password", &change(OTHER)).await.assert_error(429, "TOO_MANY_REQUESTS");
}

#[tokio::test]
async fn lists_and_ends_own_sign_ins() {
    let app = TestApp::start().await;
    let ada = app.create_user("ada@example.com").await;
    let other_session = sign_in(&app, "ada@example.com", PASSWORD).await;
    let ben = app.create_user("ben@example.com").await;
    let listed = ada.get("/me/signins").await.ok();
    let [other, here] = &listed.as_array().unwrap()[..] else { panic!("{listed}") };
    assert_eq!((&other["current"], &here["current"]), (&json!(false), &json!(true)));
    let end = format!("/me/signins/{}/signout", text(&other["id"]));
    ben.post(&end, &[]).await.assert_error(400, "SIGN_IN_NOT_FOUND");
    assert_eq!(ada.post(&end, &[]).await.ok(), Value::Null);
    other_session.get("/me").await.assert_error(401, "UNAUTHORIZED");
    ada.post(&end, &[]).await.assert_error(400, "SIGN_IN_NOT_FOUND");
    ada.post(&format!("/me/signins/{}/signout", text(&here["id"])), &[]).await.ok();
    ada.get("/me").await.assert_error(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn deletes_account_unless_it_is_last_admin() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Lab")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let nina = app.create_workspace_member(&owner, &organization, &workspace, "nina@example.com").await;
    let png = images::encode(ImageFormat::Png, 5, 5);
    nina.post_file("/me/profile-picture", &[], ("file", &png)).await.ok();
    let deleted = text(&nina.post("/organizations", &[("name", "Hers, deleted")]).await.ok()["organization"]["id"]);
    let attic = [("organization_id", deleted.as_str()), ("name", "Attic")];
    nina.post("/workspaces", &attic).await.ok();
    nina.post(&format!("/organizations/{deleted}/delete"), &[]).await.ok();
    let delete = [("password", PASSWORD)];
    owner.post("/me/account/delete", &[]).await.assert_error(403, "LAST_ADMIN");
    owner.post("/me/account/delete", &[("password", "wrong")]).await.assert_error(400, "PASSWORD_WRONG");
    let refused = owner.post("/me/account/delete", &delete).await.assert_error(403, "LAST_ADMIN");
    let message = text(&refused["message"]);
    assert!(message.contains("Acme") && message.contains("Lab"), "{message}");
    owner.get("/me").await.ok();

    let other_browser = sign_in(&app, "nina@example.com", PASSWORD).await;
    nina.post("/me/account/delete", &delete).await.ok();
    for client in [&nina, &other_browser] {
        client.get("/me").await.assert_error(401, "UNAUTHORIZED");
    }
    let old = [("email", "nina@example.com"), ("password", PASSWORD)];
    app.anonymous().post("/auth/signin", &old).await.assert_error(401, "INVALID_CREDENTIALS");
    let members = owner.get(&format!("/organizations/{organization}/members")).await.ok();
    assert_eq!(members["meta"]["total"], 1);
    invariants::assert_hold(&app.inner.database, &[]);
    app.advance(std::time::Duration::from_hours(1));
    assert_eq!(delete_unused(&app.inner.service).await.unwrap(), 1, "the profile picture");
    app.create_user("nina@example.com").await.get("/me/deleted-organizations").await.ok();
}
