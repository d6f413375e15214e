//! What balancers and orchestrators ask: whether this process lives, and whether it can serve.
//!
//! Both answer without a session and without telling anything else. They are the operator's, not the API's, and stand in
//! `docs/operations.md`.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;
use vestibule_core::context::Caller;
use vestibule_core::deployment::IsReady;

use crate::answer::Answer;
use crate::app::App;
use crate::envelope::success;

#[derive(Debug, Serialize)]
struct Health {
    status: &'static str,
}

/// The two routes.
pub(crate) fn routes() -> Router<App> {
    let live = || async { success(&Health { status: "live" }, None) };
    Router::new().route("/health/live", get(live)).route("/health/ready", get(ready))
}

/// Error: `UNAVAILABLE` as long as the database does not answer.
async fn ready(State(app): State<App>) -> Answer<Health> {
    app.ask(&Caller::nobody(), IsReady).await.map(|()| Health { status: "ready" }).into()
}
