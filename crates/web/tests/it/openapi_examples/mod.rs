//! The examples of the OpenAPI document: requests and responses of a server, recorded from a story that makes every call.

mod single_sign_on;
mod story;

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use crate::access_table::{TABLE, setup};
use crate::harness::{TestClient, TestResponse};
use crate::openapi::documented_route;

/// The recorded exchanges, by method and path of the document.
#[derive(Default)]
struct Recorder {
    exchanges: BTreeMap<(String, String), Exchange>,
}

struct Exchange {
    request: Option<Value>,
    response: Value,
}

impl Recorder {
    async fn get(&mut self, client: &TestClient, path: &str) -> Value {
        let response = client.get(path).await;
        self.record("GET", path, None, response)
    }

    /// Posts without a body.
    async fn run(&mut self, client: &TestClient, path: &str) -> Value {
        let response = client.post(path, &[]).await;
        self.record("POST", path, None, response)
    }

    async fn post(&mut self, client: &TestClient, path: &str, body: Value) -> Value {
        let response = client.post_json(path, &body).await;
        self.record("POST", path, Some(body), response)
    }

    /// Records the first exchange of each call. Returns the response's `data`.
    #[track_caller]
    fn record(&mut self, method: &str, path: &str, request: Option<Value>, response: TestResponse) -> Value {
        assert_eq!(response.status, 200, "{}: {}", response.request, response.text);
        let exchange = Exchange { request, response: response.body };
        let data = exchange.response["data"].clone();
        let route = documented_route(method, path).unwrap_or_else(|| panic!("{method} {path} is not in the document"));
        self.exchanges.entry(route).or_insert(exchange);
        data
    }

    /// Records calls that the story does not make, if the owner of the access table may make them.
    async fn record_rest(&mut self) {
        let setup = setup().await;
        for row in TABLE.iter().filter(|row| row.3[6] == "200") {
            let path = row.1.split('?').next().unwrap();
            let route = documented_route(row.0, path).filter(|(method, _)| method == row.0);
            if route.as_ref().is_some_and(|route| !self.exchanges.contains_key(route)) {
                let response = setup.call("owner", row).await;
                self.record(row.0, path, None, response);
            }
        }
    }
}

/// Replaces ids and secrets by stable ones, so that a change of one call does not change the examples of all others.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn stable_id(&mut self, id: &str) -> String {
        let next = 123_456_789_012_345_678_u64 + self.0.len() as u64;
        self.0.entry(id.to_owned()).or_insert_with(|| next.to_string()).clone()
    }

    fn replace(&mut self, value: &mut Value) {
        match value {
            Value::String(text) if is_id(text) => *text = self.stable_id(text),
            // Such as the redirect URI of an organization.
            Value::String(text) if text.rsplit_once('/').is_some_and(|(_, id)| is_id(id)) => {
                let (start, id) = text.rsplit_once('/').unwrap();
                *text = format!("{start}/{}", self.stable_id(id));
            }
            // The provider of the tests has another port, and with it another secret, in each run.
            Value::String(text) if text.starts_with("http://127.0.0.1:") => *text = at_fixed_host(text),
            Value::String(text) if text.starts_with("client-secret-of-provider-") => {
                "correct-horse-battery-staple".clone_into(text);
            }
            // Other tests search responses for the passwords of tests, and the document is one.
            Value::String(text) if text.contains("sesame") => "rain-on-the-tin-roof".clone_into(text),
            Value::String(text) if text.contains("&state=") => {
                "https://github.com/login/oauth/authorize?response_type=code&client_id=…&state=…".clone_into(text);
            }
            // JSON without a signature is the client data of a passkey.
            Value::String(text) if text.starts_with("eyJ") && text.contains('.') => {
                "eyJhbGciOiJFUzI1NiIs….eyJpc3MiOiJodHRw….MEUCIQDt…".clone_into(text);
            }
            // Challenges. With the same random numbers, the session token of another test is the same.
            Value::String(text) if is_256_bits(text) => "dGhpcnR5LXR3byByYW5kb20gYnl0ZXMgb2YgYSBjYWw".clone_into(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.replace(item)),
            Value::Object(entries) => entries.iter_mut().for_each(|(_, inner)| self.replace(inner)),
            _ => {}
        }
    }
}

/// A URL of the provider of the tests at a host without a port, with the names of its parameters alone.
fn at_fixed_host(url: &str) -> String {
    let url = Url::parse(url).unwrap();
    let parameters: Vec<_> = url.query_pairs().map(|(name, _)| format!("{name}=…")).collect();
    let separator = if parameters.is_empty() { "" } else { "?" };
    format!("https://login.acme.example{}{separator}{}", url.path().trim_end_matches('/'), parameters.join("&"))
}

/// Whether it may be the base64url of 32 bytes.
fn is_256_bits(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn is_id(text: &str) -> bool {
    (16..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Adds an example of each request and of each successful response to the document. The examples are those of one run:
/// neither the clock nor the random numbers of a test are real.
pub(crate) async fn add_examples(document: &mut Value) {
    let mut recorder = Recorder::default();
    story::tell(&mut recorder).await;
    recorder.record_rest().await;
    for ((method, path), Exchange { mut request, mut response }) in recorder.exchanges {
        let operation = &mut document["paths"][path.as_str()][method.to_lowercase()];
        let mut names = Names::default();
        if let Some(request) = &mut request {
            names.replace(request);
            operation["requestBody"]["content"]["application/json"]["example"] = request.take();
        }
        names.replace(&mut response);
        operation["responses"]["200"]["content"]["application/json"]["example"] = response;
    }
}

#[tokio::test]
async fn every_call_has_an_example_of_its_request_and_response() {
    let mut document = serde_json::to_value(vestibule_web::generate_openapi_document().unwrap()).unwrap();
    add_examples(&mut document).await;
    let mut missing = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let response = operation["responses"]["200"]["content"]["application/json"].get("example");
            let request = &operation["requestBody"]["content"]["application/json"];
            if response.is_none() || (request.is_object() && request.get("example").is_none()) {
                missing.push(format!("{method} {path}"));
            }
        }
    }
    assert!(missing.is_empty(), "make these calls in a story of openapi_examples: {missing:#?}");
}
