//! The state that handlers share, and how a request becomes a [`Caller`].

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use bytes::Bytes;
use tokio::sync::Semaphore;
use vestibule_core::Result;
use vestibule_core::caller::ImpersonatorSpan;
use vestibule_core::execution::{Caller, Command, Query, Reply};
use vestibule_core::id::{DeploymentId, MemberId};
use vestibule_core::language::Language;
use vestibule_core::secret::SessionToken;
use vestibule_core::service::Service;
use vestibule_core::session::SelectToken;
use vestibule_core::settings::{Mode, Settings};
use vestibule_core::workspace;

use crate::client_address::{ClientAddress, Notices, Proxies, client_address, on_behalf};
use crate::cookie::{self, SessionCookies};
use crate::extract::LargeBodies;
use crate::mail_reports::MAX_CONCURRENT_REPORTS;
use crate::pages::Theme;
use crate::response_cache::{ListCache, MemberCache, PageKey, SessionCache};
use crate::serve::Peer;

/// Carries the session token in requests and responses, in staging mode only.
pub(crate) const DEVELOPMENT_HEADER: &str = "x-development-session";
/// The query parameter that carries it.
pub(crate) const DEVELOPMENT_QUERY: &str = "__dev_session__";
/// Longer `User-Agent` values are truncated.
const MAX_USER_AGENT_BYTES: usize = 400;

/// The router's state: the service and the response caches.
#[derive(Clone, Debug)]
pub(crate) struct App(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    service: Arc<Service>,
    list_cache: ListCache,
    session_cache: SessionCache,
    member_cache: MemberCache<MemberId>,
    member_page_cache: MemberCache<PageKey>,
    large_bodies: LargeBodies,
    /// Permits for delivery reports that are read.
    report_permits: Semaphore,
    proxy_notices: Notices,
    /// The OpenAPI document for these settings, made when it is first asked for.
    openapi_json: OnceLock<Bytes>,
    next_request_id: AtomicU64,
    theme: Theme,
    /// Whether there has been a workspace.
    has_workspace: AtomicBool,
}

impl App {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        // JSON numbers are exact up to 2^53 in many clients; 52 random bits leave space to count.
        let next_request_id = AtomicU64::new(u64::from_le_bytes(service.random_bytes()) >> 12);
        let (list_cache, session_cache) = (ListCache::default(), SessionCache::default());
        let (large_bodies, report_permits) = (LargeBodies::default(), Semaphore::new(MAX_CONCURRENT_REPORTS));
        Self(Arc::new(Shared {
            theme: Theme::new(&service.settings.branding),
            service,
            list_cache,
            session_cache,
            member_cache: MemberCache::of_members(),
            member_page_cache: MemberCache::of_pages(),
            large_bodies,
            report_permits,
            proxy_notices: Notices::default(),
            openapi_json: OnceLock::new(),
            next_request_id,
            has_workspace: AtomicBool::new(false),
        }))
    }

    /// Returns a request id of up to 16 digits: a counter with a random start, unique within the process and unlikely
    /// to collide with another process. It is not a secret.
    pub(crate) fn request_id(&self) -> u64 {
        self.0.next_request_id.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn theme(&self) -> &Theme {
        &self.0.theme
    }

    pub(crate) fn list_cache(&self) -> &ListCache {
        &self.0.list_cache
    }

    pub(crate) fn session_cache(&self) -> &SessionCache {
        &self.0.session_cache
    }

    pub(crate) fn member_cache(&self) -> &MemberCache<MemberId> {
        &self.0.member_cache
    }

    pub(crate) fn member_page_cache(&self) -> &MemberCache<PageKey> {
        &self.0.member_page_cache
    }

    pub(crate) fn large_bodies(&self) -> &LargeBodies {
        &self.0.large_bodies
    }

    pub(crate) fn report_permits(&self) -> &Semaphore {
        &self.0.report_permits
    }

    pub(crate) fn openapi_json(&self) -> &OnceLock<Bytes> {
        &self.0.openapi_json
    }

    pub(crate) async fn run<C: Command>(&self, caller: &Caller, command: C) -> Reply<C::Out> {
        self.0.service.run(caller, command).await
    }

    pub(crate) async fn query<Q: Query>(&self, caller: &Caller, query: Q) -> Reply<Q::Out> {
        self.0.service.query(caller, &query).await
    }

    /// Returns whether there has been a workspace since the server started, or is one. Only while there is none is the
    /// database asked, for one row; false if it cannot answer.
    pub(crate) async fn has_workspace(&self) -> bool {
        if !self.0.has_workspace.load(Ordering::Relaxed) {
            let exists = self.query(&Caller::anonymous(), workspace::Exists).await.result.unwrap_or(false);
            self.0.has_workspace.fetch_or(exists, Ordering::Relaxed);
        }
        self.0.has_workspace.load(Ordering::Relaxed)
    }

    pub(crate) fn response_context(&self) -> ResponseContext<'_> {
        // The deployment is loaded when the service opens; 0 only appears before that.
        let deployment = self.0.service.deployment().map_or_else(|_| 0.into(), |deployment| deployment.id);
        ResponseContext { deployment, settings: self.settings() }
    }

    pub(crate) fn service(&self) -> &Arc<Service> {
        &self.0.service
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.service.settings
    }
}

