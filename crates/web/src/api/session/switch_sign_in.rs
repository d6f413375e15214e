//! `POST /session/switch-sign-in`

use axum::extract::State;
use vestibule_core::session::SwitchSignIn;
use vestibule_core::{Problem, Reply};

use super::SignInParameter;
use crate::api::response::SessionResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, Query};
use crate::openapi::Enveloped;

/// Makes another sign-in of the session the active one.
#[utoipa::path(post, path = "/session/switch-sign-in",
    operation_id = "switch_sign_in", tag = "Session", params(SignInParameter), request_body = Option<SignInParameter>,
    responses((status = 200, description = "Switched", body = Enveloped<SessionResponse>)))]
pub(crate) async fn switch_sign_in(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(query): Query<SignInParameter>,
    Body(body): Body<SignInParameter>,
) -> ApiResponse<SessionResponse> {
    let reply = match query.sign_in_id.or(body.sign_in_id) {
        Some(sign_in) => app.run(&caller, SwitchSignIn { sign_in }).await,
        None => Reply::failed(Problem::required("sign_in_id")),
    };
    ApiResponse::from(reply.map(|session| SessionResponse::new(&session, app.response_context())))
}
