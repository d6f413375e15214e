//! The response of the calls that send a browser to an identity provider.

use vestibule_core::Reply;
use vestibule_core::single_sign_on::Begun;

use crate::api::response::SessionResponse;
use crate::api_response::ApiResponse;
use crate::app::App;

/// Responds with the URL of the provider and the session, which may be a new one.
pub(in crate::api) fn respond<T>(
    app: &App,
    reply: Reply<Begun>,
    response: impl FnOnce(String, SessionResponse) -> T,
) -> ApiResponse<T> {
    let token = reply.result.as_ref().ok().and_then(|begun| begun.token.clone());
    let context = app.response_context();
    let reply = reply.map(|begun| response(begun.url, SessionResponse::new(&begun.session, context)));
    ApiResponse::from(reply).with_session_token(app, token)
}
