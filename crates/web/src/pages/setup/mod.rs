//! `/setup`: the target of a setup link, for a person without an account: they set up domains and single sign-on of one
//! organization, step by step.
//!
//! The token of the link is in the fragment of its URL. The script posts it, and a cookie of these pages has it from then
//! on. Every command and query of these pages runs with the authority of the link, no matter who is signed in.

mod connections;
mod domains;
mod open;

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::Response;
use vestibule_core::Code;
use vestibule_core::id::OrganizationId;
use vestibule_core::secret::SetupToken;
use vestibule_core::setup_link::{CurrentSetupLink, SetupPurpose, Show};

use super::context::{PageContext, PageResult};
use super::frame::initials;
use super::words::Words;
use crate::app::App;
use crate::cookie;
use crate::routes::Routes;

const START: &str = "/setup";
const DOMAINS: &str = "/setup/domains";
const CONNECTIONS: &str = "/setup/connections";
const DONE: &str = "/setup/done";
/// The browser forgets the link after this time, if it does not expire before.
const MAX_COOKIE_LIFETIME: Duration = Duration::from_hours(24);

pub(super) fn routes() -> Routes {
    Routes::default()
        .get(START, open::show)
        .post(START, open::store_token)
        .get(DONE, open::done)
        .post("/setup/close", open::close)
        .merge(domains::routes())
        .merge(connections::routes())
}

/// A request of the holder of a setup link. Without a link, or with one that has ended, it is answered with the page that
/// asks for one.
pub(super) struct Visit {
    /// Its caller acts by the link.
    pub(super) cx: PageContext,
    pub(super) link: CurrentSetupLink,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let mut cx = PageContext::load(parts, app).await;
        let Some(token) = cookie::setup_token(&parts.headers, app.settings().public_url.is_https()) else {
            return Err(open::ask_for_link(&cx, None));
        };
        match cx.try_query(Show { token: token.clone() }).await {
            Ok(link) => {
                cx.caller.setup_token = Some(token);
                Ok(Self { cx, link })
            }
            Err(problem) if problem.code() == Code::InvalidSetupLink => {
                let page = open::ask_for_link(&cx, Some(&problem));
                Err(with_token_cookie(&cx, page, None))
            }
            Err(problem) => Err(cx.error_page(&problem)),
        }
    }
}

impl Visit {
    pub(super) const fn organization(&self) -> OrganizationId {
        self.link.organization_id
    }

    pub(super) const fn is_for(&self, purpose: SetupPurpose) -> bool {
        self.link.purposes.contains(purpose)
    }

    /// Returns what every page of the link shows. `current` is its path.
    pub(super) fn setup_page(&self, current: &'static str) -> SetupPage {
        let t = self.cx.words;
        let tab = |path, label| SetupTab { path, label, is_current: path == current };
        let domains = self.is_for(SetupPurpose::Domains).then(|| tab(DOMAINS, t.domains()));
        let connections = self.is_for(SetupPurpose::Sso).then(|| tab(CONNECTIONS, t.single_sign_on()));
        let first = tab(START, t.setup_overview());
        SetupPage {
            name: self.link.organization_name.clone(),
            initials: initials(&self.link.organization_name),
            logo: self.cx.app.response_context().image_url(&self.link.organization_image_url),
            tabs: [Some(first), domains, connections, Some(tab(DONE, t.setup_finish()))]
                .into_iter()
                .flatten()
                .collect(),
        }
    }

    /// Returns the page after the one with this path.
    pub(super) fn next(&self, path: &str) -> &'static str {
        let pages = [(DOMAINS, SetupPurpose::Domains), (CONNECTIONS, SetupPurpose::Sso)];
        let after = pages.iter().position(|(page, _)| *page == path).map_or(0, |index| index + 1);
        let next = pages.iter().skip(after).find(|(_, purpose)| self.is_for(*purpose));
        next.map_or(DONE, |(page, _)| page)
    }
}

/// A step of the setup, in the order in which they are done.
pub(super) struct SetupTab {
    path: &'static str,
    label: String,
    is_current: bool,
}

/// What every page of a setup link shows: for which organization it is, and the steps.
pub(super) struct SetupPage {
    name: String,
    initials: String,
    /// The URL of the organization's logo; empty without one.
    logo: String,
    tabs: Vec<SetupTab>,
}

/// Stores the token of a link in the cookie of these pages, or deletes it.
fn with_token_cookie(cx: &PageContext, mut response: Response, token: Option<(&SetupToken, Duration)>) -> Response {
    let (token, lifetime) = token.unzip();
    let lifetime = lifetime.unwrap_or_default().min(MAX_COOKIE_LIFETIME);
    let cookie = cookie::set_setup_token(token, lifetime, cx.app.settings());
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

/// Returns the page, or the response that replaces it.
fn page_or_response(page: PageResult<Response>) -> Response {
    page.unwrap_or_else(|response| response)
}

/// Returns what a link is for, in words.
fn purpose_label(t: Words, purpose: SetupPurpose) -> String {
    match purpose {
        SetupPurpose::Sso => t.setup_purpose_sso(),
        SetupPurpose::Domains => t.setup_purpose_domains(),
    }
}
