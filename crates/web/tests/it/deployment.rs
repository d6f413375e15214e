//! `/deployment`: public settings, sign-up modes and the waitlist.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use vestibule_core::node;
use vestibule_core::settings::SignUpMode;

use crate::harness::{PASSWORD, TestApp, TestAppBuilder, text};

#[tokio::test]
async fn deployment_describes_settings_to_clients() {
    let app = TestApp::with_settings(|settings| {
        settings.roles.permissions = vec!["orders:read".to_owned(), "orders:write".to_owned()];
        settings.roles.archived_permissions = vec!["orders:write".to_owned()];
        settings.organizations.max_per_user = 3;
        settings.seats.max_per_organization = 100;
    });
    let app = app.await;
    let response = app.anonymous().get("/deployment").await;
    assert!(!response.headers.contains_key("set-cookie"));
    let deployment = response.ok();
    for key in
        ["mode", "backend_host", "ui_settings", "auth_settings", "b2b_settings", "restrictions", "social_connections"]
    {
        assert!(!deployment[key].is_null(), "{key}");
    }
    assert_eq!((&deployment["mode"], &deployment["backend_host"]), (&json!("production"), &json!("vestibule.test")));
    let b2b = &deployment["b2b_settings"];
    assert_eq!((&b2b["max_orgs_per_user"], &b2b["limit_org_creation_per_user"]), (&json!(3), &json!(true)));
    assert_eq!(
        (&b2b["max_allowed_org_members"], &b2b["limit_workspace_creation_per_org"]),
        (&json!(100), &json!(false))
    );
    assert_eq!(b2b["permission_catalog"][1], json!({"key": "orders:write", "archived": true}));
    assert_eq!(deployment["restrictions"]["sign_up_mode"], "public");
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let roles = owner.get(&format!("/organizations/{organization}/roles")).await.ok();
    let ids: Vec<_> = roles.as_array().unwrap().iter().map(|role| text(&role["id"])).collect();
    assert!(ids.contains(&text(&b2b["default_org_creator_role_id"])));
    let meta: Value = serde_json::from_str(&app.anonymous().get("/.well-known/meta").await.text).unwrap();
    assert_eq!(meta, deployment["ui_settings"]);
    // Clients decode the server's URL from the publishable key.
    let key = text(&deployment["publishable_key"]);
    let url = STANDARD.decode(key.strip_prefix("pk_live_").unwrap()).unwrap();
    assert_eq!(url, b"http://vestibule.test");
}

#[tokio::test]
async fn closed_sign_up_requires_invitation() {
    for (mode, status, code) in
        [(SignUpMode::Restricted, 403, "SIGNUP_RESTRICTED"), (SignUpMode::Waitlist, 400, "SIGNUP_WAITLIST_ONLY")]
    {
        let app = TestApp::start().await;
        let (owner, organization) = app.create_organization("olga@example.com").await;
        let (cookie, database) = (owner.cookie.lock().unwrap().clone(), Arc::clone(&app.inner.database));
        node::renew_lease_loop(&app.inner.service, async {}).await;
        drop((owner, app));
        let builder = TestAppBuilder::with_shared_database(database).with_seed(8);
        let closed = builder.with_settings(move |settings| settings.sign_up = mode).build().await;
        let owner = closed.client_with_cookie(cookie);
        let sign_up_fields = |token: &str| {
            vec![
                ("email".to_owned(), "nina@example.com".to_owned()),
                ("password".to_owned(), PASSWORD.to_owned()),
                ("invite_token".to_owned(), token.to_owned()),
            ]
        };
        let sign_up = async |token: &str| {
            let fields = sign_up_fields(token);
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            closed.anonymous().post("/auth/signup", &fields).await
        };
        sign_up("").await.assert_error(status, code);
        sign_up("inv_x").await.assert_error(400, "INVALID_INVITATION_TOKEN");
        assert_eq!(closed.count("SELECT COUNT(*) FROM users"), 1);
        let invited = [("email", "nina@example.com")];
        let invitation = owner.post(&format!("/organizations/{organization}/invitations"), &invited).await.ok();
        sign_up(invitation["token"].as_str().unwrap()).await.ok();
        assert_eq!(closed.count("SELECT COUNT(*) FROM users"), 2);
    }
}

#[tokio::test]
async fn waitlist_does_not_reveal_existing_entries() {
    let app = TestApp::with_settings(|settings| {
        settings.sign_up = SignUpMode::Waitlist;
        settings.passwords.attempts_per_address = 5;
    });
    let app = app.await;
    let join =
        async |email: &str| app.anonymous().post("/waitlist/join", &[("email", email), ("first_name", "N")]).await;
    let comparable = |joined: Value| {
        (joined["message"].clone(), joined["entry"]["email"].clone(), joined["entry"]["first_name"].clone())
    };
    let first = comparable(join("Nina@Example.com").await.ok());
    assert_eq!(first, (json!("Successfully joined waitlist"), json!("nina@example.com"), json!("N")));
    assert_eq!(comparable(join("nina@example.com").await.ok()), first, "joining twice gets the same response");
    assert_eq!(app.count("SELECT COUNT(*) FROM waitlist"), 1);
    join("nobody").await.assert_error(400, "INVALID_EMAIL");
    app.anonymous().post("/waitlist/join", &[]).await.assert_error(400, "REQUIRED_FIELD");
    for number in 0..3 {
        join(&format!("n{number}@example.com")).await.ok();
    }
    join("late@example.com").await.assert_error(429, "TOO_MANY_REQUESTS");
    let open = TestApp::start().await;
    open.anonymous()
        .post("/waitlist/join", &[("email", "nina@example.com")])
        .await
        .assert_error(400, "WAITLIST_CLOSED");
}
