//! Health checks for load balancers and orchestrators: `/health/live` and `/health/ready`. They need no session, can be
//! limited to `health.allowed_networks`, and are documented in `docs/operations.md`, not in the OpenAPI document.

use axum::extract::State;
use serde::Serialize;
use vestibule_core::bootstrap::IsReady;
use vestibule_core::execution::Caller;

use crate::api_response::ApiResponse;
use crate::app::App;
use crate::envelope::success;
use crate::restricted::HealthClient;
use crate::routes::Routes;

#[derive(Debug, Serialize)]
struct Health {
    status: &'static str,
}

const LIVE: &str = "/health/live";
const READY: &str = "/health/ready";

/// Returns whether a path is that of a health check.
pub(crate) fn is_check(path: &str) -> bool {
    path == LIVE || path == READY
}

pub(crate) fn routes() -> Routes {
    let live = async |_: HealthClient| success(&Health { status: "live" }, None);
    Routes::default().get(LIVE, live).get(READY, ready)
}

/// # Errors
/// `UNAVAILABLE` while the database is unreachable.
async fn ready(_: HealthClient, State(app): State<App>) -> ApiResponse<Health> {
    app.query(&Caller::anonymous(), IsReady).await.map(|()| Health { status: "ready" }).into()
}
