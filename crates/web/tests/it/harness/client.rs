//! [`TestClient`]: sends requests to the real router, in process.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use serde_json::Value;
use vestibule_db::QueryStats;
use vestibule_web::Server;

use super::{TestApp, TestResponse};

const FORM: &str = "application/x-www-form-urlencoded";

/// A client with a cookie jar. `headers` are added to every request.
pub(crate) struct TestClient {
    pub(crate) app: TestApp,
    /// The session cookie.
    pub(crate) cookie: Mutex<Option<String>>,
    /// The cookie with the opened invitations.
    invitation_cookie: Mutex<Option<String>>,
    /// The cookie with the opened setup link.
    setup_cookie: Mutex<Option<String>>,
    /// The cookies of the flash message and the language.
    page_cookies: Mutex<BTreeMap<String, String>>,
    pub(crate) headers: HeaderMap,
}

impl TestClient {
    pub(super) fn new(app: TestApp, cookie: Option<String>) -> Self {
        Self {
            app,
            cookie: Mutex::new(cookie),
            invitation_cookie: Mutex::default(),
            setup_cookie: Mutex::default(),
            page_cookies: Mutex::default(),
            headers: HeaderMap::new(),
        }
    }

    /// Returns a client with the same session whose requests come from `address`, as told by a trusted proxy. Takes
    /// effect only if the settings trust 127.0.0.1 as a proxy.
    pub(crate) fn with_client_address(&self, address: &str) -> Self {
        let mut client = self.app.client_with_cookie(self.cookie.lock().unwrap().clone());
        client.headers.insert("x-forwarded-for", address.parse().unwrap());
        client
    }

    /// Returns the session cookie as a browser sends it: `name=value`.
    pub(crate) fn session_cookie(&self) -> String {
        let name = self.app.inner.service.settings.session_cookie_name();
        format!("{name}={}", self.cookie.lock().unwrap().clone().unwrap_or_default())
    }

    pub(crate) async fn get(&self, path: &str) -> TestResponse {
        self.send(Method::GET, path, None, Body::empty()).await
    }

    /// Gets `/session` or a list of invitations, and asserts that the response, which may come from a cache, equals an
    /// uncached one.
    pub(crate) async fn get_and_check_cache(&self, path: &str) -> TestResponse {
        if path == "/session" {
            return self.get_session_and_check_cache().await;
        }
        assert!(path.ends_with("/invitations"), "{path} is not cached");
        let response = self.get(path).await;
        if response.status == 200 {
            // Lists with a query are not cached. 500 is the maximum page size.
            let uncached = self.get(&format!("{path}?limit=500")).await;
            assert_eq!(response.text, uncached.text, "the cached {path} is stale");
        }
        response
    }

    async fn get_session_and_check_cache(&self) -> TestResponse {
        // A new server has an empty cache.
        let get_uncached = async || {
            let server = Server::new(Arc::clone(&self.app.inner.service));
            self.send_to(server, Method::GET, "/session", None, Body::empty()).await
        };
        let before = get_uncached().await;
        let response = self.get("/session").await;
        if before.text != response.text {
            // The first request after a while updates the session's `last_seen_at`, which later responses show.
            assert_eq!(response.text, get_uncached().await.text, "the cached session is stale");
        }
        response
    }

