//! `POST /mail/reports`: delivery reports of a mail provider, signed according to Standard Webhooks. Responses have no
//! envelope.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use vestibule_core::execution::Caller;
use vestibule_core::mail::{DeliveryOutcome, DeliveryReport, is_signature_valid};
use vestibule_core::mailer::RecordDeliveryReport;
use vestibule_core::{Code, Problem};

use crate::app::App;
use crate::envelope::Refusal;
use crate::routes::Routes;

/// Maximum difference between the signed timestamp and the clock, in seconds, in either direction.
const TIMESTAMP_TOLERANCE: i64 = 300;

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

async fn report(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let secret = app.settings().mail.bounce_secret.as_ref().ok_or(Problem::from(Code::RouteNotFound))?;
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let age = timestamp.parse().map(|then: i64| app.service().now().unix_seconds().saturating_sub(then));
    let is_recent = age.is_ok_and(|age: i64| (-TIMESTAMP_TOLERANCE..=TIMESTAMP_TOLERANCE).contains(&age));
    // Senders include several signatures while they rotate a secret.
    let is_authentic =
        header("webhook-signature").split(' ').filter_map(|entry| entry.strip_prefix("v1,")).any(|signature| {
            STANDARD
                .decode(signature)
                .is_ok_and(|signature| is_signature_valid(secret, (id, timestamp, &body), &signature))
        });
    if id.is_empty() || !is_recent || !is_authentic {
        return Err(Problem::from(Code::InvalidSignature).into());
    }
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
