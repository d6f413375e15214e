//! Request bodies as form, multipart and JSON have the same meaning.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Map, Value, json};

use crate::harness::{PASSWORD, TestApp, TestClient, TestResponse, text};

const ENCODINGS: [&str; 3] = ["form", "multipart", "json"];

async fn post(client: &TestClient, path: &str, encoding: &str, fields: &[(&str, &str)]) -> TestResponse {
    match encoding {
        "form" => client.post(path, fields).await,
        "json" => {
            let is_id = |name: &str| name.ends_with("_id");
            // JSON clients may send ids as numbers.
            let value = |(name, value): &(&str, &str)| {
                let value = if is_id(name) { json!(value.parse::<u64>().unwrap()) } else { json!(value) };
                ((*name).to_owned(), value)
            };
            client.post_json(path, &Value::Object(fields.iter().map(value).collect::<Map<_, _>>())).await
        }
        _ => {
            let part = |(name, value): &(&str, &str)| {
                format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
            };
            let body: String = fields.iter().map(part).collect();
            let content_type = Some("multipart/form-data; boundary=B");
            client.send(Method::POST, path, content_type, Body::from(format!("{body}--B--\r\n"))).await
        }
    }
}

#[tokio::test]
async fn accepts_form_multipart_and_json() {
    for encoding in ENCODINGS {
        let app = TestApp::start().await;
        let ada = app.anonymous();
        let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("first_name", "Ada & Co = 1+1")];
        post(&ada, "/auth/signup", encoding, &fields).await.ok();
        assert_eq!(ada.get("/me").await.ok()["first_name"], "Ada & Co = 1+1", "{encoding}");
        ada.post("/session/sign-out", &[]).await.ok();
        post(&ada, "/auth/signin", encoding, &fields[..2]).await.ok();
        let created =
            post(&ada, "/organizations", encoding, &[("name", "Tea & Söhne"), ("description", "a\nb")]).await.ok();
        assert_eq!(
            (&created["organization"]["name"], &created["organization"]["description"]),
            (&json!("Tea & Söhne"), &json!("a\nb"))
        );
        let organization = text(&created["organization"]["id"]);
        let fields = [("organization_id", organization.as_str()), ("name", "Lab")];
        let workspace = text(&post(&ada, "/workspaces", encoding, &fields).await.ok()["workspace"]["id"]);
        let role = text(&ada.get(&format!("/organizations/{organization}/roles")).await.ok()[1]["id"]);
        let fields =
            [("email", "nina+x@example.com"), ("role_id", &role), ("workspace_id", &workspace), ("expiry_days", "3")];
        let path = format!("/organizations/{organization}/invitations");
        let invitation = post(&ada, &path, encoding, &fields).await.ok();
        assert_eq!(invitation["email"], "nina+x@example.com", "{encoding}");
        assert_eq!(invitation["expires_at"], "2026-01-18T10:30:00Z");
        let token = app.mailed_token("nina+x@example.com");
        let nina = app.create_invited_user("nina+x@example.com", &token).await;
        let joined = post(&nina, "/organizations/invitations/accept", encoding, &[("token", &token)]).await.ok();
        assert_eq!(joined["workspace"]["id"], workspace, "{encoding}");
    }
}
