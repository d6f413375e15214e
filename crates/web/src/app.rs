//! What handlers share: the service, and how a request becomes a caller.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use vestibule_core::context::{Caller, Command, Query, Reply};
use vestibule_core::id::DeploymentId;
use vestibule_core::language::Language;
use vestibule_core::secret::SessionToken;
use vestibule_core::service::Service;
use vestibule_core::settings::{Mode, Settings};

use crate::client_address::client_address;
use crate::kept::{KeptLists, KeptSessions};
use crate::{cookie, images};

/// Where a development session travels when the mode is staging (decision 1).
pub(crate) const DEVELOPMENT_HEADER: &str = "x-development-session";
const DEVELOPMENT_QUERY: &str = "__dev_session__";
/// Programs call themselves at length; this much of it is kept.
const USER_AGENT_BYTES: usize = 400;

/// The service as handlers hold it.
#[derive(Clone, Debug)]
pub(crate) struct App(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    service: Arc<Service>,
    kept: KeptLists,
    kept_sessions: KeptSessions,
    requests: AtomicU64,
}

impl App {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        // Programs that read JSON know whole numbers up to 2^53.
        let requests = AtomicU64::new(u64::from_le_bytes(service.random_bytes()) >> 12);
        Self(Arc::new(Shared { service, kept: KeptLists::default(), kept_sessions: KeptSessions::default(), requests }))
    }

    /// An id for a request: a number of up to 16 digits, begun by chance and counted on, so that no two of a process are
    /// alike and two processes hardly ever meet. It is no secret.
    pub(crate) fn request_id(&self) -> u64 {
        self.0.requests.fetch_add(1, Ordering::Relaxed)
    }

    /// Lists that were made before.
    pub(crate) fn kept(&self) -> &KeptLists {
        &self.0.kept
    }

    /// Sessions that were shown before.
    pub(crate) fn kept_sessions(&self) -> &KeptSessions {
        &self.0.kept_sessions
    }

    /// Has a command done for the caller.
    pub(crate) async fn run<C: Command>(&self, caller: &Caller, command: C) -> Reply<C::Out> {
        self.0.service.run(caller, command).await
    }

    /// Answers the caller's question.
    pub(crate) async fn ask<Q: Query>(&self, caller: &Caller, query: Q) -> Reply<Q::Out> {
        self.0.service.ask(caller, &query).await
    }

    /// What shapes say of this installation. It is there from the moment the service is open.
    pub(crate) fn here(&self) -> Here<'_> {
        let deployment = self.0.service.deployment().map_or_else(|_| 0.into(), |deployment| deployment.id);
        Here { deployment, settings: self.settings() }
    }

    pub(crate) fn service(&self) -> &Arc<Service> {
        &self.0.service
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.service.settings
    }
}

/// What shapes say of this installation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Here<'a> {
    /// Its id.
    pub(crate) deployment: DeploymentId,
    settings: &'a Settings,
}

impl Here<'_> {
    /// Where browsers find an image.
    pub(crate) fn image_url(self, stored: &str) -> String {
        images::url(self.settings, stored)
    }
}

/// Who is asking, from the request's head. It never fails: whoever carries nothing that could be a session is a visitor.
#[derive(Clone, Debug)]
pub(crate) struct Visitor(pub(crate) Arc<Caller>);

impl FromRequestParts<App> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(Self::behind(parts))
    }
}

impl Visitor {
    /// Whom the server has found behind this request.
    pub(crate) fn behind(parts: &Parts) -> Self {
        let found = parts.extensions.get::<Arc<Caller>>().map(Arc::clone);
        Self(found.unwrap_or_else(|| Arc::new(Caller::nobody())))
    }
}

/// The caller behind a request that came from this address.
pub(crate) fn caller(request: &Request, peer: IpAddr, settings: &Settings) -> Caller {
    Caller {
        token: token(request, settings),
        address: client_address(peer, request.headers(), &settings.trusted_proxies),
        user_agent: user_agent(request.headers()),
        language: language(request.headers()),
    }
}

fn token(request: &Request, settings: &Settings) -> Option<SessionToken> {
    let in_cookie = cookie::session_token(request.headers());
    if in_cookie.is_some() || settings.mode != Mode::Staging {
        return in_cookie;
    }
    let query = request.uri().query().unwrap_or_default().as_bytes();
    let in_query = form_urlencoded::parse(query).find(|(key, _)| key == DEVELOPMENT_QUERY);
    let in_header = request.headers().get(DEVELOPMENT_HEADER).and_then(|value| value.to_str().ok());
    in_query.and_then(|(_, value)| value.parse().ok()).or_else(|| in_header?.parse().ok())
}

/// The language a browser asks for.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    let asked = headers.get(http::header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    asked.map_or_else(Language::default, Language::accepted)
}

fn user_agent(headers: &HeaderMap) -> String {
    let text = headers.get(http::header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text[..text.floor_char_boundary(USER_AGENT_BYTES)].to_owned()
}
