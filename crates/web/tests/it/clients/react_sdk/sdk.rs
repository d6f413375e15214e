//! [`Sdk`]: a browser tab with the SDK.

use std::sync::Mutex;

use axum::body::Body;
use axum::http::{HeaderValue, Method};
use serde_json::Value;
use vestibule_core::settings::{Mode, PublicUrl, Settings};

use super::fields::{SESSION, assert_fields};
use crate::harness::{PASSWORD, TestApp, TestClient, TestResponse, text};

/// The application that the SDK is part of.
pub(super) const APP: &str = "https://app.example.com";
const DEVELOPMENT_HEADER: &str = "x-development-session";

/// Starts a server in each of the two modes, for a story to run in both.
pub(super) async fn both_modes(change: impl Fn(&mut Settings)) -> [TestApp; 2] {
    let start = async |mode| {
        TestApp::with_settings(|settings| {
            settings.mode = mode;
            settings.public_url = PublicUrl::parse("https://join.example.com").unwrap();
            settings.tokens.audience = vec!["https://join.example.com".to_owned()];
            settings.allowed_origins = vec![APP.to_owned()];
            change(settings);
        })
        .await
    };
    [start(Mode::Production).await, start(Mode::Staging).await]
}

/// A browser tab with the SDK. Responses are checked for what the browser needs to hand them to the page.
pub(super) struct Sdk {
    client: TestClient,
    /// What the SDK stores in staging.
    development_session: Mutex<String>,
}

impl Sdk {
    pub(super) async fn open(app: &TestApp) -> Self {
        let mut client = app.anonymous();
        for (name, value) in [
            ("origin", APP),
            ("sec-fetch-site", "cross-site"),
            ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ] {
            client.headers.insert(name, HeaderValue::from_static(value));
        }
        let sdk = Self { client, development_session: Mutex::default() };
        // It can do nothing before it has the configuration.
        let deployment = sdk.get("/deployment").await.ok();
        let mode = if sdk.is_staging() { "staging" } else { "production" };
        assert_eq!(deployment["mode"], mode);
        sdk
    }

    /// Signs up a user and leaves them signed in.
    pub(super) async fn sign_up(app: &TestApp, email: &str) -> Self {
        let sdk = Self::open(app).await;
        let fields = [("email", email), ("password", PASSWORD), ("first_name", "Ada"), ("last_name", "Berg")];
        sdk.post("/auth/signup", &fields).await.ok();
        sdk
    }

    /// Invites an address to the organization at this path, and opens the mail as the invitee.
    pub(super) async fn join(&self, path: &str, email: &str) -> Self {
        self.post(&format!("{path}/invitations"), &[("email", email)]).await.ok();
        Self::accept(&self.client.app, email).await
    }

    /// Signs up with the invitation in the newest mail to this address, and accepts it.
    pub(super) async fn accept(app: &TestApp, email: &str) -> Self {
        let sdk = Self::open(app).await;
        let token = app.mailed_token(email);
        let name = email.split('@').next().unwrap();
        let fields = [("email", email), ("password", PASSWORD), ("first_name", name), ("invite_token", &token)];
        sdk.post("/auth/signup", &fields).await.ok();
        sdk.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
        sdk
    }

    /// Opens pages of ours in the same browser: with the session cookie, which only exists in production.
    pub(super) fn same_browser_on_our_pages(&self) -> TestClient {
        let cookie = self.client.cookie.lock().unwrap().clone();
        self.client.app.client_with_cookie(cookie.filter(|_| !self.is_staging()))
    }

    /// Takes the session from the address of the page that was opened, as the SDK does in staging.
    pub(super) fn take_development_session(&self, token: &str) {
        token.clone_into(&mut self.development_session.lock().unwrap());
    }

    pub(super) fn is_staging(&self) -> bool {
        self.client.app.inner.service.settings.mode == Mode::Staging
    }

    pub(super) async fn get(&self, path: &str) -> TestResponse {
        self.send(Method::GET, path, None, Body::empty()).await
    }

    /// Posts a multipart form, or without fields no body.
    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> TestResponse {
        if fields.is_empty() {
            return self.send(Method::POST, path, None, Body::empty()).await;
        }
        self.post_parts(path, fields, None).await
    }

