//! Sending a delivery: one attempt.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Method, StatusCode};

use super::signature::{MessageId, sign};
use crate::error::Result;
use crate::execution::Executor;
use crate::http_client::{Excess, OutgoingRequest, OutgoingUrl};
use crate::id::{AuditEntryId, WebhookEndpointId};
use crate::secret::WebhookSecret;
use crate::time::Timestamp;

/// The time until the response is complete.
pub(super) const SEND_TIMEOUT: Duration = Duration::from_secs(15);
/// The rest of a response is not read.
const MAX_RESPONSE_BYTES: usize = 64 << 10;
/// What the operator sees of a response.
const MAX_STORED_BYTES: usize = 256;
/// A receiver cannot ask for a longer pause.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);
/// The number of the delivery, among those of its endpoint.
const SEQUENCE: HeaderName = HeaderName::from_static("webhook-sequence");

/// Where deliveries of an endpoint go, and the secrets that sign them. `Debug` prints no URL: it may contain a secret.
pub(super) struct Target {
    pub(super) id: WebhookEndpointId,
    /// 0: the installation.
    pub(super) organization: i64,
    /// `None` if the settings do not allow the stored URL any more.
    pub(super) url: Option<OutgoingUrl>,
    pub(super) secrets: Vec<WebhookSecret>,
    /// When the endpoint was last changed.
    pub(super) updated_at: Timestamp,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Target({})", self.id)
    }
}

/// A delivery that this process has claimed.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) target: Arc<Target>,
    pub(super) id: AuditEntryId,
    pub(super) body: Bytes,
    pub(super) sequence: i64,
    /// Since it was stored or replayed, with this one.
    pub(super) attempts: i64,
    /// The number of this attempt.
    pub(super) number: i64,
}

/// An attempt that has ended.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) endpoint: WebhookEndpointId,
    /// When the endpoint was last changed before the attempt.
    pub(super) endpoint_updated_at: Timestamp,
    pub(super) id: AuditEntryId,
    pub(super) attempts: i64,
    pub(super) number: i64,
    pub(super) started_at: Timestamp,
    pub(super) duration: Duration,
    pub(super) outcome: Outcome,
}

/// How an attempt has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Response {
        status: u16,
        retry_after: Option<Duration>,
        answer: Vec<u8>,
    },
    /// The kind of failure.
    Failed(&'static str),
}

impl Outcome {
    pub(super) fn is_success(&self) -> bool {
        matches!(self, Self::Response { status: 200..=299, .. })
    }

    /// Whether the receiver wants nothing any more.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self, Self::Response { status: 410, .. })
    }

    pub(super) fn status(&self) -> Option<i64> {
        match self {
            Self::Response { status, .. } => Some(i64::from(*status)),
            Self::Failed(_) => None,
        }
    }

    /// The kind of failure; empty after a response.
    pub(super) fn error(&self) -> &'static str {
        match self {
            Self::Response { .. } => "",
            Self::Failed(kind) => kind,
        }
    }

    pub(super) fn answer(&self) -> &[u8] {
        match self {
            Self::Response { answer, .. } => answer,
            Self::Failed(_) => &[],
        }
    }

    /// The pause of the whole endpoint that the receiver asks for. Without `Retry-After`, 429 asks for that of the schedule,
    /// which is no pause of the other deliveries.
    pub(super) fn pause(&self) -> Option<Duration> {
        match self {
            Self::Response { status: 429 | 502 | 503 | 504, retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Sends a delivery once.
pub(super) async fn send(executor: Arc<Executor>, claimed: Claimed) -> Sent {
    let started_at = executor.now();
    let outcome = match attempt(&executor, &claimed, started_at).await {
        Ok(outcome) => outcome,
        Err(problem) => {
            tracing::error!(endpoint = %claimed.target.id, cause = problem.cause(), "cannot sign a webhook");
            Outcome::Failed("internal")
        }
    };
    Sent {
        endpoint: claimed.target.id,
        endpoint_updated_at: claimed.target.updated_at,
        id: claimed.id,
        attempts: claimed.attempts,
        number: claimed.number,
        started_at,
        duration: executor.now().since(started_at),
        outcome,
    }
}

async fn attempt(executor: &Executor, claimed: &Claimed, now: Timestamp) -> Result<Outcome> {
    let Target { url, secrets, .. } = claimed.target.as_ref();
    let Some(url) = url else { return Ok(Outcome::Failed("url_not_allowed")) };
    let mut headers = sign(secrets, &MessageId::new(claimed.id.get()), now, &claimed.body)?;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(SEQUENCE, HeaderValue::from(claimed.sequence));
    let request = OutgoingRequest {
        method: Method::POST,
        url,
        headers,
        body: claimed.body.clone(),
        // The receiver recognizes a repetition by the id.
        is_repeatable: true,
        timeout: SEND_TIMEOUT,
        max_response_bytes: MAX_RESPONSE_BYTES,
        excess: Excess::Cut,
    };
    Ok(match executor.http_client.send(&request).await {
        Ok(response) => Outcome::Response {
            status: response.status.as_u16(),
            retry_after: retry_after(response.status, &response.headers, now),
            answer: response.body.slice(..response.body.len().min(MAX_STORED_BYTES)).to_vec(),
        },
        Err(error) => {
            // The detail may name addresses of the operator's network, so it is in the log only.
            tracing::debug!(endpoint = %claimed.target.id, error = %error, "a webhook was not delivered");
            Outcome::Failed(error.kind.as_str())
        }
    })
}

/// The value of `Retry-After`: seconds or a date (RFC 9110, section 10.2.3).
fn retry_after(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    if status.is_success() {
        return None;
    }
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let pause = if let Ok(seconds) = text.parse::<u64>() {
        Duration::from_secs(seconds)
    } else {
        let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        Timestamp::from_microseconds(date.as_microsecond()).since(now)
    };
    Some(pause.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Timestamp::from_microseconds(1_445_412_420_000_000);
        let parse = |status: u16, text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
            retry_after(StatusCode::from_u16(status).unwrap(), &headers, now)
        };
        assert_eq!(parse(429, "120"), Some(Duration::from_mins(2)));
        assert_eq!(parse(503, "Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::from_mins(1)));
        assert_eq!(parse(503, "Wed, 21 Oct 2015 07:20:00 GMT"), Some(Duration::ZERO));
        assert_eq!(parse(429, "99999999999"), Some(MAX_RETRY_AFTER));
        assert_eq!(parse(200, "120"), None);
        for invalid in ["", "-1", "soon", "1.5", "99999999999999999999999"] {
            assert_eq!(parse(429, invalid), None, "{invalid}");
        }
    }

    #[test]
    fn only_2xx_is_success() {
        let outcome = |status| Outcome::Response { status, retry_after: None, answer: Vec::new() };
        for (status, is_success) in [(200, true), (204, true), (299, true), (199, false), (302, false), (410, false)] {
            assert_eq!(outcome(status).is_success(), is_success, "{status}");
        }
        assert!(outcome(410).is_gone() && !outcome(404).is_gone());
    }
}
