//! The context of a page request: caller, language, running commands and queries, rendering.

use std::sync::Arc;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use vestibule_core::execution::{Caller, Command, Query};
use vestibule_core::id::OrganizationId;
use vestibule_core::membership::{ListOwn, OwnMembership};
use vestibule_core::secret::SessionToken;
use vestibule_core::session::{SessionDetails, Show};
use vestibule_core::settings::PageUrl;
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem};

use super::account_check;
use super::content_security_policy::content_security_policy;
use super::error_page::with_required_proof;
use super::flash::Flash;
use super::frame::Frame;
use super::layout::Layout;
use super::page_path::{page_of_action, with_return_to};
use super::words::Words;
use crate::accept::Preference;
use crate::app::{App, CurrentCaller};
use crate::cookie;
use crate::envelope::{Refusal, retry_after};
use crate::extract::{FieldMap, FieldReader};
use crate::prefix;
use crate::return_to::ReturnTo;
use crate::site_data::{self, OutdatedCookies};

/// An extractor with everything that a page handler needs.
#[derive(Clone, Debug)]
pub(crate) struct PageContext {
    pub(super) app: App,
    pub(super) caller: Caller,
    pub(super) words: Words,
    pub(super) path_and_query: String,
    query: String,
    pub(super) preference: Preference,
    /// The message of the previous request. The page that is rendered shows it, and deletes its cookie.
    flash: Option<Flash>,
    frame: Frame,
    /// Whether the URL is the one of a page, to which the user can return.
    is_read: bool,
}

impl FromRequestParts<App> for PageContext {
    /// The page that says that the account was switched.
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let cx = Self::load(parts, app).await;
        if !cx.is_read {
            account_check::reject_other_account_in_query(&cx)?;
        }
        Ok(cx)
    }
}

impl PageContext {
    /// Loads what the frame of the page shows, once for all extractors of a request.
    pub(super) async fn load(parts: &mut Parts, app: &App) -> Self {
        if let Some(loaded) = parts.extensions.get::<Self>() {
            return loaded.clone();
        }
        let CurrentCaller(caller) = CurrentCaller::from_parts(parts);
        let mut cx = Self::new(app, &caller, &parts.uri, Preference::from_parts(parts));
        cx.flash = Flash::from_headers(&parts.headers, app.settings().public_url.is_https());
        cx.is_read = parts.method == Method::GET || parts.method == Method::HEAD;
        cx.load_frame().await;
        parts.extensions.insert(cx.clone());
        cx
    }
}

/// A value for a page, or the response to send instead of the page.
pub(super) type PageResult<T> = Result<T, Response>;

impl PageContext {
    pub(super) fn new(app: &App, caller: &Caller, uri: &Uri, preference: Preference) -> Self {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Self {
            app: app.clone(),
            words: Words::new(caller.language),
            caller: caller.clone(),
            path_and_query: path.to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            preference,
            flash: None,
            frame: Frame::default(),
            is_read: false,
        }
    }

    /// Refuses a program's request to a page whose path clients take for a call of the API. `advice` names the call
    /// that they need.
    ///
    /// # Errors
    /// `NOT_FOUND`, unless the client prefers HTML.
    pub(super) fn require_browser(&self, advice: &str) -> PageResult<()> {
        match self.preference {
            Preference::Html => Ok(()),
            Preference::Json | Preference::Either => {
                Err(Refusal(Code::RouteNotFound.with_message(advice.to_owned())).into_response())
            }
        }
    }

    /// Runs a query. An error becomes an error page, or a redirect to `/sign-in` without a session.
    pub(super) async fn query<Q: Query>(&self, query: Q) -> PageResult<Q::Out> {
        self.app.query(&self.caller, query).await.result.map_err(|problem| self.error_page(&problem))
    }

    /// Runs a query and returns the error, for pages that show it themselves.
    pub(super) async fn try_query<Q: Query>(&self, query: Q) -> Result<Q::Out, Problem> {
        self.app.query(&self.caller, query).await.result
    }

