//! Image storage in an S3-compatible bucket. Each image is an object, which is written, read or deleted with one signed
//! request.
//!
//! Errors of the bucket are logged for the operator; clients only get `IMAGES_NOT_AVAILABLE`.

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
use crate::error::{Code, Problem, Result, chain};
use crate::settings;

/// The time for a request with all its retries.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);
/// Delays before the second and third attempt.
const BACKOFF: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];
/// Percent-encodes everything except RFC 3986 unreserved characters and slashes, so that the sent path equals the
/// signed one.
const PATH_ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
/// The default of AWS clients.
const DEFAULT_REGION: &str = "us-east-1";

#[derive(Debug)]
pub(super) struct Bucket {
    /// The URL of an object up to the image's name.
    base_url: String,
    signer: Signer<Credential>,
    http: Http,
}

impl Bucket {
    /// Opens the bucket of the settings. What they leave out is taken from the environment. The bucket is not contacted
    /// before the first image.
    pub(crate) fn open(bucket: &settings::Bucket, mut environment: Environment) -> Result<Self, StoreError> {
        // An empty variable counts as unset.
        environment.retain(|_, value| !value.is_empty());
        let variable = |names: &[&str]| names.iter().find_map(|name| environment.get(*name));
        let region = bucket.region.as_ref().or_else(|| variable(&["AWS_REGION", "AWS_DEFAULT_REGION"]));
        let region = region.map_or(DEFAULT_REGION, String::as_str).to_owned();
        let endpoint =
            bucket.endpoint.as_ref().or_else(|| variable(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"]));
        let endpoint = endpoint.cloned().unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
        let mut base_url = format!("{}/{}/", endpoint.trim_end_matches('/'), bucket.name);
        if !bucket.prefix.is_empty() {
            base_url.extend(utf8_percent_encode(&bucket.prefix, PATH_ENCODED));
            base_url.push('/');
        }
        let unusable = |reason: String| StoreError::new(format!("s3://{}: {reason}", bucket.name));
        let uri: Uri = base_url.parse().map_err(|_| unusable(format!("{endpoint} is not a URL")))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || endpoint.contains(['?', '#', '@']) {
            return Err(unusable(format!("{endpoint} is not the URL of a server")));
        }
        let http = Http::open(uri.scheme_str() == Some("https")).map_err(unusable)?;
        let credentials = CredentialProvider::new(bucket.key.as_ref(), &region, &environment);
        let context = Context::new().with_http_send(http.clone()).with_file_read(Files);
        let context = context.with_env(StaticEnv { home_dir: None, envs: environment });
        Ok(Self { base_url, signer: Signer::new(context, credentials, RequestSigner::new("s3", &region)), http })
    }

    /// The image, or `None`.
    ///
    /// # Errors
    /// `IMAGES_NOT_AVAILABLE`, also from `write` and `remove`.
    pub(crate) async fn read(&self, name: &ImageName) -> Result<Option<Bytes>> {
        let response = self.send(Method::GET, name.as_str(), &[], Bytes::new()).await?;
        match response.status() {
            StatusCode::NOT_FOUND if is_object_missing(&response) => Ok(None),
            StatusCode::OK => Ok(Some(response.into_body())),
            _ => Err(rejected(&response)),
        }
    }

    /// Writes the object with the headers that a CDN in front of the bucket needs.
    pub(crate) async fn write(&self, name: &ImageName, bytes: Bytes) -> Result<()> {
        let headers =
            [(CONTENT_TYPE.as_str(), name.format().media_type()), (CACHE_CONTROL.as_str(), CACHE_CONTROL_IMMUTABLE)];
        let response = self.send(Method::PUT, name.as_str(), &headers, bytes).await?;
        if response.status().is_success() { Ok(()) } else { Err(rejected(&response)) }
    }

    /// Succeeds if the object does not exist.
    pub(crate) async fn remove(&self, name: &ImageName) -> Result<()> {
        let response = self.send(Method::DELETE, name.as_str(), &[], Bytes::new()).await?;
        let is_missing = response.status() == StatusCode::NOT_FOUND && is_object_missing(&response);
        if is_missing || response.status().is_success() { Ok(()) } else { Err(rejected(&response)) }
    }

    /// Sends a request with retries. All three operations are idempotent.
    async fn send(&self, method: Method, name: &str, headers: &[(&str, &str)], body: Bytes) -> Result<Response<Bytes>> {
        let attempts = async {
            for delay in BACKOFF {
                let response = self.send_once(&method, name, headers, body.clone()).await;
                match response {
                    Ok(response) if !is_transient(response.status()) => return Ok(response),
                    Ok(response) => tracing::debug!(status = %response.status(), "retrying a bucket request"),
                    Err(reason) => tracing::debug!(reason, "retrying a bucket request"),
                }
                sleep(delay).await;
            }
            self.send_once(&method, name, headers, body.clone()).await
        };
        let response = timeout(REQUEST_TIMEOUT, attempts)
            .await
            .unwrap_or_else(|_| Err(format!("no response within {REQUEST_TIMEOUT:?}")));
        response.map_err(unavailable)
    }

    async fn send_once(
        &self,
        method: &Method,
        name: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Response<Bytes>, String> {
        let mut request = Request::builder().method(method).uri(format!("{}{name}", self.base_url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let digest = HEXLOWER.encode(&Sha256::digest(&body));
        let request = request.header("x-amz-content-sha256", digest).body(body).map_err(|error| error.to_string())?;
        let (mut head, body) = request.into_parts();
        self.signer.sign(&mut head, None).await.map_err(|error| format!("no credential: {}", chain(&error)))?;
        self.http.send(Request::from_parts(head, body)).await
    }
}

/// Whether the request is worth retrying.
fn is_transient(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

#[expect(clippy::disallowed_methods, reason = "a backoff has no event to wait for")]
async fn sleep(delay: Duration) {
    tokio::time::sleep(delay).await;
}

/// The S3 error code in a response; empty if there is none.
fn error_code(response: &Response<Bytes>) -> &str {
    let body = str::from_utf8(response.body()).unwrap_or_default();
    body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map_or("", |(code, _)| code)
}

/// Distinguishes a missing object from a missing bucket.
fn is_object_missing(response: &Response<Bytes>) -> bool {
    error_code(response) != "NoSuchBucket"
}

/// Describes an error response; with the bucket's region, if the settings have another one.
fn rejected(response: &Response<Bytes>) -> Problem {
    let region = response.headers().get("x-amz-bucket-region").and_then(|region| region.to_str().ok());
    let region = region.map_or_else(String::new, |region| format!(" (the bucket is in {region}: see images.region)"));
    unavailable(format!("{} {}{region}", response.status(), error_code(response)))
}

fn unavailable(reason: String) -> Problem {
    Problem::with_source(Code::ImagesNotAvailable, reason)
}
