//! A reverse proxy in front of a real server. It adds a key of the test to the published keys, so that the test can sign
//! any token, and it counts how often the keys are fetched.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::BodyExt;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::http::{self, HttpClient};
use crate::server::{Server, fresh_dir, vestibule};

pub(super) const KEY_ID: &str = "key-of-the-test";

/// A live server behind the proxy.
pub(super) struct Issuer {
    pub(super) url: String,
    pub(super) key: rcgen::KeyPair,
    pub(super) proxy: Arc<Proxy>,
    mails: PathBuf,
    _server: Server,
}

pub(super) struct Proxy {
    upstream: String,
    client: HttpClient,
    jwk: Value,
    /// While it is set, the keys cannot be fetched.
    pub(super) has_outage: AtomicBool,
    pub(super) key_requests: AtomicUsize,
}

impl Issuer {
    /// Starts a server that the pages of `app_url` may call.
    pub(super) async fn start(name: &str, app_url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let dir = fresh_dir(&format!("example-{name}"));
        std::fs::create_dir_all(&dir).unwrap();
        let mut command = vestibule(&["--listen", "127.0.0.1:0", "--public-url", &url, "--database"]);
        command.arg(dir.join("v.db")).env("VESTIBULE_APP_URL", app_url);
        let (server, _) = Server::spawn(&mut command, "Database: ");
        let key = rcgen::KeyPair::generate().unwrap();
        let proxy = Arc::new(Proxy {
            upstream: server.host().to_owned(),
            client: http::client(),
            jwk: jwk(&key),
            has_outage: AtomicBool::new(false),
            key_requests: AtomicUsize::new(0),
        });
        let router = Router::new().fallback(forward).with_state(Arc::clone(&proxy));
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { url, key, proxy, mails: dir.join("mail"), _server: server }
    }

    /// Waits for the mail of an invitation. Returns its token, which also proves the address.
    pub(super) async fn mailed_token(&self, token: &str) -> String {
        let find = || {
            let mails = std::fs::read_dir(&self.mails).ok()?.map(|mail| mail.unwrap().path());
            let texts = mails.map(|mail| std::fs::read_to_string(mail).unwrap().replace("=\r\n", ""));
            let links: Vec<_> = texts.filter_map(|text| Some(text.split_once(token)?.1.to_owned())).collect();
            let rest = links.first()?.strip_prefix('.')?;
            let is_secret = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
            Some(format!("{token}.{}", rest.split(|character| !is_secret(character)).next()?))
        };
        let poll = async {
            let mut interval = tokio::time::interval(Duration::from_millis(20));
            loop {
                if let Some(found) = find() {
                    return found;
                }
                interval.tick().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), poll).await.unwrap()
    }

    /// Returns the claims of a valid token.
    pub(super) fn claims(&self) -> Value {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        json!({
            "iss": self.url, "aud": self.url, "sub": "1", "sid": "2", "iat": now, "exp": now + 300,
            "organization": "3", "workspace": null,
            "permissions": {"organization": ["organization:admin"], "workspace": []},
        })
    }

    /// Returns a token that the test's key signs.
    pub(super) fn sign(&self, claims: &Value, key_id: &str) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(key_id.to_owned());
        encode(&header, claims, &EncodingKey::from_ec_der(&self.key.serialize_der())).unwrap()
    }
}

fn jwk(key: &rcgen::KeyPair) -> Value {
    // An uncompressed point: one byte, x, y.
    let point = key.public_key_raw();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..65]));
    json!({"kty": "EC", "kid": KEY_ID, "use": "sig", "alg": "ES256", "crv": "P-256", "x": x, "y": y})
}

async fn forward(State(proxy): State<Arc<Proxy>>, mut request: Request) -> Response {
    let is_key_set = request.uri().path() == "/.well-known/jwks.json";
    if is_key_set {
        proxy.key_requests.fetch_add(1, Ordering::Relaxed);
        if proxy.has_outage.load(Ordering::Relaxed) {
            return StatusCode::BAD_GATEWAY.into_response();
        }
    }
    let path = request.uri().path_and_query().unwrap().as_str();
    *request.uri_mut() = format!("http://{}{path}", proxy.upstream).parse::<Uri>().unwrap();
    let response = proxy.client.request(request).await.unwrap();
    if !is_key_set {
        return response.map(|body| Body::new(body.map_err(axum::Error::new)));
    }
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let mut set: Value = serde_json::from_slice(&bytes).unwrap();
    set["keys"].as_array_mut().unwrap().push(proxy.jwk.clone());
    axum::Json(set).into_response()
}
