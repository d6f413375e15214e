//! Discovery documents and keys of providers, shared by all sign-ins.
//!
//! Each provider has a lock of its own, so one that hangs delays its own people only. A document is refreshed in the
//! background before it is stale, and outlives a failure of its provider by a day.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::StatusCode;

use super::discovery::{DiscoverySource, Metadata};
use super::error::{OidcError, OidcErrorKind};
use super::keys::KeySet;
use super::transport::{HttpTransport, ProviderRequest, Transport};
use crate::error::chain;
use crate::http_client::HttpClient;
use crate::time::{Clock, Timestamp};

const MAX_PROVIDERS: usize = 500;
const REFRESH_AFTER: Duration = Duration::from_mins(45);
const FRESH: Duration = Duration::from_hours(1);
/// How long a document is used if its provider fails.
const MAX_STALE: Duration = Duration::from_hours(24);
const FAILURE_LIFETIME: Duration = Duration::from_secs(15);
/// Between two requests for keys because of an unknown key id.
const REFETCH_INTERVAL: Duration = Duration::from_mins(1);

/// What is known of a provider.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) metadata: Metadata,
    pub(super) keys: KeySet,
}

/// The providers.
pub struct ProviderCache {
    pub(super) transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_source: HashMap<DiscoverySource, (Arc<Entry>, u64)>,
    /// Counts uses: the entry with the lowest number was used least recently.
    uses: u64,
}

struct Entry {
    source: DiscoverySource,
    state: Mutex<State>,
    /// Held during requests.
    request: tokio::sync::Mutex<()>,
    is_refreshing: AtomicBool,
}

#[derive(Default)]
struct State {
    loaded: Option<(Arc<Provider>, Timestamp)>,
    failed: Option<(OidcError, Timestamp)>,
    keys_refetched_at: Option<Timestamp>,
}

/// What an entry has at a time.
enum Lookup {
    Fresh(Arc<Provider>),
    /// Fresh, and to be refreshed in the background.
    Aging(Arc<Provider>),
    Failed(OidcError),
    /// To be loaded.
    Missing,
}

impl ProviderCache {
    /// `timeout` is for a whole request.
    pub(crate) fn new(client: Arc<HttpClient>, timeout: Duration, clock: Arc<dyn Clock>) -> Arc<Self> {
        Self::with_transport(Arc::new(HttpTransport { client, timeout }), clock)
    }

    pub(super) fn with_transport(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { transport, clock, entries: Mutex::default() })
    }

    /// Returns what is known of a provider, and loads it if need be.
    pub(super) async fn get(self: &Arc<Self>, source: &DiscoverySource) -> Result<Arc<Provider>, OidcError> {
        let entry = self.entry(source);
        match entry.look_up(self.clock.now()) {
            Lookup::Fresh(provider) => return Ok(provider),
            Lookup::Aging(provider) => {
                self.refresh_in_background(entry);
                return Ok(provider);
            }
            Lookup::Failed(error) => return Err(error),
            Lookup::Missing => {}
        }
        let _request = entry.request.lock().await;
        // Another task may have loaded it meanwhile.
        match entry.look_up(self.clock.now()) {
            Lookup::Fresh(provider) | Lookup::Aging(provider) => Ok(provider),
            Lookup::Failed(error) => Err(error),
            Lookup::Missing => self.load(&entry).await,
        }
    }

    /// Loads the keys again for a token that those of `known` do not verify: the provider may have rotated them.
    ///
    /// # Errors
    /// `unknown_key` if they were loaded within the last minute.
    pub(super) async fn refetch_keys(
        &self,
        source: &DiscoverySource,
        known: &Arc<Provider>,
    ) -> Result<Arc<Provider>, OidcError> {
        let entry = self.entry(source);
        let _request = entry.request.lock().await;
        let now = self.clock.now();
        {
            let mut state = entry.state();
            if let Some((loaded, _)) = &state.loaded
                && !Arc::ptr_eq(loaded, known)
            {
                return Ok(Arc::clone(loaded));
            }
            if state.keys_refetched_at.is_some_and(|last| now.since(last) < REFETCH_INTERVAL) {
                return Err(OidcErrorKind::UnknownKey.because("kid is the id of a usable key of the provider"));
            }
            state.keys_refetched_at = Some(now);
        }
        let keys = fetch_keys(&*self.transport, &known.metadata).await?;
        let provider = Arc::new(Provider { metadata: known.metadata.clone(), keys });
        let mut state = entry.state();
        let loaded_at = state.loaded.as_ref().map_or(now, |(_, loaded_at)| *loaded_at);
        state.loaded = Some((Arc::clone(&provider), loaded_at));
        Ok(provider)
    }

    fn entry(&self, source: &DiscoverySource) -> Arc<Entry> {
        let mut entries = lock(&self.entries);
        entries.uses += 1;
        let uses = entries.uses;
        if let Some((entry, used)) = entries.by_source.get_mut(source) {
            *used = uses;
            return Arc::clone(entry);
        }
        if entries.by_source.len() >= MAX_PROVIDERS {
            let oldest = entries.by_source.iter().min_by_key(|(_, (_, used))| *used);
            if let Some(oldest) = oldest.map(|(source, _)| source.clone()) {
                entries.by_source.remove(&oldest);
            }
        }
        let entry = Arc::new(Entry::new(source.clone()));
        entries.by_source.insert(source.clone(), (Arc::clone(&entry), uses));
        entry
    }

    fn refresh_in_background(self: &Arc<Self>, entry: Arc<Entry>) {
        if entry.is_refreshing.swap(true, Ordering::AcqRel) {
            return;
        }
        let cache = Arc::clone(self);
        tokio::spawn(async move {
            let request = entry.request.lock().await;
            if !matches!(entry.look_up(cache.clock.now()), Lookup::Fresh(_)) {
                // The failure is stored.
                let _ = cache.load(&entry).await;
            }
            drop(request);
            entry.is_refreshing.store(false, Ordering::Release);
        });
    }

    /// Loads document and keys. The caller holds `request`.
    async fn load(&self, entry: &Entry) -> Result<Arc<Provider>, OidcError> {
        let loaded = fetch(&*self.transport, &entry.source).await;
        let now = self.clock.now();
        let mut state = entry.state();
        match loaded {
            Ok(provider) => {
                let provider = Arc::new(provider);
                state.loaded = Some((Arc::clone(&provider), now));
                state.failed = None;
                Ok(provider)
            }
            Err(error) => {
                tracing::warn!(error = chain(&error), "an identity provider cannot be used");
                state.failed = Some((error, now));
                state.usable(now)
            }
        }
    }
}

