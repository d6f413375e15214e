//! The addresses of a user, as an API key changes them.

use serde_json::{Value, json};
use vestibule_testbed::invariants;

use super::PlatformClient;
use crate::harness::{PASSWORD, TestApp, text};

const ADA: &str = "ada@example.com";

/// Creates a user with a verified address. Returns the path of their addresses.
async fn ada(backend: &PlatformClient) -> String {
    let fields = json!({"first_name": "Ada", "last_name": "Lovelace", "email_address": ADA});
    format!("/users/{}/emails", text(&backend.post("/users", &fields).await.ok()["id"]))
}

async fn list(backend: &PlatformClient, path: &str) -> Vec<(String, bool, bool)> {
    let item = |item: &Value| (text(&item["email"]), item["is_primary"] == true, item["verified"] == true);
    backend.get(path).await.page().iter().map(item).collect()
}

fn row(email: &str, is_primary: bool, is_verified: bool) -> (String, bool, bool) {
    (email.to_owned(), is_primary, is_verified)
}

#[tokio::test]
async fn adds_verified_and_unverified_addresses() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let path = ada(&backend).await;
    let claimed = backend.post(&path, &json!({"email": "Claim@example.com"})).await.ok();
    assert_eq!((&claimed["email"], &claimed["verified"]), (&json!("claim@example.com"), &json!(false)));
    assert_eq!(claimed["verified_at"], claimed["created_at"], "clients require a time");
    for field in ["id", "updated_at", "deployment_id", "user_id"] {
        assert!(claimed[field].is_string(), "{field}: {claimed}");
    }
    assert_eq!(app.mail_count(ADA), 1, "a security notice");
    let work = backend.post(&path, &json!({"email": "ada@work.example", "verified": true})).await.ok();
    assert_eq!((&work["is_primary"], &work["verified"]), (&json!(false), &json!(true)));
    assert_eq!(app.mail_count(ADA), 2);
    let primary = json!({"email": "new@example.com", "verified": true, "is_primary": true});
    assert_eq!(backend.post(&path, &primary).await.ok()["is_primary"], true);
    let expected = [
        row(ADA, false, true),
        row("claim@example.com", false, false),
        row("ada@work.example", false, true),
        row("new@example.com", true, true),
    ];
    assert_eq!(list(&backend, &path).await, expected);
    backend.post(&path, &json!({"email": ADA, "verified": true})).await.assert_error(409, "EMAIL_EXISTS");
    backend.post(&path, &json!({"email": "claim@example.com"})).await.assert_error(409, "EMAIL_EXISTS");
    let unverified = json!({"email": "other@example.com", "is_primary": true});
    backend.post(&path, &unverified).await.assert_error(400, "EMAIL_NOT_VERIFIED");
    assert_eq!(list(&backend, &path).await, expected);
    invariants::assert_hold(&app.inner.database, &[]);
}

#[tokio::test]
async fn the_first_verified_address_is_primary() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let created = backend.post("/users", &json!({"first_name": "A", "last_name": "B"})).await.ok();
    let path = format!("/users/{}/emails", text(&created["id"]));
    let claimed = text(&backend.post(&path, &json!({"email": "claim@example.com"})).await.ok()["id"]);
    let first = backend.patch(&format!("{path}/{claimed}"), &json!({"verified": true})).await.ok();
    assert_eq!((&first["id"], &first["is_primary"]), (&json!(claimed), &json!(true)));
    let second = backend.post(&path, &json!({"email": "second@example.com", "verified": true})).await.ok();
    assert_eq!(second["is_primary"], false);
    let other = backend.post("/users", &json!({"first_name": "A", "last_name": "B"})).await.ok();
    let path = format!("/users/{}/emails", text(&other["id"]));
    assert_eq!(backend.post(&path, &json!({"email": ADA, "verified": true})).await.ok()["is_primary"], true);
    assert_eq!(backend.get("/users?sort_key=email&sort_order=asc").await.page()[0]["primary_email_address"], ADA);
    invariants::assert_hold(&app.inner.database, &[]);
}

