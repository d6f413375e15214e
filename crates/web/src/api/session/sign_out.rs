//! `POST /session/sign-out`

use axum::extract::State;
use vestibule_core::session::{ShownSession, SignOut};

use super::SignInParameter;
use crate::answer::Answer;
use crate::api::shape::SessionShape;
use crate::app::{App, Visitor};
use crate::extract::{Body, Query};
use crate::openapi::Enveloped;

/// Sign out one sign-in, or all of the session.
///
/// Either way none is active afterwards. It holds at once for every request that follows, wherever it arrives.
#[utoipa::path(post, path = "/session/sign-out", tag = "Session", params(SignInParameter), request_body = Option<SignInParameter>, security(()),
    responses((status = 200, description = "Signed out", body = Enveloped<SessionShape>)))]
pub(crate) async fn sign_out(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Query(query): Query<SignInParameter>,
    Body(body): Body<SignInParameter>,
) -> Answer<SessionShape> {
    let reply = app.run(&caller, SignOut { sign_in: query.sign_in_id.or(body.sign_in_id) }).await;
    let now = app.service().now();
    let shape = |shown: Option<ShownSession>| match shown {
        Some(shown) => SessionShape::new(&shown, app.here()),
        None => SessionShape::of_a_visitor(now),
    };
    Answer::from(reply.map(shape))
}