impl fmt::Debug for ProviderCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProviderCache").field(&lock(&self.entries).by_source.len()).finish()
    }
}

impl Entry {
    fn new(source: DiscoverySource) -> Self {
        Self {
            source,
            state: Mutex::default(),
            request: tokio::sync::Mutex::default(),
            is_refreshing: AtomicBool::new(false),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn look_up(&self, now: Timestamp) -> Lookup {
        let state = self.state();
        let has_failed = state.failed.as_ref().is_some_and(|(_, at)| now.since(*at) < FAILURE_LIFETIME);
        match &state.loaded {
            Some((provider, at)) if now.since(*at) < REFRESH_AFTER => Lookup::Fresh(Arc::clone(provider)),
            Some((provider, at)) if now.since(*at) < FRESH && has_failed => Lookup::Fresh(Arc::clone(provider)),
            Some((provider, at)) if now.since(*at) < FRESH => Lookup::Aging(Arc::clone(provider)),
            _ if has_failed => state.usable(now).map_or_else(Lookup::Failed, Lookup::Fresh),
            _ => Lookup::Missing,
        }
    }
}

impl State {
    /// After a failure: the old document, or the error.
    fn usable(&self, now: Timestamp) -> Result<Arc<Provider>, OidcError> {
        match (&self.loaded, &self.failed) {
            (Some((provider, at)), _) if now.since(*at) < MAX_STALE => Ok(Arc::clone(provider)),
            (_, Some((error, _))) => Err(error.clone()),
            (_, None) => Err(OidcErrorKind::DiscoveryUnreachable.into()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn fetch(transport: &dyn Transport, source: &DiscoverySource) -> Result<Provider, OidcError> {
    let metadata = fetch_metadata(transport, source).await?;
    let keys = fetch_keys(transport, &metadata).await?;
    Ok(Provider { metadata, keys })
}

async fn fetch_metadata(transport: &dyn Transport, source: &DiscoverySource) -> Result<Metadata, OidcError> {
    let body = fetch_document(transport, source).await?;
    Metadata::parse(&body, source, &|url| transport.is_allowed(url))
}

/// Requests a discovery document, without reading it.
pub(super) async fn fetch_document(
    transport: &dyn Transport,
    source: &DiscoverySource,
) -> Result<bytes::Bytes, OidcError> {
    let response = transport.send(ProviderRequest::get(&source.document_url())).await;
    let response = response.map_err(|error| OidcErrorKind::DiscoveryUnreachable.caused_by(error))?;
    match response.status {
        StatusCode::OK => Ok(response.body),
        _ => Err(OidcErrorKind::DiscoveryUnreachable.because("the discovery document is served with the status 200")),
    }
}

pub(super) async fn fetch_keys(transport: &dyn Transport, metadata: &Metadata) -> Result<KeySet, OidcError> {
    let response = transport.send(ProviderRequest::get(&metadata.jwks_uri)).await;
    let response = response.map_err(|error| OidcErrorKind::KeysUnreachable.caused_by(error))?;
    match response.status {
        StatusCode::OK => KeySet::parse(&response.body),
        _ => Err(OidcErrorKind::KeysUnreachable.because("the keys are served with the status 200")),
    }
}
