//! What a mail provider tells of mail that came back: `POST /mail/reports`, signed in the manner of Standard Webhooks.
//!
//! It is a program's door, so it answers plainly, without envelope and session.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use vestibule_core::context::Caller;
use vestibule_core::mail::{Bounce, Verdict, is_signed};
use vestibule_core::outbox::Returned;
use vestibule_core::{Code, Problem};

use crate::app::App;
use crate::envelope::Refusal;
use crate::routes::Routes;

/// A report signed longer ago than this, or as far ahead, is not believed, in seconds.
const OLDEST: i64 = 300;

/// `POST /mail/reports`
pub(crate) fn routes() -> Routes {
    Routes::default().post("/mail/reports", report)
}

/// What became of a mail.
#[derive(Deserialize)]
struct Report {
    /// The `Message-ID` it was sent with.
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
    let is_recent = age.is_ok_and(|age: i64| (-OLDEST..=OLDEST).contains(&age));
    // One of several, so that a secret can be changed while reports are under way.
    let is_right = header("webhook-signature").split(' ').filter_map(|one| one.strip_prefix("v1,")).any(|signature| {
        STANDARD.decode(signature).is_ok_and(|signature| is_signed(secret, (id, timestamp, &body), &signature))
    });
    if id.is_empty() || !is_recent || !is_right {
        return Err(Problem::from(Code::InvalidSignature).into());
    }
    let report: Report = serde_json::from_slice(&body).map_err(|_| Problem::from(Code::BadRequestBody))?;
    let verdict = match report.r#type {
        Kind::Bounced => Verdict::Bounced,
        Kind::Complained => Verdict::Complained,
        Kind::Delivered | Kind::Deferred => Verdict::Fine,
    };
    let bounce = Bounce::new(&report.message_id, verdict, &report.reason);
    // The same report may come twice, and says the same then. One about no mail of ours is none of the sender's worries.
    app.run(&Caller::nobody(), Returned { bounce }).await.result?;
    Ok(http::StatusCode::NO_CONTENT.into_response())
}