#[tokio::test]
async fn an_address_that_others_claim_is_free_and_one_that_they_proved_is_not() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let path = ada(&backend).await;
    app.create_user("login@example.com").await;
    let verified = |email: &str| json!({"email": email, "verified": true});
    backend.post(&path, &verified("login@example.com")).await.ok();
    app.create_user("proved@example.com").await;
    app.verify_all_addresses();
    backend.post(&path, &verified("proved@example.com")).await.assert_error(409, "EMAIL_EXISTS");
    // A claim reserves nothing, and verifying it fails as well.
    let claim = text(&backend.post(&path, &json!({"email": "proved@example.com"})).await.ok()["id"]);
    backend.patch(&format!("{path}/{claim}"), &json!({"verified": true})).await.assert_error(409, "EMAIL_EXISTS");
    invariants::assert_hold(&app.inner.database, &["a user without an address"]);
}

#[tokio::test]
async fn changes_addresses() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let path = ada(&backend).await;
    let first = text(&backend.get(&path).await.page()[0]["id"]);
    let first = format!("{path}/{first}");
    backend.patch(&first, &json!({"verified": false})).await.assert_error(400, "INVALID_FIELD");
    backend.patch(&first, &json!({"is_primary": false})).await.assert_error(409, "EMAIL_IS_PRIMARY");
    backend.patch(&first, &json!({"email": "new@example.com"})).await.assert_error(400, "EMAIL_NOT_VERIFIED");
    backend.patch(&first, &json!({"email": "nowhere"})).await.assert_error(400, "INVALID_EMAIL");
    assert_eq!(list(&backend, &path).await, [row(ADA, true, true)]);
    // Another primary address in its place, of the same id.
    let replaced = backend.patch(&first, &json!({"email": "new@example.com", "verified": true})).await.ok();
    assert!(first.ends_with(replaced["id"].as_str().unwrap()), "{replaced}");
    assert_eq!(list(&backend, &path).await, [row("new@example.com", true, true)]);
    assert_eq!(app.mail_count(ADA), 1, "a security notice to the address that was removed");
    let user = path.strip_suffix("/emails").unwrap();
    let shown = backend.get(&format!("{user}/details")).await.ok();
    assert_eq!(shown["primary_email_address"], "new@example.com");
    // A claim is replaced, verified and made primary.
    let claim = text(&backend.post(&path, &json!({"email": "claim@example.com"})).await.ok()["id"]);
    let claim = format!("{path}/{claim}");
    backend.patch(&claim, &json!({"email": "other@example.com"})).await.ok();
    assert_eq!(list(&backend, &path).await[1], row("other@example.com", false, false));
    backend.patch(&claim, &json!({"is_primary": true})).await.assert_error(400, "EMAIL_NOT_VERIFIED");
    backend.patch(&claim, &json!({"verified": true, "is_primary": true})).await.ok();
    backend.patch(&claim, &json!({"verified": true})).await.ok();
    assert_eq!(
        list(&backend, &path).await,
        [row("new@example.com", false, true), row("other@example.com", true, true)]
    );
    // Unverified again, by another address in place of a verified one.
    backend.patch(&first, &json!({"email": "third@example.com"})).await.ok();
    assert_eq!(
        list(&backend, &path).await,
        [row("third@example.com", false, false), row("other@example.com", true, true)]
    );
    invariants::assert_hold(&app.inner.database, &[]);
}

#[tokio::test]
async fn verifies_the_login_name_of_a_sign_up() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let user = app.create_user(ADA).await;
    let path = format!("/users/{}/emails", text(&user.get("/me").await.ok()["id"]));
    let address = text(&backend.get(&path).await.page()[0]["id"]);
    backend.patch(&format!("{path}/{address}"), &json!({"verified": true})).await.ok();
    assert_eq!(list(&backend, &path).await, [row(ADA, true, true)]);
    assert_eq!(user.get("/me").await.ok()["user_email_addresses"][0]["verified"], true);
}

