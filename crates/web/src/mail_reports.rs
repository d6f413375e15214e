//! `POST /mail/reports`: delivery reports of a mail provider, signed according to Standard Webhooks. Responses have no
//! envelope.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use vestibule_core::execution::Caller;
use vestibule_core::mail::{DeliveryOutcome, DeliveryReport, is_signature_valid};
use vestibule_core::mailer::RecordDeliveryReport;
use vestibule_core::security_log::{self, Subject};
use vestibule_core::{Code, Problem};

use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::read_small_body;
use crate::routes::Routes;

/// Maximum difference between the signed timestamp and the clock, in seconds, in either direction.
const TIMESTAMP_TOLERANCE: i64 = 300;
/// Reports whose bodies are read at once.
pub(crate) const MAX_CONCURRENT_REPORTS: usize = 64;
/// Senders include several signatures while they rotate a secret. Each that is checked costs a digest of the body.
const MAX_SIGNATURES: usize = 5;
/// The length of an HMAC-SHA256.
const SIGNATURE_BYTES: usize = 32;
const MAX_ID_BYTES: usize = 255;

pub(crate) fn routes() -> Routes {
    Routes::default().post("/mail/reports", report)
}

#[derive(Deserialize)]
struct Report {
    /// The `Message-ID` of the mail.
    message_id: String,
    r#type: Kind,
    #[serde(default)]
    reason: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Bounced,
    Complained,
    Delivered,
    Deferred,
}

async fn report(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    request: Request,
) -> Result<Response, Refusal> {
    let recorded = record(&app, request).await;
    if let Err(Refusal(problem)) = &recorded {
        security_log::log_refusal(caller.address, &Subject::default(), problem.code());
    }
    recorded
}

/// The order of the checks bounds what a stranger can cost: nothing is read before the headers are plausible, and then
/// only a short body.
async fn record(app: &App, request: Request) -> Result<Response, Refusal> {
    let secret = app.settings().mail.bounce_secret.as_ref().ok_or(Problem::from(Code::RouteNotFound))?;
    let (parts, body) = request.into_parts();
    let signed = SignedHeaders::parse(&parts.headers, app.service().now().unix_seconds())?;
    let permit = app.report_permits().try_acquire().map_err(|_| Problem::from(Code::Busy))?;
    let body = read_small_body(&parts, body).await?;
    let content = (signed.id, signed.timestamp, &*body);
    if !signed.signatures.iter().any(|signature| is_signature_valid(secret, content, signature)) {
        return Err(Problem::from(Code::InvalidSignature).into());
    }
    drop(permit);
    let report: Report = serde_json::from_slice(&body).map_err(|_| Problem::from(Code::BadRequestBody))?;
    let verdict = match report.r#type {
        Kind::Bounced => DeliveryOutcome::Bounced,
        Kind::Complained => DeliveryOutcome::Complained,
        Kind::Delivered | Kind::Deferred => DeliveryOutcome::Other,
    };
    let bounce = DeliveryReport::new(&report.message_id, verdict, &report.reason);
    // Idempotent: senders repeat reports. A report about an unknown mail is accepted and ignored.
    app.run(&Caller::anonymous(), RecordDeliveryReport { report: bounce }).await.result?;
    Ok(http::StatusCode::NO_CONTENT.into_response())
}

/// The headers of Standard Webhooks.
struct SignedHeaders<'a> {
    id: &'a str,
    timestamp: &'a str,
    signatures: Vec<Vec<u8>>,
}

impl<'a> SignedHeaders<'a> {
    /// `now` is the time in seconds since 1970.
    ///
    /// # Errors
    /// `INVALID_SIGNATURE` if a header is missing or malformed, or if the timestamp is too old or in the future.
    fn parse(headers: &'a HeaderMap, now: i64) -> Result<Self, Problem> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
        let age = timestamp.parse().map(|then: i64| now.saturating_sub(then));
        let is_recent = age.is_ok_and(|age: i64| (-TIMESTAMP_TOLERANCE..=TIMESTAMP_TOLERANCE).contains(&age));
        let signatures = header("webhook-signature").split(' ').filter_map(|entry| entry.strip_prefix("v1,"));
        let signatures = signatures.take(MAX_SIGNATURES).filter_map(|signature| STANDARD.decode(signature).ok());
        let signatures: Vec<_> = signatures.filter(|signature| signature.len() == SIGNATURE_BYTES).collect();
        if id.is_empty() || id.len() > MAX_ID_BYTES || !is_recent || signatures.is_empty() {
            return Err(Code::InvalidSignature.into());
        }
        Ok(Self { id, timestamp, signatures })
    }
}
