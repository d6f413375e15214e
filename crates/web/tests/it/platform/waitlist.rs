//! The waitlist.

use serde_json::json;
use vestibule_core::settings::SignUpMode;

use super::PlatformClient;
use crate::harness::{PASSWORD, TestApp, text};

async fn start() -> (TestApp, PlatformClient) {
    let app = TestApp::with_settings(|settings| settings.sign_up = SignUpMode::Waitlist).await;
    for name in ["cleo", "ada", "ben"] {
        let email = format!("{name}@example.com");
        let fields = [("email", email.as_str()), ("first_name", name), ("last_name", "Test")];
        app.anonymous().post("/waitlist/join", &fields).await.ok();
    }
    let backend = PlatformClient::new(&app, "waitlist:write").await;
    (app, backend)
}

#[tokio::test]
async fn an_approved_person_is_mailed_an_invitation_and_signs_up() {
    let (app, backend) = start().await;
    let listed = backend.get("/waitlist?search=ada%40example.com").await.page();
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0]["email_address"], &listed[0]["first_name"]), (&json!("ada@example.com"), &json!("ada")));
    let path = format!("/waitlist/{}/approve", text(&listed[0]["id"]));
    let invitation = backend.post_empty(&path).await.ok();
    assert_eq!((&invitation["email_address"], &invitation["last_name"]), (&json!("ada@example.com"), &json!("Test")));
    backend.post_empty(&path).await.assert_error(404, "WAITLIST_ENTRY_NOT_FOUND");
    assert_eq!(backend.get("/waitlist").await.page().len(), 2);
    let mail = app.mail("ada@example.com");
    let (_, token) = mail.text.split_once("invite_token=").unwrap();
    let token = token.split_whitespace().next().unwrap();
    let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("invite_token", token)];
    app.anonymous().post("/auth/signup", &fields).await.ok();
}

#[tokio::test]
async fn an_entry_stays_when_its_address_is_invited_or_has_an_account() {
    let (app, backend) = start().await;
    let inviting = PlatformClient::new(&app, "invitations:write").await;
    inviting.post("/invitations", &json!({"email_address": "ben@example.com"})).await.ok();
    let id = text(&backend.get("/waitlist?search=ben%40example.com").await.page()[0]["id"]);
    let path = format!("/waitlist/{id}/approve");
    backend.post_empty(&path).await.assert_error(409, "INVITATION_EXISTS");
    let mail = app.mail("ben@example.com");
    let (_, token) = mail.text.split_once("invite_token=").unwrap();
    let token = token.split_whitespace().next().unwrap();
    let fields = [("email", "ben@example.com"), ("password", PASSWORD), ("invite_token", token)];
    app.anonymous().post("/auth/signup", &fields).await.ok();
    backend.post_empty(&path).await.assert_error(409, "EMAIL_EXISTS");
    assert_eq!(backend.get("/waitlist").await.page().len(), 3);
}

#[tokio::test]
async fn the_list_is_sorted_cut_and_needs_its_scope() {
    let (app, backend) = start().await;
    let names = async |query: &str| -> Vec<String> {
        let rows = backend.get(&format!("/waitlist?{query}")).await.page();
        rows.iter().map(|row| text(&row["first_name"])).collect()
    };
    assert_eq!(names("").await, ["ben", "ada", "cleo"]);
    assert_eq!(backend.get("/waitlist").await.ok()["limit"], 1000, "not every client can ask for another page");
    assert_eq!(names("sort_order=asc").await, ["cleo", "ada", "ben"]);
    assert_eq!(names("sort_key=email&sort_order=asc").await, ["ada", "ben", "cleo"]);
    assert_eq!(names("sort_key=email&limit=2&offset=1").await, ["ben", "ada"]);
    assert_eq!(names("search=CLE").await, ["cleo"]);
    assert_eq!(names("search=ben+test").await, ["ben"]);
    assert_eq!(names("search=example.com&sort_key=email&sort_order=desc&limit=2&offset=1").await, ["ben", "ada"]);
    let page = backend.get("/waitlist?search=test&limit=2").await.ok();
    assert_eq!((&page["total"], &page["has_more"]), (&json!(3), &json!(true)));
    let cursor = text(&page["next_cursor"]);
    assert_eq!(names(&format!("search=test&limit=2&cursor={cursor}")).await, ["cleo"]);
    let page = backend.get("/waitlist?limit=2").await.ok();
    assert_eq!((&page["total"], &page["has_more"]), (&json!(3), &json!(true)));
    let cursor = text(&page["next_cursor"]);
    assert_eq!(names(&format!("limit=2&cursor={cursor}")).await, ["cleo"]);
    backend.get("/waitlist?sort_key=id").await.assert_error(400, "INVALID_FIELD");
    backend.post_empty("/waitlist/x/approve").await.assert_error(400, "INVALID_ID");
    backend.post_empty("/waitlist/1/approve").await.assert_error(404, "WAITLIST_ENTRY_NOT_FOUND");
    let reading = PlatformClient::new(&app, "waitlist:read").await;
    reading.get("/waitlist").await.ok();
    reading.post_empty("/waitlist/1/approve").await.assert_error(403, "SCOPE_MISSING");
}
