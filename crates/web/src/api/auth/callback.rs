//! The URLs that identity providers send browsers back to, with a `GET` or, for `response_mode=form_post`, with a `POST`.
//!
//! A browser that comes back to a page of ours is handled by the page. One that a client of the API has sent on goes to
//! that client, which finishes with a call of the same path: `Accept` tells them apart. A `POST` comes from another site,
//! without the session cookie. So its parameters are kept under a one-time id, and the browser comes back with that id
//! by a redirect, with its cookie.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::execution::Caller;
use vestibule_core::id::{ConnectionId, ConnectionTraceId};
use vestibule_core::secret::HandoffId;
use vestibule_core::single_sign_on::{
    self, CallbackOf, CallbackParameters, CallbackPurpose, Finished, find_request, keep_handoff, take_handoff,
};
use vestibule_core::{Code, Problem, Reply};

use crate::accept::Preference;
use crate::api::invitations::accept::AcceptResponse;
use crate::api::redirect_uri::with_parameters;
use crate::api::response::SessionResponse;
use crate::api_response::ApiResponse;
use crate::app::App;
use crate::envelope::Refusal;
use crate::extract::{ExtractorErrors, FieldReader, FromFields};
use crate::pages::{self, PageContext};

/// The head of a request that a browser navigates with; `None` for a call.
#[derive(Debug)]
pub(crate) struct Navigation(Option<Box<Parts>>);

impl FromRequestParts<App> for Navigation {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        let is_navigation = Preference::from_parts(parts) == Preference::Html;
        Ok(Self(is_navigation.then(|| Box::new(parts.clone()))))
    }
}

impl ExtractorErrors for Navigation {}

/// What the identity provider has sent.
// No `Debug`: the code and the state are secrets.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CallbackParams {
    /// The code of the provider. Without it and `error`, the call fails with `CODE_REQUIRED`.
    code: Option<String>,
    /// The state of the request.
    state: Option<String>,
    /// The issuer (RFC 9207), if the provider has sent it.
    iss: Option<String>,
    /// The error of the provider, instead of the code.
    #[param(example = "access_denied")]
    error: Option<String>,
    /// In place of the others: the id of a response that the provider has posted.
    handoff: Option<String>,
    #[param(ignore)]
    apple_user: Option<String>,
}

impl FromFields for CallbackParams {
    /// Providers send more, such as `scope` and `session_state`.
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        // An empty one is compared, and differs.
        let iss = fields.text("iss")?;
        let mut text = |name| Ok::<_, Problem>(fields.text(name)?.filter(|text| !text.is_empty()));
        Ok(Self {
            code: text("code")?,
            state: text("state")?,
            iss,
            error: text("error")?,
            handoff: text("handoff")?,
            apple_user: text("user")?,
        })
    }
}

impl CallbackParams {
    pub(in crate::api) fn into_parameters(self) -> CallbackParameters {
        let Self { code, state, iss, error, apple_user, handoff: _ } = self;
        CallbackParameters { state: state.unwrap_or_default(), code, iss, error, apple_user, of: None }
    }

    /// Returns the parameters, of a posted response those that were kept.
    ///
    /// # Errors
    /// `INVALID_STATE`.
    async fn load(self, app: &App, caller: &Caller) -> Result<CallbackParameters, Problem> {
        match &self.handoff {
            None => Ok(CallbackParameters { apple_user: None, ..self.into_parameters() }),
            Some(handoff) => {
                let handoff: HandoffId = handoff.parse().map_err(|_| Code::InvalidState)?;
                take_handoff(app.service(), caller, handoff).await
            }
        }
    }
}

/// The result of a sign-in with an identity provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FinishedSingleSignOn)]
pub(crate) struct FinishedResponse {
    /// The session, signed in or with the attempt that waits for something. Missing after the test of a connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = SessionResponse, required = false)]
    session: Option<SessionResponse>,
    /// That of the call that began it.
    redirect_uri: String,
    /// What became of the invitation that was passed along. Missing if the second factor is asked for: accept it after that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = AcceptResponse, required = false)]
    invitation: Option<AcceptResponse>,
    /// Only after the test of a connection, which signs nobody in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = TestedResponse, required = false)]
    test: Option<TestedResponse>,
}

/// The sign-in that tested a connection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TestedConnection)]
struct TestedResponse {
    connection_id: ConnectionId,
    /// Its entry in `GET /organizations/{id}/enterprise-connections/{connectionId}/sign-ins`.
    sign_in_id: ConnectionTraceId,
}

/// Finishes for a browser or by a call.
pub(super) async fn finish(
    app: &App,
    caller: Arc<Caller>,
    Navigation(navigation): Navigation,
    params: CallbackParams,
    of: CallbackOf,
) -> Response {
    let parameters = match params.load(app, &caller).await {
        Ok(parameters) => CallbackParameters { of: Some(of), ..parameters },
        Err(problem) => return with_vary(Refusal(problem).into_response()),
    };
    let response = match navigation {
        Some(mut parts) => navigate(app, &caller, &mut parts, parameters).await,
        None => finish_call(app, &caller, parameters, CallbackPurpose::SignIn).await.into_response(),
    };
    with_vary(response)
}

