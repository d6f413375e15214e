//! A bucket that speaks S3: each image is one object, written, read or removed by one signed request.
//!
//! What the bucket says goes to the operator's log; whoever sent an image, or asked for one, hears that images are away.

mod credential;
mod http;

use std::time::Duration;

use ::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use ::http::{Method, Request, Response, StatusCode, Uri};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqsign_aws_v4::{Credential, RequestSigner};
use reqsign_core::{Context, Signer, StaticEnv};
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use self::credential::{CredentialProvider, Files};
use self::http::Http;
use super::store::{Environment, StoreError};
use super::{CACHE_CONTROL_IMMUTABLE, ImageName};
use crate::error::{Code, Problem, Result};
use crate::settings;

/// How long a bucket may take to answer, tries and all.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);
/// The pauses before a second and a third attempt.
const BACKOFF: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];
/// What stands for itself in an object's URL; so the path that is signed is the one that is sent.
const PATH_ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
/// Where a bucket is that nobody has said it of.
const DEFAULT_REGION: &str = "us-east-1";

/// The bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    /// What stands before an image's name in its object's URL.
    before: String,
    signer: Signer<Credential>,
    http: Http,
}

impl Bucket {
    /// The bucket that the settings name, and what the environment says where they do not. It is not asked before the first
    /// image.
    pub(crate) fn open(bucket: &settings::Bucket, mut environment: Environment) -> Result<Self, StoreError> {
        // Whoever sets a variable to nothing means to say nothing.
        environment.retain(|_, value| !value.is_empty());
        let set = |names: &[&str]| names.iter().find_map(|name| environment.get(*name));
        let region = bucket.region.as_ref().or_else(|| set(&["AWS_REGION", "AWS_DEFAULT_REGION"]));
        let region = region.map_or(DEFAULT_REGION, String::as_str).to_owned();
        let endpoint =
            bucket.endpoint.as_ref().or_else(|| set(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"]));
        let endpoint = endpoint.cloned().unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
        let mut before = format!("{}/{}/", endpoint.trim_end_matches('/'), bucket.name);
        if !bucket.folder.is_empty() {
            before.extend(utf8_percent_encode(&bucket.folder, PATH_ENCODED));
            before.push('/');
        }
        let unusable = |reason: String| StoreError::new(format!("s3://{}: {reason}", bucket.name));
        let place: Uri = before.parse().map_err(|_| unusable(format!("{endpoint} is no address")))?;
        if !matches!(place.scheme_str(), Some("http" | "https")) || endpoint.contains(['?', '#', '@']) {
            return Err(unusable(format!("{endpoint} is no address of a server")));
        }
        let http = Http::open(place.scheme_str() == Some("https")).map_err(unusable)?;
        let given = CredentialProvider::of(bucket.key.as_ref(), &region, &environment);
        let context = Context::new().with_http_send(http.clone()).with_file_read(Files);
        let context = context.with_env(StaticEnv { home_dir: None, envs: environment });
        Ok(Self { before, signer: Signer::new(context, given, RequestSigner::new("s3", &region)), http })
    }

    /// The image, or nothing. Error: `IMAGES_NOT_AVAILABLE`, as with the other two.
    pub(crate) async fn read(&self, name: &ImageName) -> Result<Option<Bytes>> {
        let answer = self.send(Method::GET, name.as_str(), &[], Bytes::new()).await?;
        match answer.status() {
            StatusCode::NOT_FOUND if is_object_missing(&answer) => Ok(None),
            StatusCode::OK => Ok(Some(answer.into_body())),
            _ => Err(refused(&answer)),
        }
    }

    /// Writes it, with all that a CDN in front of the bucket has to know to show it.
    pub(crate) async fn write(&self, name: &ImageName, bytes: Bytes) -> Result<()> {
        let headers =
            [(CONTENT_TYPE.as_str(), name.format().media_type()), (CACHE_CONTROL.as_str(), CACHE_CONTROL_IMMUTABLE)];
        let answer = self.send(Method::PUT, name.as_str(), &headers, bytes).await?;
        if answer.status().is_success() { Ok(()) } else { Err(refused(&answer)) }
    }

    /// Removes it, if it is there.
    pub(crate) async fn remove(&self, name: &ImageName) -> Result<()> {
        let answer = self.send(Method::DELETE, name.as_str(), &[], Bytes::new()).await?;
        let is_gone = answer.status() == StatusCode::NOT_FOUND && is_object_missing(&answer);
        if is_gone || answer.status().is_success() { Ok(()) } else { Err(refused(&answer)) }
    }

    /// Asks the bucket, and once more where it could not answer: each of the three can be done twice.
    async fn send(&self, method: Method, name: &str, headers: &[(&str, &str)], body: Bytes) -> Result<Response<Bytes>> {
        let asked = async {
            for pause in BACKOFF {
                let answer = self.send_once(&method, name, headers, body.clone()).await;
                match answer {
                    Ok(answer) if !is_transient(answer.status()) => return Ok(answer),
                    Ok(answer) => tracing::debug!(status = %answer.status(), "the bucket is asked again"),
                    Err(reason) => tracing::debug!(reason, "the bucket is asked again"),
                }
                wait(pause).await;
            }
            self.send_once(&method, name, headers, body.clone()).await
        };
        let answer = timeout(REQUEST_TIMEOUT, asked)
            .await
            .unwrap_or_else(|_| Err(format!("no answer within {REQUEST_TIMEOUT:?}")));
        answer.map_err(away)
    }

    async fn send_once(
        &self,
        method: &Method,
        name: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Response<Bytes>, String> {
        let mut request = Request::builder().method(method).uri(format!("{}{name}", self.before));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let digest = HEXLOWER.encode(&Sha256::digest(&body));
        let request = request.header("x-amz-content-sha256", digest).body(body).map_err(|error| error.to_string())?;
        let (mut head, body) = request.into_parts();
        self.signer.sign(&mut head, None).await.map_err(|error| format!("no credential: {}", http::message(&error)))?;
        self.http.send(Request::from_parts(head, body)).await
    }
}

/// Whether the same request may well be answered in a moment.
fn is_transient(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

#[expect(clippy::disallowed_methods, reason = "a server that could not answer does not say when it can")]
async fn wait(pause: Duration) {
    tokio::time::sleep(pause).await;
}

/// S3's word for why it has refused; empty when it gave none.
fn code(answer: &Response<Bytes>) -> &str {
    let said = str::from_utf8(answer.body()).unwrap_or_default();
    said.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map_or("", |(code, _)| code)
}

/// Whether what is not found is the image, and not the bucket.
fn is_object_missing(answer: &Response<Bytes>) -> bool {
    code(answer) != "NoSuchBucket"
}

/// What the bucket has refused; and where it is, if that was it.
fn refused(answer: &Response<Bytes>) -> Problem {
    let region = answer.headers().get("x-amz-bucket-region").and_then(|region| region.to_str().ok());
    let region = region.map_or_else(String::new, |region| format!(" (the bucket is in {region}: see images.region)"));
    away(format!("{} {}{region}", answer.status(), code(answer)))
}

fn away(reason: String) -> Problem {
    Problem::with_source(Code::ImagesNotAvailable, reason)
}
