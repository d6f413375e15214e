//! Images in an S3 bucket: requests, their signatures, credentials, and error responses.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use hmac::{Hmac, KeyInit, Mac};
use image::ImageFormat;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use vestibule_core::image_store::{Environment, ImageStore};
use vestibule_core::images::delete_unused;
use vestibule_core::settings::{Bucket, ImageStorage, Secret};
use vestibule_testbed::Database;

use crate::harness::{HOUR, TestApp, TestAppBuilder, TestClient, text};
use crate::images::{encode, fetch};

const REGION: &str = "eu-north-1";
const SECRET: &str = "the-secret";
const SESSION: &str = "the-session";

/// A fake S3 server that verifies signatures, and serves credentials like the container agent and instance metadata.
#[derive(Default)]
struct FakeS3 {
    objects: HashMap<String, (HeaderMap, Bytes)>,
    /// Number of requests to reject with `SlowDown`.
    throttled: u32,
    /// Whether the bucket does not exist.
    is_missing: bool,
    /// Number of object requests received.
    requests: u32,
    /// Requests for credentials, as method and path.
    credential_requests: Vec<String>,
}

type Shared = Arc<Mutex<FakeS3>>;

async fn handle(
    State(s3): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Bytes) {
    let mut s3 = s3.lock().unwrap();
    let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
    let credential = json!({
        "Code": "Success", "AccessKeyId": "temporary", "SecretAccessKey": SECRET, "Token": SESSION,
        "Expiration": "2099-01-01T00:00:00Z",
    });
    if !uri.path().starts_with("/pictures/") {
        s3.credential_requests.push(format!("{method} {}", uri.path()));
        let is_authorized = match uri.path() {
            "/agent" => header("authorization") == "the agent's token",
            "/latest/api/token" => return (StatusCode::OK, Bytes::from("the machine's token")),
            _ => header("x-aws-ec2-metadata-token") == "the machine's token",
        };
        return match (is_authorized, uri.path()) {
            (false, _) => (StatusCode::UNAUTHORIZED, Bytes::new()),
            (_, "/latest/meta-data/iam/security-credentials/") => (StatusCode::OK, Bytes::from("hall")),
            _ => (StatusCode::OK, Bytes::from(credential.to_string())),
        };
    }
    s3.requests += 1;
    if !is_signed(&method, &uri, &headers, &body) {
        return (StatusCode::FORBIDDEN, Bytes::from("<Error><Code>SignatureDoesNotMatch</Code></Error>"));
    }
    if s3.is_missing {
        return (StatusCode::NOT_FOUND, Bytes::from("<Error><Code>NoSuchBucket</Code></Error>"));
    }
    if s3.throttled > 0 {
        s3.throttled -= 1;
        return (StatusCode::SERVICE_UNAVAILABLE, Bytes::from("<Error><Code>SlowDown</Code></Error>"));
    }
    let path = uri.path().to_owned();
    match method {
        Method::PUT => {
            s3.objects.insert(path, (headers, body));
            (StatusCode::OK, Bytes::new())
        }
        Method::DELETE => {
            s3.objects.remove(&path);
            (StatusCode::NO_CONTENT, Bytes::new())
        }
        _ => match s3.objects.get(&path) {
            Some((_, object)) => (StatusCode::OK, object.clone()),
            None => (StatusCode::NOT_FOUND, Bytes::new()),
        },
    }
}

