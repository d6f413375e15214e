//! The response of the calls that send a browser to an identity provider.

use vestibule_core::Reply;
use vestibule_core::execution::Caller;
use vestibule_core::session::Show;
use vestibule_core::single_sign_on::Begun;

use crate::api::response::SessionResponse;
use crate::api_response::ApiResponse;
use crate::app::App;

/// Responds with the URL of the provider and the session, which may be a new one.
pub(in crate::api) async fn respond<T>(
    app: &App,
    caller: &Caller,
    mut reply: Reply<Begun>,
    response: impl FnOnce(String, SessionResponse) -> T,
) -> ApiResponse<T> {
    let token = reply.result.as_ref().ok().and_then(|begun| begun.token.clone());
    let mut session = SessionResponse::anonymous(app.service().now());
    if reply.result.is_ok() {
        let mut caller = caller.clone();
        caller.token = token.clone().or(caller.token);
        match app.query(&caller, Show).await.result {
            Ok(Some(shown)) => session = SessionResponse::new(&shown, app.response_context()),
            // It has just ended.
            Ok(None) => {}
            Err(problem) => reply.result = Err(problem),
        }
    }
    ApiResponse::from(reply.map(|begun| response(begun.url, session))).with_session_token(app, token)
}
