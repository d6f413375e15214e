//! Images in a bucket: what it is asked for, what that is signed with, and what comes of its answers.

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
use vestibule_core::images::{Environment, ImageStore, clear_unused};
use vestibule_core::settings::{Bucket, Hidden, ImageStorage};
use vestibule_testbed::Database;

use crate::harness::{App, Client, HOUR, Start, text};
use crate::images::{picture, shown};

const REGION: &str = "eu-north-1";
const SECRET: &str = "the-secret";
const SESSION: &str = "the-session";

/// What speaks enough S3 to be asked, and gives credentials as Amazon's agents do. It answers only what is signed rightly.
#[derive(Default)]
struct S3 {
    objects: HashMap<String, (HeaderMap, Bytes)>,
    /// What it cannot answer before it can.
    unable: u32,
    /// Whether it has such a bucket no more.
    is_gone: bool,
    asked: u32,
    /// What it was asked for besides objects.
    asked_besides: Vec<String>,
}

type Shared = Arc<Mutex<S3>>;

async fn answered(
    State(s3): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Bytes) {
    let mut s3 = s3.lock().unwrap();
    let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
    let credential = json!({
        "Code": "Success", "AccessKeyId": "lent", "SecretAccessKey": SECRET, "Token": SESSION,
        "Expiration": "2099-01-01T00:00:00Z",
    });
    if !uri.path().starts_with("/pictures/") {
        s3.asked_besides.push(format!("{method} {}", uri.path()));
        let is_ours = match uri.path() {
            "/agent" => header("authorization") == "the agent's token",
            "/latest/api/token" => return (StatusCode::OK, Bytes::from("the machine's token")),
            _ => header("x-aws-ec2-metadata-token") == "the machine's token",
        };
        return match (is_ours, uri.path()) {
            (false, _) => (StatusCode::UNAUTHORIZED, Bytes::new()),
            (_, "/latest/meta-data/iam/security-credentials/") => (StatusCode::OK, Bytes::from("hall")),
            _ => (StatusCode::OK, Bytes::from(credential.to_string())),
        };
    }
    s3.asked += 1;
    if !is_signed(&method, &uri, &headers, &body) {
        return (StatusCode::FORBIDDEN, Bytes::from("<Error><Code>SignatureDoesNotMatch</Code></Error>"));
    }
    if s3.is_gone {
        return (StatusCode::NOT_FOUND, Bytes::from("<Error><Code>NoSuchBucket</Code></Error>"));
    }
    if s3.unable > 0 {
        s3.unable -= 1;
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

/// Whether a request is signed as Amazon's fourth version says, by somebody who knows the secret.
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
    // What is lent for a while is used with its session.
    if header("x-amz-content-sha256") != digest || (key == "lent") != (header("x-amz-security-token") == SESSION) {
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
    let key = parts.iter().fold(start, |key, part| keyed(&key, part));
    scope == parts.join("/") && hex(&keyed(&key, &to_sign)) == signature
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// The server, and where it is.
async fn s3() -> (Shared, String) {
    let s3 = Shared::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = Router::new().fallback(answered).with_state(Arc::clone(&s3));
    tokio::spawn(async move { axum::serve(listener, server).await.unwrap() });
    (s3, endpoint)
}

fn bucket(endpoint: Option<&str>) -> Bucket {
    Bucket {
        name: "pictures".to_owned(),
        prefix: "hall of fame/ä+b".to_owned(),
        region: Some(REGION.to_owned()),
        endpoint: endpoint.map(ToOwned::to_owned),
        key: Some(("the-key".to_owned(), Hidden::new(SECRET.to_owned()))),
    }
}

async fn founder_with(bucket: Bucket, environment: Environment) -> (App, Client) {
    let store = ImageStore::open(&ImageStorage::Bucket(bucket), environment).unwrap();
    let app = Start::on(Database::fresh()).keeping_images_in(store).app().await;
    let owner = app.person("olga@example.com").await;
    (app, owner)
}

/// Makes an organization with an image, and gives the image's URL.
async fn with_image(owner: &Client) -> Value {
    let png = picture(ImageFormat::Png, 5, 5);
    let created = owner.post_file("/organizations", &[("name", "Acme")], ("image", &png)).await.ok();
    created["organization"]["image_url"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_does_as_well_as_a_folder() {
    let (s3, endpoint) = s3().await;
    let (app, owner) = founder_with(bucket(Some(&endpoint)), Environment::new()).await;
    let png = picture(ImageFormat::Png, 5, 5);
    let created = owner.post_file("/organizations", &[("name", "Acme")], ("image", &png)).await.ok();
    let url = &created["organization"]["image_url"];
    let answer = shown(&app, url).await;
    let name = url.as_str().unwrap().rsplit('/').next().unwrap();
    let (headers, object) =
        s3.lock().unwrap().objects[&format!("/pictures/hall%20of%20fame/%C3%A4%2Bb/{name}")].clone();
    assert_eq!(object, answer.bytes);
    // So a CDN in front of it shows what this server would.
    for name in ["content-type", "cache-control"] {
        assert_eq!(headers[name], answer.headers[name]);
    }
    let update = format!("/organizations/{}/update", text(&created["organization"]["id"]));
    owner.post(&update, &[("image", "null")]).await.ok();
    app.advance(HOUR);
    s3.lock().unwrap().is_gone = true;
    shown(&app, url).await.refused(503, "IMAGES_NOT_AVAILABLE");
    assert!(clear_unused(&app.inner.service).await.is_err(), "the image is not gone with its bucket's name");
    s3.lock().unwrap().is_gone = false;
    assert_eq!(clear_unused(&app.inner.service).await.unwrap(), 1);
    assert!(s3.lock().unwrap().objects.is_empty());
    shown(&app, url).await.refused(404, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_away_or_refuses_is_told_of() {
    let (s3, endpoint) = s3().await;
    let mut with_another_secret = bucket(Some(&endpoint));
    with_another_secret.key = Some(("the-key".to_owned(), Hidden::new("another".to_owned())));
    for bucket in [bucket(Some("http://127.0.0.1:1")), with_another_secret] {
        let (app, owner) = founder_with(bucket, Environment::new()).await;
        let png = picture(ImageFormat::Png, 5, 5);
        let answer = owner.post_file("/organizations", &[("name", "Acme")], ("image", &png)).await;
        assert!(answer.headers.contains_key("retry-after"));
        answer.refused(503, "IMAGES_NOT_AVAILABLE");
        assert_eq!(app.count("SELECT COUNT(*) FROM organizations"), 0);
        owner
            .send(Method::POST, "/organizations", Some("application/json"), Body::from(r#"{"name": "Acme"}"#))
            .await
            .ok();
    }
    assert_eq!(s3.lock().unwrap().asked, 1, "what is refused is not asked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_cannot_answer_is_asked_again_and_not_for_ever() {
    let (s3, endpoint) = s3().await;
    let (app, owner) = founder_with(bucket(Some(&endpoint)), Environment::new()).await;
    s3.lock().unwrap().unable = 2;
    let url = with_image(&owner).await;
    assert_eq!(s3.lock().unwrap().asked, 3);
    s3.lock().unwrap().unable = 4;
    shown(&app, &url).await.refused(503, "IMAGES_NOT_AVAILABLE");
    assert_eq!(shown(&app, &url).await.status, 200);
    assert_eq!(s3.lock().unwrap().asked, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_the_environment_and_the_machine_give_one() {
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "the agent's token\n").unwrap();
    let token = token.path().to_str().unwrap();
    let lent_by_the_machine = [
        "PUT /latest/api/token",
        "GET /latest/meta-data/iam/security-credentials/",
        "GET /latest/meta-data/iam/security-credentials/hall",
    ];
    let its_own = vec![("AWS_ACCESS_KEY_ID", "the-key"), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    let for_a_session =
        vec![("AWS_ACCESS_KEY_ID", "lent"), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_SESSION_TOKEN", SESSION)];
    let by_an_agent =
        vec![("AWS_CONTAINER_CREDENTIALS_FULL_URI", "{}/agent"), ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token)];
    for (variables, asked_besides) in [
        (its_own, &[][..]),
        (for_a_session, &[]),
        (by_an_agent, &["GET /agent"]),
        (vec![("AWS_EC2_METADATA_SERVICE_ENDPOINT", "{}")], &lent_by_the_machine),
    ] {
        let (s3, endpoint) = s3().await;
        // The environment says where the bucket is, too.
        let variables = [("AWS_REGION", ""), ("AWS_DEFAULT_REGION", REGION), ("AWS_ENDPOINT_URL_S3", "{}/")]
            .into_iter()
            .chain(variables);
        let environment = variables.map(|(name, value)| (name.to_owned(), value.replace("{}", &endpoint))).collect();
        let (app, owner) = founder_with(Bucket { key: None, region: None, ..bucket(None) }, environment).await;
        let url = with_image(&owner).await;
        assert_eq!(shown(&app, &url).await.status, 200);
        assert_eq!(s3.lock().unwrap().asked_besides, asked_besides, "what was lent is kept");
    }
}

#[test]
fn what_is_no_bucket_is_refused_at_the_start() {
    for endpoint in [
        "",
        "s3.example.com",
        "ftp://s3.example.com",
        "https://s3.example.com/?list",
        "https://a@b",
        "https://a/#",
        "https:// ",
    ] {
        let opened = ImageStore::open(&ImageStorage::Bucket(bucket(Some(endpoint))), Environment::new());
        let words = opened.unwrap_err().to_string();
        assert!(words.starts_with("s3://pictures: ") && words.contains(endpoint), "{words}");
    }
}
