//! `POST /session/switch-sign-in`

use axum::extract::State;
use vestibule_core::session::SwitchSignIn;
use vestibule_core::{Problem, Reply};

use super::SignInParameter;
use crate::answer::Answer;
use crate::api::shape::SessionShape;
use crate::app::{App, Visitor};
use crate::extract::{Body, Query};
use crate::openapi::Enveloped;

/// Make another sign-in of the session the active one.
#[utoipa::path(post, path = "/session/switch-sign-in", tag = "Session", params(SignInParameter), request_body = Option<SignInParameter>,
    responses((status = 200, description = "Switched", body = Enveloped<SessionShape>)))]
pub(crate) async fn switch_sign_in(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Query(query): Query<SignInParameter>,
    Body(body): Body<SignInParameter>,
) -> Answer<SessionShape> {
    let reply = match query.sign_in_id.or(body.sign_in_id) {
        Some(sign_in) => app.run(&caller, SwitchSignIn { sign_in }).await,
        None => Reply::refused(Problem::required("sign_in_id")),
    };
    Answer::from(reply.map(|shown| SessionShape::new(&shown, app.here())))
}