fn with_vary(mut response: Response) -> Response {
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    response
}

async fn navigate(app: &App, caller: &Caller, parts: &mut Parts, parameters: CallbackParameters) -> Response {
    if let Ok(request) = find_request(app.service(), caller, &parameters.state).await
        && !request.is_page
        && parameters.of.is_none_or(|of| of.expects(request.organization))
    {
        return see_other(&client_url(&request.return_to, &parameters));
    }
    match PageContext::from_request_parts(parts, app).await {
        Ok(cx) => pages::single_sign_on::callback(cx, &parts.headers, parameters).await,
        Err(response) => response,
    }
}

/// The page of the client, with what the provider has sent.
fn client_url(return_to: &str, parameters: &CallbackParameters) -> String {
    let CallbackParameters { state, code, iss, error, .. } = parameters;
    let optional = [("code", code), ("iss", iss), ("error", error)];
    let optional = optional.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    with_parameters(return_to, optional.chain([("state", state.as_str())]))
}

fn see_other(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => Refusal(Code::InvalidState.into()).into_response(),
    }
}

async fn finish_call(
    app: &App,
    caller: &Caller,
    parameters: CallbackParameters,
    purpose: CallbackPurpose,
) -> ApiResponse<FinishedResponse> {
    let reply = run(app, caller, parameters, purpose).await;
    let token = reply.result.as_ref().ok().and_then(|finished| match finished {
        Finished::SignedIn { signed_in, .. } | Finished::NeedsProfile { signed_in, .. } => signed_in.token.clone(),
        Finished::Linked { .. } | Finished::Tested { .. } => None,
    });
    let context = app.response_context();
    let response = |finished| match finished {
        Finished::SignedIn { signed_in, return_to, accepted, .. } => FinishedResponse {
            session: Some(SessionResponse::after_sign_in(&signed_in, context)),
            redirect_uri: return_to,
            invitation: accepted.map(AcceptResponse::from),
            test: None,
        },
        Finished::NeedsProfile { signed_in, return_to, .. } => FinishedResponse {
            session: Some(SessionResponse::after_sign_in(&signed_in, context)),
            redirect_uri: return_to,
            invitation: None,
            test: None,
        },
        Finished::Linked { session, return_to, .. } => FinishedResponse {
            session: Some(SessionResponse::new(&session, context)),
            redirect_uri: return_to,
            invitation: None,
            test: None,
        },
        Finished::Tested { trace, connection, return_to, .. } => FinishedResponse {
            session: None,
            redirect_uri: return_to,
            invitation: None,
            test: Some(TestedResponse { connection_id: connection, sign_in_id: trace }),
        },
    };
    ApiResponse::from(reply.map(response)).with_session_token(app, token)
}

/// Finishes a request of the caller's session.
///
/// # Errors
/// `INVALID_STATE`; `CODE_REQUIRED`; those of [`single_sign_on::finish`].
pub(in crate::api) async fn run(
    app: &App,
    caller: &Caller,
    parameters: CallbackParameters,
    purpose: CallbackPurpose,
) -> Reply<Finished> {
    if parameters.state.is_empty() {
        return Reply::failed(Code::InvalidState.into());
    }
    if parameters.code.is_none() && parameters.error.is_none() {
        return Reply::failed(Code::CodeRequired.into());
    }
    single_sign_on::finish(app.service(), caller, parameters, purpose).await
}

/// Keeps a posted response, and sends the browser to `path` with the id of it.
pub(super) async fn receive(app: &App, path: &str, params: CallbackParams) -> Response {
    match keep_handoff(app.service(), params.into_parameters()).await {
        Ok(handoff) => see_other(&format!("{path}?handoff={}", handoff.reveal())),
        Err(problem) => Refusal(problem).into_response(),
    }
}

/// The codes of [`finish`] besides those of [`single_sign_on::FINISH_ERRORS`].
pub(crate) const CALLBACK_ERRORS: &[Code] = &[Code::CodeRequired, Code::InvalidState];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_get_what_the_provider_has_sent() {
        let parameters = |code: Option<&str>, error: Option<&str>| CallbackParameters {
            state: "a.b.c".to_owned(),
            code: code.map(str::to_owned),
            iss: Some("https://login.example".to_owned()),
            error: error.map(str::to_owned),
            apple_user: Some("{}".to_owned()),
            of: None,
        };
        assert_eq!(
            client_url("https://app.example/sso?x=1#y", &parameters(Some("4/x y"), None)),
            "https://app.example/sso?x=1&code=4%2Fx+y&iss=https%3A%2F%2Flogin.example&state=a.b.c#y"
        );
        assert_eq!(
            client_url("https://app.example", &parameters(None, Some("access_denied"))),
            "https://app.example?iss=https%3A%2F%2Flogin.example&error=access_denied&state=a.b.c"
        );
    }
}