    /// Posts a form, then drains the outbox.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> TestResponse {
        self.send(Method::POST, path, Some(FORM), Body::from(form(fields))).await
    }

    /// Proves with the password that it is the user.
    pub(crate) async fn reauthenticate(&self) {
        self.post("/me/reauthenticate", &[("password", super::PASSWORD)]).await.ok();
    }

    /// Proves that it is the user who wants to add the address of an invitation.
    pub(crate) async fn reauthenticate_to_add(&self, address: &str) {
        self.post("/me/reauthenticate", &[("password", super::PASSWORD), ("address", address)]).await.ok();
    }

    /// Returns the id of the role Admin of the organization or workspace at this path.
    pub(crate) async fn admin_role(&self, path: &str) -> String {
        let roles = self.get(&format!("{path}/roles")).await.ok();
        let admin = roles.as_array().unwrap().iter().find(|role| role["name"] == "Admin").unwrap();
        super::text(&admin["id"])
    }

    /// Posts a form and leaves its jobs in the outbox.
    pub(crate) async fn post_without_draining(&self, path: &str, fields: &[(&str, &str)]) -> TestResponse {
        self.send_only(Method::POST, path, Some(FORM), Body::from(form(fields))).await
    }

    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> TestResponse {
        self.send_json(Method::POST, path, body).await
    }

    pub(crate) async fn send_json(&self, method: Method, path: &str, body: &Value) -> TestResponse {
        self.send(method, path, Some("application/json"), Body::from(body.to_string())).await
    }

    /// Posts a multipart form with a file, whose file name and content type are hostile.
    pub(crate) async fn post_file(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        (name, file): (&str, &[u8]),
    ) -> TestResponse {
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!("--part\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        let head = format!(
            "--part\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"../../etc/<b>x.php\"\r\n\
             Content-Type: image/svg+xml\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--part--\r\n");
        self.send(Method::POST, path, Some("multipart/form-data; boundary=part"), Body::from(body)).await
    }

    /// Sends a request. Drains the outbox unless it is a GET.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: Body,
    ) -> TestResponse {
        let response = self.send_only(method.clone(), path, content_type, body).await;
        if method != Method::GET {
            self.app.drain().await;
        }
        response
    }

    /// Sends a request and leaves its jobs in the outbox.
    pub(crate) async fn send_only(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: Body,
    ) -> TestResponse {
        self.send_to(self.app.inner.server.clone(), method, path, content_type, body).await
    }

    async fn send_to(
        &self,
        server: Server,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: Body,
    ) -> TestResponse {
        let mut request = Request::builder().method(method.clone()).uri(path);
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let settings = &self.app.inner.service.settings;
        let prefix = if settings.public_url.is_https() { "__Host-" } else { "" };
        if self.cookie.lock().unwrap().is_some() {
            request = request.header(header::COOKIE, self.session_cookie());
        }
        // Browsers send it with every request. The other paths do not read it.
        let reads_invitations =
            ["/invite", "/sign-in", "/-/sign-in", "/auth/"].iter().any(|page| path.starts_with(page));
        if let Some(token) = self.invitation_cookie.lock().unwrap().as_deref().filter(|_| reads_invitations) {
            request = request.header(header::COOKIE, format!("{prefix}invitation={token}"));
        }
        let is_setup = path == "/setup" || path.starts_with("/setup/");
        if let Some(token) = self.setup_cookie.lock().unwrap().as_deref().filter(|_| is_setup) {
            let prefix = if settings.public_url.is_https() { "__Secure-" } else { "" };
            request = request.header(header::COOKIE, format!("{prefix}setup={token}"));
        }
        for (name, value) in self.page_cookies.lock().unwrap().iter() {
            request = request.header(header::COOKIE, format!("{name}={value}"));
        }
        // HTTP clients declare the length of a body that they have in memory.
        if let Some(length) = body.size_hint().exact().filter(|length| *length > 0) {
            request = request.header(header::CONTENT_LENGTH, length);
        }
        let mut request = request.body(body).unwrap();
        if method == Method::GET && is_page_with_call(path) {
            request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("text/html"));
        }
        request.headers_mut().extend(self.headers.clone());
        let response = server.handle(request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let cost = parts.extensions.get::<QueryStats>().copied().unwrap_or_default();
        // A wrong Content-Length truncates the body over a real connection.
        let content_length =
            parts.headers.get(header::CONTENT_LENGTH).map(|length| length.to_str().unwrap().parse().unwrap());
        if method != Method::HEAD && parts.status != 304 {
            assert_eq!(content_length.unwrap_or(bytes.len()), bytes.len(), "{method} {path}");
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        self.store_cookies(&parts.headers);
        self.app.inner.secret_scan.add_response(&parts.headers, &text);
        crate::openapi::assert_documents_errors(&method, path, &serde_json::from_str(&text).unwrap_or(Value::Null));
        TestResponse {
            request: format!("{method} {path}"),
            status: parts.status.as_u16(),
            statements: cost.statements,
            rows: cost.rows,
            headers: parts.headers,
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
            bytes,
        }
    }

    fn store_cookies(&self, headers: &HeaderMap) {
        for set in headers.get_all(header::SET_COOKIE) {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            let value = value.to_owned();
            let cookie = match name {
                _ if name == self.app.inner.service.settings.session_cookie_name() => &self.cookie,
                "invitation" | "__Host-invitation" => &self.invitation_cookie,
                "setup" | "__Secure-setup" => &self.setup_cookie,
                "flash" | "__Host-flash" | "language" | "__Host-language" | "address" | "__Host-address" => {
                    let mut cookies = self.page_cookies.lock().unwrap();
                    cookies.remove(name);
                    if !value.is_empty() {
                        cookies.insert(name.to_owned(), value);
                    }
                    continue;
                }
                // The server deletes cookies of other settings.
                "session_id" | "__Host-session_id" | "__session" if value.is_empty() => continue,
                name => panic!("an unknown cookie {name}"),
            };
            // The token of a setup link is in the response that creates the link.
            if !value.is_empty() && !name.ends_with("invitation") && !name.ends_with("setup") {
                self.app.inner.secret_scan.add_secret(&value);
            }
            *cookie.lock().unwrap() = Some(value).filter(|value| !value.is_empty());
        }
    }
}

/// Whether browsers get a page at this path, and programs an error. The client is a browser, unless a test sets `Accept`.
fn is_page_with_call(path: &str) -> bool {
    let path = path.split('?').next().unwrap();
    let id = path.strip_prefix("/organizations/");
    path == "/organizations" || id.is_some_and(|id| !id.contains('/'))
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
