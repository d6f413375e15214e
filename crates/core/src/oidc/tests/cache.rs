//! The cache of providers, with a clock that is moved.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::super::cache::{Provider, ProviderCache};
use super::super::discovery::DiscoverySource;
use super::super::error::{OidcError, OidcErrorKind};
use super::fixtures::{FakeTransport, ISSUER, NOW, document, jwk, jwks};
use crate::identity_provider::ProviderKind;
use crate::time::{Clock, ManualClock};

const DOCUMENT: &str = "https://login.example/.well-known/openid-configuration";
const KEYS: &str = "https://login.example/keys";
const MINUTE: Duration = Duration::from_mins(1);

struct Setup {
    transport: Arc<FakeTransport>,
    clock: Arc<ManualClock>,
    cache: Arc<ProviderCache>,
}

impl Setup {
    fn new() -> Self {
        let (transport, clock) = (FakeTransport::provider(), Arc::new(ManualClock::new(NOW)));
        let injected: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let cache = ProviderCache::with_transport(Arc::<FakeTransport>::clone(&transport), injected);
        Self { transport, clock, cache }
    }

    async fn get(&self) -> Result<Arc<Provider>, OidcError> {
        self.cache.get(&source(ISSUER)).await
    }

    async fn refetch(&self, known: &Arc<Provider>) -> Result<Arc<Provider>, OidcErrorKind> {
        self.cache.refetch_keys(&source(ISSUER), known).await.map_err(|error| error.kind())
    }
}

/// Lets the tasks of the cache run.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

fn source(issuer: &str) -> DiscoverySource {
    DiscoverySource::new(ProviderKind::OpenId, issuer)
}

#[tokio::test]
async fn loads_a_provider_once_for_an_hour() {
    let setup = Setup::new();
    let first = setup.get().await.unwrap();
    setup.clock.advance(44 * MINUTE);
    assert!(Arc::ptr_eq(&first, &setup.get().await.unwrap()));
    assert_eq!(setup.transport.requests().len(), 2);
    setup.clock.advance(17 * MINUTE);
    assert!(!Arc::ptr_eq(&first, &setup.get().await.unwrap()));
    assert_eq!((setup.transport.count(DOCUMENT), setup.transport.count(KEYS)), (2, 2));
}

#[tokio::test]
async fn refreshes_an_aging_provider_in_the_background_once() {
    let setup = Setup::new();
    let first = setup.get().await.unwrap();
    setup.clock.advance(50 * MINUTE);
    for _ in 0..3 {
        assert!(Arc::ptr_eq(&first, &setup.get().await.unwrap()), "nobody waits");
    }
    settle().await;
    assert_eq!(setup.transport.count(DOCUMENT), 2);
    setup.clock.advance(40 * MINUTE);
    assert!(!Arc::ptr_eq(&first, &setup.get().await.unwrap()));
    assert_eq!(setup.transport.count(DOCUMENT), 2, "the refreshed one is fresh");
}

#[tokio::test]
async fn uses_an_old_document_for_a_day_if_the_provider_fails() {
    let setup = Setup::new();
    let first = setup.get().await.unwrap();
    setup.transport.remove(DOCUMENT);
    setup.clock.advance(90 * MINUTE);
    for _ in 0..3 {
        assert!(Arc::ptr_eq(&first, &setup.get().await.unwrap()));
    }
    assert_eq!(setup.transport.count(DOCUMENT), 2, "the failure is remembered");
    setup.clock.advance(Duration::from_secs(15));
    assert!(setup.get().await.is_ok());
    assert_eq!(setup.transport.count(DOCUMENT), 3);
    setup.clock.advance(Duration::from_hours(23));
    assert_eq!(setup.get().await.unwrap_err().kind(), OidcErrorKind::DiscoveryUnreachable);
}

#[tokio::test]
async fn remembers_failures_for_fifteen_seconds() {
    let setup = Setup::new();
    setup.transport.answer(KEYS, 500, &json!({}));
    for _ in 0..3 {
        let error = setup.get().await.unwrap_err();
        assert_eq!(error.kind(), OidcErrorKind::KeysUnreachable);
        assert!(!error.to_string().contains("login.example"));
    }
    assert_eq!(setup.transport.count(KEYS), 1);
    setup.transport.answer(KEYS, 200, &jwks());
    setup.clock.advance(Duration::from_secs(15));
    assert!(setup.get().await.is_ok());
}

#[tokio::test]
async fn loads_unknown_keys_again_once_a_minute() {
    let setup = Setup::new();
    let first = setup.get().await.unwrap();
    setup.transport.answer(KEYS, 200, &json!({"keys": [jwk("EdDSA")]}));
    let second = setup.refetch(&first).await.unwrap();
    assert!(second.keys != first.keys && second.metadata == first.metadata);
    assert!(Arc::ptr_eq(&second, &setup.refetch(&first).await.unwrap()), "another sign-in has loaded them already");
    assert_eq!(setup.refetch(&second).await.err(), Some(OidcErrorKind::UnknownKey));
    assert_eq!(setup.transport.count(KEYS), 2);
    setup.clock.advance(MINUTE);
    assert!(setup.refetch(&second).await.is_ok());
    setup.transport.answer(KEYS, 500, &json!({}));
    setup.clock.advance(MINUTE);
    let current = setup.get().await.unwrap();
    assert_eq!(setup.refetch(&current).await.err(), Some(OidcErrorKind::KeysUnreachable));
    assert!(Arc::ptr_eq(&current, &setup.get().await.unwrap()), "the known keys stay");
}

#[tokio::test]
async fn a_provider_that_hangs_delays_nobody_else() {
    let setup = Setup::new();
    let slow = "https://slow.example/.well-known/openid-configuration";
    setup.transport.hang(slow);
    let cache = Arc::clone(&setup.cache);
    let waiting = tokio::spawn(async move { cache.get(&source("https://slow.example")).await.is_ok() });
    let cache = Arc::clone(&setup.cache);
    let also_waiting = tokio::spawn(async move { cache.get(&source("https://slow.example")).await.is_ok() });
    settle().await;
    assert!(setup.get().await.is_ok());
    assert!(!waiting.is_finished() && !also_waiting.is_finished());
    assert_eq!(setup.transport.count(slow), 1, "one request at a time");
    waiting.abort();
    also_waiting.abort();
}

#[tokio::test]
async fn the_least_recently_used_of_five_hundred_providers_is_dropped() {
    let setup = Setup::new();
    let url = |number: usize| format!("https://login{number}.example");
    for number in 0..500 {
        let mut document = document();
        document["issuer"] = json!(url(number));
        setup.transport.answer(&format!("{}/.well-known/openid-configuration", url(number)), 200, &document);
        setup.cache.get(&source(&url(number))).await.unwrap();
    }
    setup.cache.get(&source(&url(0))).await.unwrap();
    setup.get().await.unwrap();
    let count = |number| setup.transport.count(&format!("{}/.well-known/openid-configuration", url(number)));
    setup.cache.get(&source(&url(0))).await.unwrap();
    assert_eq!(count(0), 1);
    setup.cache.get(&source(&url(1))).await.unwrap();
    assert_eq!(count(1), 2);
}
