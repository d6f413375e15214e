//! What balancers and orchestrators ask: whether this process lives, and whether it can serve.
//!
//! Both answer without a session and without telling anything else. They are the operator's, not the API's, and stand in
//! `docs/operations.md`.

use axum::extract::State;
use serde::Serialize;
use vestibule_core::context::Caller;
use vestibule_core::deployment::IsReady;

use crate::answer::Answer;
use crate::app::App;
use crate::envelope::success;
use crate::routes::Routes;

#[derive(Debug, Serialize)]
struct Health {
    status: &'static str,
}

/// The two routes.
pub(crate) fn routes() -> Routes {
    let live = || async { success(&Health { status: "live" }, None) };
    Routes::default().get("/health/live", live).get("/health/ready", ready)
}

/// Error: `UNAVAILABLE` as long as the database does not answer.
async fn ready(State(app): State<App>) -> Answer<Health> {
    app.ask(&Caller::nobody(), IsReady).await.map(|()| Health { status: "ready" }).into()
}
