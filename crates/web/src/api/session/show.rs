//! `GET /session`

use axum::extract::State;
use vestibule_core::session::{Show, ShownSession};

use crate::answer::Answer;
use crate::api::shape::SessionShape;
use crate::app::{App, Visitor};
use crate::openapi::Enveloped;

/// The current session with its sign-ins.
///
/// A visitor who has none yet is shown one with the id "0"; nothing is stored for them until they sign in or up.
#[utoipa::path(get, path = "/session", tag = "Session", security(()),
    responses((status = 200, description = "The session", body = Enveloped<SessionShape>)))]
pub(crate) async fn show(State(app): State<App>, Visitor(caller): Visitor) -> Answer<SessionShape> {
    let reply = app.ask(&caller, Show).await;
    let now = app.service().now();
    let shape = |shown: Option<ShownSession>| match shown {
        Some(shown) => SessionShape::new(&shown, app.here()),
        None => SessionShape::of_a_visitor(now),
    };
    Answer::from(reply.map(shape))
}
