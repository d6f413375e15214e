//! `GET /session`

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use vestibule_core::context::Caller;
use vestibule_core::session::{ShowToKeep, ShownSession};

use crate::answer::Answer;
use crate::api::shape::SessionShape;
use crate::app::{App, Visitor};
use crate::envelope;
use crate::openapi::Enveloped;

/// The current session with its sign-ins.
///
/// A visitor who has none yet is shown one with the id "0"; nothing is stored for them until they sign in or up.
#[utoipa::path(get, path = "/session", tag = "Session", security(()),
    responses((status = 200, description = "The session", body = Enveloped<SessionShape>)))]
pub(crate) async fn show(State(app): State<App>, Visitor(caller): Visitor) -> Response {
    if let Some(token) = &caller.token
        && let Some(kept) = app.kept_sessions().of(token)
        && let Some(cost) = app.service().holds(&kept).await
    {
        return envelope::again(kept.what.clone(), cost);
    }
    // Apart, for all that finding out needs would be moved with whoever is shown the same again.
    Box::pin(anew(app, caller)).await
}

async fn anew(app: App, caller: Arc<Caller>) -> Response {
    let reply = app.ask(&caller, ShowToKeep).await;
    if let (Some(token), Some(session), Ok((Some(shown), Some(holds)))) = (&caller.token, &reply.session, &reply.result)
        && let Some(json) = envelope::success_json(&SessionShape::new(shown, app.here()), session)
    {
        app.kept_sessions().keep(token, json.clone(), *holds);
        return envelope::again(json, reply.cost);
    }
    let now = app.service().now();
    let shape = |(shown, _): (Option<ShownSession>, _)| match shown {
        Some(shown) => SessionShape::new(&shown, app.here()),
        None => SessionShape::of_a_visitor(now),
    };
    Answer::from(reply.map(shape)).into_response()
}