/// What response types need to know about this installation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResponseContext<'a> {
    pub(crate) deployment: DeploymentId,
    settings: &'a Settings,
}

impl ResponseContext<'_> {
    /// Returns the public URL of a stored image; empty for no image.
    pub(crate) fn image_url(self, stored: &str) -> String {
        self.settings.image_url(stored)
    }
}

/// The id of a request, as in its log lines and in the header `X-Request-Id`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestId(pub(crate) u64);

/// Extracts the caller that [`crate::Server`] attached to the request. It never fails: a request without a valid
/// session token has an anonymous caller.
#[derive(Clone, Debug)]
pub(crate) struct CurrentCaller(pub(crate) Arc<Caller>);

impl FromRequestParts<App> for CurrentCaller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(Self::from_parts(parts))
    }
}

impl CurrentCaller {
    pub(crate) fn from_parts(parts: &Parts) -> Self {
        let caller = parts.extensions.get::<Arc<Caller>>().map(Arc::clone);
        Self(caller.unwrap_or_else(|| Arc::new(Caller::anonymous())))
    }
}

/// Builds the caller from a request's head, without its session token.
pub(crate) fn caller_from_request(request: &Request, peer: Peer, app: &App) -> Caller {
    let settings = app.settings();
    let proxies = Proxies::from_settings(settings);
    let ClientAddress { address, notice } = client_address(peer.into(), request.headers(), &proxies);
    if let Some(notice) = notice {
        app.0.proxy_notices.log(notice, proxies.header);
    }
    let address = on_behalf(address, (request.method(), request.uri().path(), request.headers()), &proxies);
    Caller {
        token: None,
        api_key: None,
        setup_token: None,
        idempotency: None,
        address,
        user_agent: user_agent(request.headers()),
        language: preferred_language(request.headers(), settings),
        request_id: request.extensions().get::<RequestId>().map(|id| id.0),
        is_operator: false,
        impersonator_span: ImpersonatorSpan::new(),
    }
}

/// Returns the session token of a request. Of several in its cookies, it is the one that is a session, if there is
/// exactly one for the name of the cookie. A cookie of another application or of an attacker may look like a token, but
/// then nobody could sign in if none counted.
///
/// # Errors
/// Those of the database, if it has to be asked.
pub(crate) async fn session_token(
    uri: &Uri,
    headers: &HeaderMap,
    caller: &Caller,
    app: &App,
) -> Result<Option<SessionToken>> {
    let settings = app.settings();
    match cookie::session_tokens(headers, settings) {
        SessionCookies::One(token) => return Ok(Some(token)),
        SessionCookies::Several(candidates) => {
            // Boxed, because the rare path would enlarge the future of every request.
            return Box::pin(app.query(caller, SelectToken { candidates })).await.result;
        }
        SessionCookies::TooMany => return Ok(None),
        SessionCookies::None => {}
    }
    Ok((settings.mode == Mode::Staging).then(|| development_token(uri, headers)).flatten())
}

fn development_token(uri: &Uri, headers: &HeaderMap) -> Option<SessionToken> {
    let query = uri.query().unwrap_or_default().as_bytes();
    let in_query = form_urlencoded::parse(query).find(|(key, _)| key == DEVELOPMENT_QUERY);
    let in_header = headers.get(DEVELOPMENT_HEADER).and_then(|value| value.to_str().ok());
    in_query.and_then(|(_, value)| value.parse().ok()).or_else(|| in_header?.parse().ok())
}

/// Returns the language that the user has chosen in this browser, or the one that the browser prefers.
fn preferred_language(headers: &HeaderMap, settings: &Settings) -> Language {
    if let Some(chosen) = cookie::language(headers, settings.public_url.is_https()) {
        return chosen;
    }
    let accepted = headers.get(http::header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    accepted.map_or_else(Language::default, Language::from_accept_language)
}

fn user_agent(headers: &HeaderMap) -> String {
    let text = headers.get(http::header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text[..text.floor_char_boundary(MAX_USER_AGENT_BYTES)].to_owned()
}
