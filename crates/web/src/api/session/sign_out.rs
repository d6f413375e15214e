//! `POST /session/sign-out`

use axum::extract::State;
use vestibule_core::session::{SessionDetails, SignOut};

use super::SignInParameter;
use crate::api::response::SessionResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, Query};
use crate::openapi::Enveloped;
use crate::site_data::OutdatedCookies;

/// Ends one sign-in of the session, or all of them.
///
/// The session has no active sign-in after the call. The change applies immediately to all following requests.
#[utoipa::path(post, path = "/session/sign-out",
    operation_id = "sign_out", tag = "Session", params(SignInParameter), request_body = Option<SignInParameter>,
    responses((status = 200, description = "Signed out", body = Enveloped<SessionResponse>)))]
pub(crate) async fn sign_out(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    outdated_cookies: OutdatedCookies,
    Query(query): Query<SignInParameter>,
    Body(body): Body<SignInParameter>,
) -> ApiResponse<SessionResponse> {
    let reply = app.run(&caller, SignOut { sign_in: query.sign_in_id.or(body.sign_in_id) }).await;
    let now = app.service().now();
    let response = |session: Option<SessionDetails>| match session {
        Some(session) => SessionResponse::new(&session, app.response_context()),
        None => SessionResponse::anonymous(now),
    };
    ApiResponse::from(reply.map(response)).with_site_data_cleared(&outdated_cookies)
}
