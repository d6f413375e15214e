//! Error pages, and what a problem leads to instead of one.

use askama::Template;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use vestibule_core::execution::Caller;
use vestibule_core::{Code, Problem};

use super::context::{PageContext, with_vary_accept};
use super::layout::Layout;
use super::{mfa, single_sign_on};
use crate::accept::Preference;
use crate::app::App;
use crate::envelope::{Refusal, retry_after, take_problem};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    layout: Layout,
    advice: String,
}

/// Returns the error page for a problem of a request that no page handles. `is_logged` says whether its cause has been
/// logged.
pub(crate) async fn refusal_page(
    app: &App,
    caller: &Caller,
    uri: &Uri,
    problem: &Problem,
    is_logged: bool,
) -> Response {
    let mut cx = PageContext::new(app, caller, uri, Preference::Html);
    // Other problems can be those of the database, or of a request that must not cause queries.
    if problem.code() == Code::RouteNotFound {
        cx.load_frame().await;
    }
    if !is_logged {
        log_cause(problem);
    }
    cx.render_error_page(problem)
}

fn log_cause(problem: &Problem) {
    if let Some(cause) = problem.cause() {
        tracing::error!(code = problem.code().as_str(), cause, "page request failed");
    }
}

/// Renders the rejection of an extractor as an error page.
pub(super) fn rejection_page(cx: &PageContext, rejection: Refusal) -> Response {
    let mut response = rejection.into_response();
    match take_problem(&mut response) {
        Some(attached) => cx.error_page(&attached.problem),
        None => response,
    }
}

impl PageContext {
    /// Returns the error page for a problem, a redirect to `/sign-in` for `UNAUTHORIZED`, or the page that leads to
    /// single sign-on for `SSO_REQUIRED` and to two-factor authentication for `MFA_REQUIRED`. A client that prefers JSON gets the envelope.
    pub(super) fn error_page(&self, problem: &Problem) -> Response {
        if self.preference == Preference::Json {
            return Refusal(problem.clone()).into_response();
        }
        if problem.code() == Code::Unauthorized {
            return self.redirect_to_sign_in();
        }
        if let Some(connection) = problem.required_connection() {
            return with_vary_accept(single_sign_on::required_page(self, connection));
        }
        if let Some(required) = problem.required_assurance() {
            return with_vary_accept(mfa::required_page(self, required));
        }
        log_cause(problem);
        with_vary_accept(self.render_error_page(problem))
    }

    fn render_error_page(&self, problem: &Problem) -> Response {
        let status = StatusCode::from_u16(problem.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let title = if status.is_server_error() { self.words.server_error_title() } else { self.words.error_title() };
        let advice = self.words.error_page_advice(problem, self.app.settings().public_url.as_str());
        let has_session = self.caller.token.is_some();
        let mut response = self.render(status, &ErrorPage { layout: self.layout(title, has_session), advice });
        if let Some(value) = retry_after(problem) {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        with_required_proof(response, Some(problem))
    }
}

/// Attaches the proof that a `REAUTHENTICATION_REQUIRED` error requires, so that
/// [`protected`](super::reauthentication::protected) can ask for it.
pub(super) fn with_required_proof(mut response: Response, problem: Option<&Problem>) -> Response {
    if let Some(proof) = problem.and_then(Problem::required_proof) {
        response.extensions_mut().insert(proof.clone());
    }
    response
}