    /// Posts JSON, as the SDK does for a new passkey.
    pub(super) async fn post_json(&self, path: &str, body: &Value) -> TestResponse {
        self.send(Method::POST, path, Some("application/json"), Body::from(body.to_string())).await
    }

    /// Patches with JSON, as the SDK does for the name of a passkey.
    pub(super) async fn patch_json(&self, path: &str, body: &Value) -> TestResponse {
        self.send(Method::PATCH, path, Some("application/json"), Body::from(body.to_string())).await
    }

    /// Posts a multipart form with a PNG file.
    pub(super) async fn post_image(&self, path: &str, fields: &[(&str, &str)], name: &str, png: &[u8]) -> TestResponse {
        self.post_parts(path, fields, Some((name, png))).await
    }

    async fn post_parts(&self, path: &str, fields: &[(&str, &str)], file: Option<(&str, &[u8])>) -> TestResponse {
        const BOUNDARY: &str = "----WebKitFormBoundary7MA4YWxkTrZu0gW";
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        if let Some((name, png)) = file {
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"picture.png\"\r\n\
                 Content-Type: image/png\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(png);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send(Method::POST, path, Some(&content_type), Body::from(body)).await
    }

    async fn send(&self, method: Method, path: &str, content_type: Option<&str>, body: Body) -> TestResponse {
        if !self.is_staging() {
            let response = self.client.send(method, path, content_type, body).await;
            assert_eq!(response.headers["access-control-allow-origin"], APP);
            assert_eq!(response.headers["access-control-allow-credentials"], "true");
            assert!(!response.headers.contains_key(DEVELOPMENT_HEADER));
            return response;
        }
        // Without credentials, the browser neither sends nor stores cookies.
        *self.client.cookie.lock().unwrap() = None;
        let separator = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{separator}__dev_session__={}", self.development_session.lock().unwrap());
        let response = self.client.send(method, &path, content_type, body).await;
        assert_eq!(response.headers["access-control-allow-origin"], APP);
        let exposed = response.headers["access-control-expose-headers"].to_str().unwrap();
        assert!(exposed.contains(DEVELOPMENT_HEADER), "{exposed}");
        if let Some(token) = response.headers.get(DEVELOPMENT_HEADER) {
            token.to_str().unwrap().clone_into(&mut self.development_session.lock().unwrap());
        }
        response
    }

    /// Polls the session, as the SDK does every 30 seconds.
    pub(super) async fn session(&self) -> Value {
        let session = self.get("/session").await.ok();
        assert_fields(&session, SESSION);
        session
    }

    /// The address of the active account; empty without one.
    pub(super) async fn active_address(&self) -> String {
        let session = self.session().await;
        session["active_signin"]["user"]["primary_email_address"]["email"].as_str().unwrap_or_default().to_owned()
    }
}

/// The id of the membership in the active organization, as the SDK finds it.
pub(super) async fn active_organization(sdk: &Sdk) -> Option<String> {
    let session = sdk.session().await;
    session["active_signin"]["active_organization_membership_id"].as_str().map(str::to_owned)
}

/// The role of this name.
#[track_caller]
pub(super) fn named<'a>(roles: &'a Value, name: &str) -> &'a Value {
    roles.as_array().unwrap().iter().find(|role| role["name"] == name).unwrap_or_else(|| panic!("no {name}: {roles}"))
}

/// The last attempt of a session, which the SDK continues with.
#[track_caller]
pub(super) fn last<'a>(session: &'a Value, attempts: &str) -> &'a Value {
    session[attempts].as_array().and_then(|attempts| attempts.last()).unwrap_or_else(|| panic!("{session}"))
}

/// The address that asks for the mail of an attempt.
pub(super) fn prepare(attempt: &Value, identifier_type: &str, strategy: &str) -> String {
    let id = text(&attempt["id"]);
    format!("/auth/prepare-verification?attempt_identifier={id}&strategy={strategy}&identifier_type={identifier_type}")
}

/// The address that checks the code of an attempt.
pub(super) fn verify(attempt: &Value, identifier_type: &str) -> String {
    format!("/auth/attempt-verification?attempt_identifier={}&identifier_type={identifier_type}", text(&attempt["id"]))
}
