//! Requests to identity providers.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use zeroize::Zeroizing;

use crate::http_client::{Excess, HttpClient, HttpError, HttpErrorKind, OutgoingRequest, UrlError};

const MAX_RESPONSE_BYTES: usize = 256 << 10;

/// A request: a POST if it has a form, else a GET.
pub(super) struct ProviderRequest {
    pub(super) url: String,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// Encoded as `application/x-www-form-urlencoded`.
    pub(super) form: Option<Zeroizing<String>>,
}

/// A response with any status. Redirects are not followed.
pub(super) struct ProviderResponse {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

pub(super) type SendFuture<'a> = Pin<Box<dyn Future<Output = Result<ProviderResponse, HttpError>> + Send + 'a>>;

/// Sends requests to identity providers. Tests have one without a network.
pub(super) trait Transport: Send + Sync + fmt::Debug {
    /// Whether requests can be sent to a URL, as far as its text says.
    fn is_allowed(&self, url: &str) -> bool;

    fn send(&self, request: ProviderRequest) -> SendFuture<'_>;
}

impl ProviderRequest {
    /// A GET request for JSON.
    pub(super) fn get(url: &str) -> Self {
        Self { url: url.to_owned(), headers: vec![(ACCEPT, HeaderValue::from_static("application/json"))], form: None }
    }

    /// A POST request for JSON.
    pub(super) fn post(url: &str, form: Zeroizing<String>) -> Self {
        Self { form: Some(form), ..Self::get(url) }
    }
}

impl fmt::Debug for ProviderRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProviderRequest(…)")
    }
}

/// Sends requests with the guarded client.
#[derive(Debug)]
pub(super) struct HttpTransport {
    pub(super) client: Arc<HttpClient>,
    pub(super) timeout: Duration,
}

impl Transport for HttpTransport {
    fn is_allowed(&self, url: &str) -> bool {
        self.client.parse_url(url).is_ok()
    }

    fn send(&self, request: ProviderRequest) -> SendFuture<'_> {
        Box::pin(async move {
            let refused = |error: UrlError| HttpError {
                kind: HttpErrorKind::BlockedAddress,
                detail: format!("requests are not sent to this URL: {error}"),
            };
            let url = self.client.parse_url(&request.url).map_err(refused)?;
            let mut headers: HeaderMap = request.headers.into_iter().collect();
            let mut body = Bytes::new();
            let is_repeatable = request.form.is_none();
            if let Some(form) = &request.form {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
                body = Bytes::copy_from_slice(form.as_bytes());
            }
            let method = if is_repeatable { Method::GET } else { Method::POST };
            let outgoing = OutgoingRequest {
                method,
                url: &url,
                headers,
                body,
                is_repeatable,
                timeout: self.timeout,
                max_response_bytes: MAX_RESPONSE_BYTES,
                excess: Excess::Refuse,
            };
            let response = self.client.send(&outgoing).await?;
            Ok(ProviderResponse { status: response.status, body: response.body })
        })
    }
}