    /// Runs a command and returns the error, which the caller shows on the page with the form.
    pub(super) async fn run<C: Command>(&self, command: C) -> Result<C::Out, Problem> {
        self.app.run(&self.caller, command).await.result
    }

    pub(super) async fn session(&self) -> PageResult<Option<SessionDetails>> {
        self.query(Show).await
    }

    /// Continues the request with the session that it has created or whose token it has replaced.
    pub(super) async fn continue_with(&mut self, token: Option<&SessionToken>) {
        if let Some(token) = token {
            self.caller.token = Some(token.clone());
            self.load_frame().await;
        }
    }

    /// The language of the active account replaces that of the browser, on the page and in the mail that it causes.
    pub(super) async fn load_frame(&mut self) {
        self.frame = Frame::load(&self.app, &self.caller).await;
        if let Some(language) = self.frame.language() {
            self.caller.language = language;
            self.words = Words::new(language);
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.app.service().now()
    }

    /// Returns the query parameters of the URL. A query that cannot be parsed is treated as empty.
    pub(super) fn query_params(&self) -> FieldReader {
        FieldReader::new(FieldMap::parse_form(self.query.as_bytes()).unwrap_or_default())
    }

    /// Returns one query parameter, or an empty string if it is missing.
    pub(super) fn query_param(&self, name: &str) -> String {
        self.query_params().text(name).ok().flatten().unwrap_or_default()
    }

    /// Returns the query parameter `return_to`, or `redirect_uri`, its name in clients of the Frontend API. It is not
    /// validated.
    pub(super) fn return_to_param(&self) -> String {
        let return_to = self.query_param("return_to");
        if return_to.is_empty() { self.query_param("redirect_uri") } else { return_to }
    }

    /// Validates a return URL: a path of this server or a URL of the application or an allowed origin. Prevents open
    /// redirects.
    pub(super) fn return_to(&self, url: &str) -> Option<String> {
        ReturnTo::parse("return_to", url).and_then(|to| to.allowed("return_to", self.app.settings())).ok()
    }

    /// Returns the page after a sign-in without a return URL: one of the application, or the list of organizations.
    pub(super) fn after_sign_in(&self) -> &str {
        page_or(self.app.settings().app.after_sign_in_url.as_ref(), "/organizations")
    }

    /// Returns the page after a sign-up without a return URL.
    pub(super) fn after_sign_up(&self) -> &str {
        page_or(self.app.settings().app.after_sign_up_url.as_ref(), "/organizations")
    }

    pub(super) fn layout(&self, title: String, is_signed_in: bool) -> Layout {
        let settings = self.app.settings();
        let path = self.page_path().unwrap_or_default();
        let mut layout = Layout::new(self.app.theme(), settings, self.words, title, path);
        if is_signed_in {
            let image_url = |stored: &str| self.app.response_context().image_url(stored);
            layout.header = self.frame.header(self.organization_in_path(), image_url);
        }
        layout.impersonation = self.frame.impersonation(self.words);
        layout.flash = self.flash.as_ref().and_then(|flash| self.words.flash(flash));
        let has_joined = self.flash.as_ref().is_some_and(|flash| flash.key == "joined");
        if has_joined { layout.with_continue_link(settings) } else { layout }
    }

    pub(super) const fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Returns the organization of `/organizations/{id}/…`.
    pub(super) fn organization_in_path(&self) -> Option<OrganizationId> {
        let path = self.path_and_query.strip_prefix("/organizations/")?;
        path.split(['/', '?']).next()?.parse().ok()
    }

    /// Redirects to a page, which shows a flash message once. For the key see [`Flash`] and [`Words::flash`].
    pub(super) fn redirect_with_flash(&self, path: &str, key: &str) -> Response {
        self.with_flash(see_other(path), key)
    }

    /// Adds a flash message to a redirect.
    pub(super) fn with_flash(&self, mut response: Response, key: &str) -> Response {
        match Flash::parse(key) {
            Some(flash) => {
                let cookie = flash.cookie(self.app.settings().public_url.is_https());
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            None => debug_assert!(false, "{key} is no key of a flash message"),
        }
        response
    }

    /// Returns the counts or ids of the flash message with this key, if the page shows it.
    pub(super) fn flash_arguments(&self, key: &str) -> Option<&[String]> {
        self.flash.as_ref().filter(|flash| flash.key == key).map(|flash| flash.arguments.as_slice())
    }

    /// Returns the caller's memberships. An error becomes an error page, or a redirect to `/sign-in` without a session.
    pub(super) async fn memberships(&self) -> PageResult<Arc<Vec<OwnMembership>>> {
        match self.frame.memberships() {
            Some(memberships) => Ok(Arc::clone(memberships)),
            None => self.query(ListOwn).await.map(Arc::new),
        }
    }

    /// Returns the URL of this page, or of one that the form of this request may be on. Never repeats a token that
    /// somebody put into the query.
    pub(super) fn page_path(&self) -> Option<String> {
        if self.is_read {
            // A provider sends the browser to a path below /auth, with a code in the query.
            let is_secret = self.path_and_query.starts_with("/auth/")
                || ["token=", "ticket="].iter().any(|secret| self.query.contains(secret));
            Some(self.path_and_query.clone()).filter(|_| !is_secret)
        } else {
            page_of_action(&self.path_and_query)
        }
    }

    /// Redirects to `/sign-in`, which returns to this page.
    pub(super) fn redirect_to_sign_in(&self) -> Response {
        let return_to = self.page_path().unwrap_or_else(|| "/organizations".to_owned());
        see_other(&with_return_to("/sign-in", &return_to))
    }

    pub(super) fn render(&self, status: StatusCode, page: &impl Template) -> Response {
        match page.render() {
            Ok(html) => {
                let html = account_check::add_to_forms(html, &self.path_and_query, self.frame.account_id());
                let html = prefix::add_to_page(html, self.app.settings().public_url.path());
                let policy = HeaderValue::from_str(&content_security_policy(self.app.settings()));
                let policy = policy.unwrap_or(HeaderValue::from_static("default-src 'none'"));
                let content_type = HeaderValue::from_static("text/html; charset=utf-8");
                let language = HeaderValue::from_static(self.words.tag());
                let headers = [
                    (header::CONTENT_TYPE, content_type),
                    (header::CONTENT_SECURITY_POLICY, policy),
                    (header::CONTENT_LANGUAGE, language),
                    (header::VARY, HeaderValue::from_static("accept-language, cookie")),
                ];
                let mut response = (status, headers, html).into_response();
                if self.flash.is_some() {
                    let deletion = cookie::set_flash("", self.app.settings().public_url.is_https());
                    response.headers_mut().append(header::SET_COOKIE, deletion);
                }
                response
            }
            Err(error) => {
                tracing::error!(%error, "page template failed to render");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    /// Renders a page with the status and `Retry-After` of the error, or with 200 if there is none.
    pub(super) fn render_with_error(&self, error: Option<&Problem>, page: &impl Template) -> Response {
        let status = error.and_then(|problem| StatusCode::from_u16(problem.code().status()).ok());
        let mut response = self.render(status.unwrap_or(StatusCode::OK), page);
        if let Some(value) = error.and_then(retry_after) {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        with_required_proof(response, error)
    }

    /// Sets the session cookie if the request created a session or replaced its token.
    pub(super) fn with_session_cookie(&self, mut response: Response, token: Option<&SessionToken>) -> Response {
        let settings = self.app.settings();
        if let Some(token) = token {
            cookie::append_session(response.headers_mut(), &token.reveal(), settings);
        }
        response
    }
}

pub(super) fn page_or<'a>(page: Option<&'a PageUrl>, default: &'a str) -> &'a str {
    page.map_or(default, PageUrl::as_str)
}

/// Redirects with 303, so that the browser follows with a GET.
pub(super) fn see_other(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/organizations"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// Makes the browser delete what it has stored of this session, for the response of a page that signs out.
pub(super) fn with_site_data_cleared(mut response: Response, OutdatedCookies(names): &OutdatedCookies) -> Response {
    site_data::clear(response.headers_mut(), names);
    response
}

/// Marks the response of a path that programs get another one of.
pub(super) fn with_vary_accept(mut response: Response) -> Response {
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    response
}
