//! [`PlatformClient`]: a backend with an API key.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use serde_json::Value;
use vestibule_core::api_key::Create;
use vestibule_core::execution::Caller;
use vestibule_core::names::ApiKeyName;
use vestibule_core::secret::ApiKeyToken;
use vestibule_db::QueryStats;
use vestibule_web::PlatformServer;

use crate::harness::{TestApp, text};

pub(crate) struct PlatformClient {
    pub(crate) app: TestApp,
    pub(crate) server: PlatformServer,
    pub(crate) id: String,
    /// The key; empty for none.
    pub(crate) key: String,
    pub(crate) headers: HeaderMap,
}

pub(crate) struct PlatformResponse {
    request: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
    pub(crate) statements: u32,
}

impl PlatformClient {
    /// Creates a key as an operator does.
    pub(crate) async fn new(app: &TestApp, scopes: &str) -> Self {
        Self::bound(app, scopes, None).await
    }

    /// Creates a key that is bound to an organization.
    pub(crate) async fn bound(app: &TestApp, scopes: &str, organization: Option<&str>) -> Self {
        let create = Create {
            name: ApiKeyName::parse("name", "Test").unwrap(),
            scopes: scopes.parse().unwrap(),
            organization: organization.map(|id| id.parse().unwrap()),
            expires_at: None,
        };
        let created = app.inner.service.run(&Caller::anonymous(), create).await.result.unwrap();
        let client = Self::with_key(app, created.secret.reveal());
        Self { id: created.key.id.to_string(), ..client }
    }

    /// Returns a client with this key, valid or not.
    pub(crate) fn with_key(app: &TestApp, key: &str) -> Self {
        if key.parse::<ApiKeyToken>().is_ok() {
            app.inner.secret_scan.add_secret(key);
        }
        let server = PlatformServer::new(&app.inner.server);
        Self { app: app.clone(), server, id: String::new(), key: key.to_owned(), headers: HeaderMap::new() }
    }

    pub(crate) async fn get(&self, path: &str) -> PlatformResponse {
        self.send(Method::GET, path, None, Body::empty()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> PlatformResponse {
        self.send(Method::DELETE, path, None, Body::empty()).await
    }

    /// Posts without a body.
    pub(crate) async fn post_empty(&self, path: &str) -> PlatformResponse {
        self.send(Method::POST, path, None, Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> PlatformResponse {
        self.send(Method::POST, path, Some("application/json"), Body::from(body.to_string())).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> PlatformResponse {
        self.send(Method::PATCH, path, Some("application/json"), Body::from(body.to_string())).await
    }

    /// Sends text fields as `multipart/form-data`.
    pub(crate) async fn send_multipart(&self, method: Method, path: &str, fields: &[(&str, &str)]) -> PlatformResponse {
        let parts = fields
            .iter()
            .map(|(name, value)| format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
        let body = parts.collect::<String>() + "--B--\r\n";
        self.send(method, path, Some("multipart/form-data; boundary=B"), Body::from(body)).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: Body,
    ) -> PlatformResponse {
        let mut request = Request::builder().method(method.clone()).uri(path);
        if !self.key.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.key));
        }
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let mut request = request.body(body).unwrap();
        request.headers_mut().extend(self.headers.clone());
        let response = self.server.clone().handle(request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let content = String::from_utf8(bytes.to_vec()).unwrap();
        let body: Value = serde_json::from_str(&content).unwrap_or(Value::Null);
        if path != "/openapi.json" {
            super::openapi::assert_documents(&method, path, parts.status.as_u16(), &body);
        }
        // A key is shown by the call that creates it, and by no other.
        match body["secret"].as_str() {
            Some(secret) => self.app.inner.secret_scan.add_secret(secret),
            None => self.app.inner.secret_scan.add_response(&parts.headers, &content),
        }
        if let Some(ticket) = body["ticket"].as_str() {
            self.app.inner.secret_scan.add_unlogged(ticket);
        }
        if method != Method::GET {
            self.app.drain().await;
        }
        PlatformResponse {
            request: format!("{method} {path}"),
            status: parts.status.as_u16(),
            statements: parts.extensions.get::<QueryStats>().map_or(0, |stats| stats.statements),
            headers: parts.headers,
            body,
            text: content,
        }
    }
}

impl PlatformResponse {
    /// Asserts status 200. Returns the body.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}: {}", self.request, self.text);
        self.body
    }

    /// Asserts a page with all its fields. Returns its items.
    #[track_caller]
    pub(crate) fn page(self) -> Vec<Value> {
        let request = self.request.clone();
        let page = self.ok();
        for field in ["total", "limit", "offset"] {
            assert!(page[field].is_u64(), "{request}: {page}");
        }
        assert!(page["has_more"].is_boolean(), "{request}: {page}");
        page["data"].as_array().unwrap().clone()
    }

    /// Asserts an error with this status and code. Returns its message.
    #[track_caller]
    pub(crate) fn assert_error(self, status: u16, code: &str) -> String {
        assert_eq!(self.status, status, "{}: {}", self.request, self.text);
        assert_eq!(self.body["errors"][0]["code"], code, "{}: {}", self.request, self.text);
        assert_eq!(self.body["message"], self.body["errors"][0]["message"]);
        text(&self.body["message"])
    }
}