#[tokio::test]
async fn makes_primary_and_deletes_addresses() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let path = ada(&backend).await;
    let first = text(&backend.get(&path).await.page()[0]["id"]);
    let claim = text(&backend.post(&path, &json!({"email": "claim@example.com"})).await.ok()["id"]);
    let work = text(&backend.post(&path, &json!({"email": "ada@work.example", "verified": true})).await.ok()["id"]);
    let make_primary = async |id: &str| backend.post_empty(&format!("{path}/{id}/make-primary")).await;
    make_primary(&claim).await.assert_error(400, "EMAIL_NOT_VERIFIED");
    make_primary("123").await.assert_error(404, "EMAIL_ADDRESS_NOT_FOUND");
    backend.delete(&format!("{path}/{first}")).await.assert_error(409, "EMAIL_IS_PRIMARY");
    assert_eq!(make_primary(&work).await.ok()["is_primary"], true);
    make_primary(&work).await.ok();
    for id in [&first, &claim] {
        assert_eq!(backend.delete(&format!("{path}/{id}")).await.ok(), json!({}));
        backend.delete(&format!("{path}/{id}")).await.assert_error(404, "EMAIL_ADDRESS_NOT_FOUND");
        backend.patch(&format!("{path}/{id}"), &json!({})).await.assert_error(404, "EMAIL_ADDRESS_NOT_FOUND");
    }
    assert_eq!(list(&backend, &path).await, [row("ada@work.example", true, true)]);
    invariants::assert_hold(&app.inner.database, &[]);
}

#[tokio::test]
async fn addresses_are_limited_and_belong_to_their_user() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let path = ada(&backend).await;
    for number in 0..9 {
        let is_verified = number % 2 == 0;
        backend.post(&path, &json!({"email": format!("{number}@example.com"), "verified": is_verified})).await.ok();
    }
    for is_verified in [true, false] {
        let fields = json!({"email": "last@example.com", "verified": is_verified});
        backend.post(&path, &fields).await.assert_error(409, "TOO_MANY_ADDRESSES");
    }
    let other = backend.post("/users", &json!({"first_name": "A", "last_name": "B"})).await.ok();
    let foreign = text(&backend.get(&path).await.page()[1]["id"]);
    let foreign = format!("/users/{}/emails/{foreign}", text(&other["id"]));
    backend.patch(&foreign, &json!({"verified": true})).await.assert_error(404, "EMAIL_ADDRESS_NOT_FOUND");
    backend.delete(&foreign).await.assert_error(404, "EMAIL_ADDRESS_NOT_FOUND");
    backend.get("/users/123/emails").await.assert_error(404, "USER_NOT_FOUND");
    backend.post("/users/123/emails", &json!({"email": ADA})).await.assert_error(404, "USER_NOT_FOUND");
    backend.get(&format!("{path}?sort_key=verified")).await.assert_error(400, "INVALID_FIELD");
    assert_eq!(backend.get(&format!("{path}?limit=3&offset=8")).await.page().len(), 2);
    let reader = PlatformClient::new(&app, "users:read").await;
    reader.post(&path, &json!({"email": "x@example.com"})).await.assert_error(403, "SCOPE_MISSING");
    assert_eq!(reader.get(&path).await.page().len(), 10);
}

#[tokio::test]
async fn first_address_that_a_user_verifies_is_the_primary_one() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let fields = json!({"first_name": "Ada", "last_name": "Test", "username": "ada.test", "password": PASSWORD});
    let user = text(&backend.post("/users", &fields).await.ok()["id"]);
    let ada = app.anonymous();
    ada.post("/auth/signin", &[("username", "ada.test"), ("password", PASSWORD)]).await.ok();
    let added = ada.post("/me/email-addresses", &[("email", "ada@example.com")]).await.ok();
    let path = format!("/me/email-addresses/{}", text(&added["id"]));
    ada.post(&format!("{path}/prepare-verification"), &[]).await.ok();
    let code = app.mailed_code("ada@example.com");
    ada.post(&format!("{path}/attempt-verification"), &[("verification_code", &code)]).await.ok();
    let details = backend.get(&format!("/users/{user}/details")).await.ok();
    assert_eq!(details["primary_email_address"], "ada@example.com");
    let sorted = backend.get("/users?sort_key=email&sort_order=desc").await.ok();
    assert_eq!(sorted["data"][0]["id"], user.as_str());
}