/// Returns whether the request has a valid AWS Signature Version 4.
fn is_signed(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
    let between = |before: &str, after: &str| {
        let (_, rest) = header("authorization").split_once(before)?;
        Some(rest.split_once(after).map_or(rest, |(between, _)| between))
    };
    let parts = ["Credential=", "SignedHeaders=", "Signature="].map(|before| between(before, ","));
    let [Some(credential), Some(signed), Some(signature)] = parts else { return false };
    let (key, scope) = credential.split_once('/').unwrap();
    let digest = hex(&Sha256::digest(body));
    // Temporary credentials require their session token.
    if header("x-amz-content-sha256") != digest || (key == "temporary") != (header("x-amz-security-token") == SESSION) {
        return false;
    }
    let mut canonical = format!("{method}\n{}\n{}\n", uri.path(), uri.query().unwrap_or(""));
    for name in signed.split(';') {
        writeln!(canonical, "{name}:{}", header(name)).unwrap();
    }
    write!(canonical, "\n{signed}\n{digest}").unwrap();
    let date = header("x-amz-date");
    let canonical = hex(&Sha256::digest(canonical));
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{canonical}");
    let start = format!("AWS4{SECRET}").into_bytes();
    let parts = [&date[..8], REGION, "s3", "aws4_request"];
    let key = parts.iter().fold(start, |key, part| hmac_sha256(&key, part));
    scope == parts.join("/") && hex(&hmac_sha256(&key, &to_sign)) == signature
}

