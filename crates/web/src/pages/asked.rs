//! A page that somebody asks for: who, in which language, and how they are answered.

use std::convert::Infallible;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use vestibule_core::context::{Caller, Command, Query};
use vestibule_core::secret::SessionToken;
use vestibule_core::session::{Show, ShownSession};
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem};

use super::frame::Frame;
use super::words::Words;
use crate::app::{App, CurrentCaller};
use crate::cookie;
use crate::envelope::take_refusal;
use crate::extract::FieldMap;
use crate::extract::FieldReader;
use crate::return_to::ReturnTo;

/// Somebody who asks for a page.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) app: App,
    pub(super) caller: Caller,
    pub(super) words: Words,
    /// Path and query.
    path: String,
    query: String,
}

impl FromRequestParts<App> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let CurrentCaller(caller) = CurrentCaller::from_parts(parts);
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self {
            app: app.clone(),
            words: Words(caller.language),
            caller: Caller::clone(&caller),
            path: path.to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
        })
    }
}

/// What a page is made of, or what is answered in its place.
pub(super) type Answered<T> = Result<T, Response>;

impl Asked {
    /// The answer to a question; what is refused is answered by a page that says so.
    pub(super) async fn ask<Q: Query>(&self, query: Q) -> Answered<Q::Out> {
        self.app.query(&self.caller, query).await.result.map_err(|problem| self.refused(&problem))
    }

    /// The answer to a question, or the refusal itself.
    pub(super) async fn run_query<Q: Query>(&self, query: Q) -> Result<Q::Out, Problem> {
        self.app.query(&self.caller, query).await.result
    }

    /// Has a command done. The refusal is for the page that it was asked on.
    pub(super) async fn run<C: Command>(&self, command: C) -> Result<C::Out, Problem> {
        self.app.run(&self.caller, command).await.result
    }

    /// The caller's session, when they have one.
    pub(super) async fn session(&self) -> Answered<Option<ShownSession>> {
        self.ask(Show).await
    }

    pub(super) fn now(&self) -> Timestamp {
        self.app.service().now()
    }

    /// What the page's own URL says behind its `?`; unreadable is nothing.
    pub(super) fn query(&self) -> FieldReader {
        FieldReader::new(FieldMap::parse_form(self.query.as_bytes()).unwrap_or_default())
    }

    /// One text of it; empty when it is not there.
    pub(super) fn asked_for(&self, name: &str) -> String {
        self.query().text(name).ok().flatten().unwrap_or_default()
    }

    /// Where the page was asked to lead afterwards: here, or where the settings allow.
    pub(super) fn return_to(&self, given: &str) -> Option<String> {
        ReturnTo::parse("return_to", given).and_then(|to| to.allowed("return_to", self.app.settings())).ok()
    }

    /// What stands around every page.
    pub(super) fn frame(&self, title: String, is_signed_in: bool) -> Frame {
        let told = self.words.told(&self.asked_for("done"));
        Frame::new(self.app.settings(), self.words, title, is_signed_in, told)
    }

    /// A page in place of the one that was asked for: to sign in first, or why not.
    pub(super) fn refused(&self, problem: &Problem) -> Response {
        if problem.code() == Code::Unauthorized {
            return self.to_sign_in();
        }
        let status = StatusCode::from_u16(problem.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(cause) = problem.cause() {
            tracing::error!(code = problem.code().as_str(), cause, "a page failed");
        }
        let title = if status.is_server_error() { self.words.out_of_order() } else { self.words.not_here() };
        let advice =
            if problem.code() == Code::Forbidden { self.words.not_here_advice() } else { self.words.problem(problem) };
        let has_session = self.caller.token.is_some();
        self.page(status, &Refused { frame: self.frame(title, has_session), advice })
    }

    /// To sign in, and back to this page.
    pub(super) fn to_sign_in(&self) -> Response {
        let back: String = form_urlencoded::byte_serialize(self.path.as_bytes()).collect();
        see_other(&format!("/sign-in?return_to={back}"))
    }

    /// A page.
    pub(super) fn page(&self, status: StatusCode, page: &impl Template) -> Response {
        match page.render() {
            Ok(html) => {
                let policy = HeaderValue::from_str(&policy(self.app.settings()));
                let policy = policy.unwrap_or(HeaderValue::from_static("default-src 'none'"));
                let kind = HeaderValue::from_static("text/html; charset=utf-8");
                let language = HeaderValue::from_static(self.words.0.tag());
                let headers = [
                    (header::CONTENT_TYPE, kind),
                    (header::CONTENT_SECURITY_POLICY, policy),
                    (header::CONTENT_LANGUAGE, language),
                    (header::VARY, HeaderValue::from_static("accept-language, cookie")),
                ];
                (status, headers, html).into_response()
            }
            Err(error) => {
                tracing::error!(%error, "a page could not be written");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    /// A page that was refused something: with the status of the reason, when there is one.
    pub(super) fn page_with(&self, trouble: Option<&Problem>, page: &impl Template) -> Response {
        let status = trouble.and_then(|problem| StatusCode::from_u16(problem.code().status()).ok());
        let mut response = self.page(status.unwrap_or(StatusCode::OK), page);
        let after = trouble.and_then(Problem::retry_after).map(|span| span.as_secs().max(1));
        if let Some(seconds) = after.and_then(|seconds| HeaderValue::from_str(&seconds.to_string()).ok()) {
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }

    /// The same answer with the secret of a session, when it is a new one.
    pub(super) fn with_session(&self, mut response: Response, token: Option<&SessionToken>) -> Response {
        let settings = self.app.settings();
        if let Some(token) = token {
            let cookie =
                cookie::set_session(&token.reveal(), settings.public_url.is_https(), settings.sessions.absolute);
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

#[derive(Template)]
#[template(path = "refused.html")]
struct Refused {
    frame: Frame,
    advice: String,
}

/// Only this server's own files, pictures from where they are, and forms that end here or where the settings allow.
fn policy(settings: &vestibule_core::settings::Settings) -> String {
    let pictures = settings.images.public_url.as_deref().unwrap_or_default();
    let pictures = pictures.split('/').take(3).collect::<Vec<_>>().join("/");
    let origins = settings.allowed_origins.join(" ");
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' {pictures}; connect-src 'self'; \
         form-action 'self' {origins}; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// On to another page, by GET.
pub(super) fn see_other(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/organizations"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// What an extractor refused, as a page.
pub(super) fn unreadable(asked: &Asked, refusal: crate::envelope::Refusal) -> Response {
    let mut response = refusal.into_response();
    match take_refusal(&mut response) {
        Some(problem) => asked.refused(&problem),
        None => response,
    }
}