fn hmac_sha256(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// Starts the server. Returns its state and endpoint.
async fn start_s3() -> (Shared, String) {
    let s3 = Shared::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = Router::new().fallback(handle).with_state(Arc::clone(&s3));
    tokio::spawn(async move { axum::serve(listener, server).await.unwrap() });
    (s3, endpoint)
}

fn bucket_settings(endpoint: Option<&str>) -> Bucket {
    Bucket {
        name: "pictures".to_owned(),
        prefix: "hall of fame/ä+b".to_owned(),
        region: Some(REGION.to_owned()),
        endpoint: endpoint.map(ToOwned::to_owned),
        key: Some(("the-key".to_owned(), Secret::new(SECRET.to_owned()))),
    }
}

async fn setup(bucket: Bucket, environment: Environment) -> (TestApp, TestClient) {
    let store = ImageStore::open(&ImageStorage::Bucket(bucket), environment).unwrap();
    let app = TestAppBuilder::new(Database::create()).with_image_store(store).build().await;
    let owner = app.create_user("olga@example.com").await;
    (app, owner)
}

/// Creates an organization with an image. Returns the image's URL.
async fn create_image(owner: &TestClient) -> Value {
    let png = encode(ImageFormat::Png, 5, 5);
    let created = owner.post_file("/organizations", &[("name", "Acme")], ("image", &png)).await.ok();
    created["organization"]["image_url"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_serves_and_deletes_image_in_bucket() {
    let (s3, endpoint) = start_s3().await;
    let (app, owner) = setup(bucket_settings(Some(&endpoint)), Environment::new()).await;
    let png = encode(ImageFormat::Png, 5, 5);
    let created = owner.post_file("/organizations", &[("name", "Acme")], ("image", &png)).await.ok();
    let url = &created["organization"]["image_url"];
    let response = fetch(&app, url).await;
    let name = url.as_str().unwrap().rsplit('/').next().unwrap();
    let (headers, object) =
        s3.lock().unwrap().objects[&format!("/pictures/hall%20of%20fame/%C3%A4%2Bb/{name}")].clone();
    assert_eq!(object, response.bytes);
    // A CDN in front of the bucket serves the same headers as this server.
    for name in ["content-type", "cache-control"] {
        assert_eq!(headers[name], response.headers[name]);
    }
    let update = format!("/organizations/{}/update", text(&created["organization"]["id"]));
    owner.post(&update, &[("image", "null")]).await.ok();
    app.advance(HOUR);
    s3.lock().unwrap().is_missing = true;
    fetch(&app, url).await.assert_error(503, "IMAGES_NOT_AVAILABLE");
    assert!(delete_unused(&app.inner.service).await.is_err(), "a missing bucket does not count as a deleted image");
    s3.lock().unwrap().is_missing = false;
    assert_eq!(delete_unused(&app.inner.service).await.unwrap(), 1);
    assert!(s3.lock().unwrap().objects.is_empty());
    fetch(&app, url).await.assert_error(404, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn returns_503_when_bucket_is_unreachable_or_forbidden() {
    let (s3, endpoint) = start_s3().await;
    let mut wrong_secret = bucket_settings(Some(&endpoint));
    wrong_secret.key = Some(("the-key".to_owned(), Secret::new("another".to_owned())));
    for bucket in [bucket_settings(Some("http://127.0.0.1:1")), wrong_secret] {
        let (app, owner) = setup(bucket, Environment::new()).await;
        let png = encode(ImageFormat::Png, 5, 5);
        let response = owner.post_file("/organizations", &[("name", "Acme")], ("image", &png)).await;
        assert!(response.headers.contains_key("retry-after"));
        response.assert_error(503, "IMAGES_NOT_AVAILABLE");
        assert_eq!(app.count("SELECT COUNT(*) FROM organizations"), 0);
        owner
            .send(Method::POST, "/organizations", Some("application/json"), Body::from(r#"{"name": "Acme"}"#))
            .await
            .ok();
    }
    assert_eq!(s3.lock().unwrap().requests, 1, "a rejected request is not retried");
}

#[tokio::test(flavor = "multi_thread")]
async fn retries_throttled_requests_a_limited_number_of_times() {
    let (s3, endpoint) = start_s3().await;
    let (app, owner) = setup(bucket_settings(Some(&endpoint)), Environment::new()).await;
    s3.lock().unwrap().throttled = 2;
    let url = create_image(&owner).await;
    assert_eq!(s3.lock().unwrap().requests, 3);
    s3.lock().unwrap().throttled = 4;
    fetch(&app, &url).await.assert_error(503, "IMAGES_NOT_AVAILABLE");
    assert_eq!(fetch(&app, &url).await.status, 200);
    assert_eq!(s3.lock().unwrap().requests, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn loads_credentials_from_environment_agent_or_instance_metadata() {
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "the agent's token\n").unwrap();
    let token = token.path().to_str().unwrap();
    let metadata_requests = [
        "PUT /latest/api/token",
        "GET /latest/meta-data/iam/security-credentials/",
        "GET /latest/meta-data/iam/security-credentials/hall",
    ];
    let static_key = vec![("AWS_ACCESS_KEY_ID", "the-key"), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    let temporary_key =
        vec![("AWS_ACCESS_KEY_ID", "temporary"), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_SESSION_TOKEN", SESSION)];
    let container_agent =
        vec![("AWS_CONTAINER_CREDENTIALS_FULL_URI", "{}/agent"), ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token)];
    for (variables, expected_requests) in [
        (static_key, &[][..]),
        (temporary_key, &[]),
        (container_agent, &["GET /agent"]),
        (vec![("AWS_EC2_METADATA_SERVICE_ENDPOINT", "{}")], &metadata_requests),
    ] {
        let (s3, endpoint) = start_s3().await;
        // Region and endpoint come from the environment, too.
        let variables = [("AWS_REGION", ""), ("AWS_DEFAULT_REGION", REGION), ("AWS_ENDPOINT_URL_S3", "{}/")]
            .into_iter()
            .chain(variables);
        let environment = variables.map(|(name, value)| (name.to_owned(), value.replace("{}", &endpoint))).collect();
        let (app, owner) = setup(Bucket { key: None, region: None, ..bucket_settings(None) }, environment).await;
        let url = create_image(&owner).await;
        assert_eq!(fetch(&app, &url).await.status, 200);
        assert_eq!(s3.lock().unwrap().credential_requests, expected_requests, "credentials are cached");
    }
}

#[test]
fn rejects_invalid_endpoint_at_startup() {
    for endpoint in [
        "",
        "s3.example.com",
        "ftp://s3.example.com",
        "https://s3.example.com/?list",
        "https://a@b",
        "https://a/#",
        "https:// ",
    ] {
        let opened = ImageStore::open(&ImageStorage::Bucket(bucket_settings(Some(endpoint))), Environment::new());
        let message = opened.unwrap_err().to_string();
        assert!(message.starts_with("s3://pictures: ") && message.contains(endpoint), "{message}");
    }
}
