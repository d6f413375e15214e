//! In-memory caches of response bodies: an organization's invitation list, a caller's session, and members as API keys
//! see them.
//!
//! A cached body is sent only after the service has checked the caller's access and revalidated the entry
//! ([`vestibule_core::cache`]); the caches themselves authorize nothing. Of a list, only `data` is cached, which is
//! the same for every permitted caller; the envelope's session is added per response. Lists with query parameters are
//! not cached.

use std::convert::Infallible;
use std::hash::Hash;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use vestibule_core::cache::{Cached, CachedAccess, Revision, Validity};
use vestibule_core::caller::SessionStub;
use vestibule_core::id::{MemberId, OrganizationId};
use vestibule_core::invitation;
use vestibule_core::metrics::CacheMetrics;
use vestibule_core::secret::SessionToken;
use vestibule_db::QueryStats;

use crate::app::App;
use crate::envelope::{self, DataJson};
use crate::extract::ExtractorErrors;

/// Capacity of the list cache, in bytes over all organizations. The pages of members have as much.
const MAX_LIST_BYTES: u64 = 8 << 20;
/// Expected number of cached lists. It is low because the cache divides its capacity among shards by this number, and a
/// long list must fit into one shard.
const EXPECTED_LISTS: usize = 32;
/// Capacity of the session cache, in bytes.
const MAX_SESSION_BYTES: u64 = 4 << 20;
/// Expected number of cached sessions.
const EXPECTED_SESSIONS: usize = 1024;
/// Capacity of the member cache, in bytes.
const MAX_MEMBER_BYTES: u64 = 4 << 20;
/// Expected number of cached members.
const EXPECTED_MEMBERS: usize = 1024;
/// Approximate bytes of an entry besides its JSON.
const ENTRY_OVERHEAD: u64 = 1 << 10;

/// Unfiltered invitation lists by organization.
#[derive(Debug)]
pub(crate) struct ListCache {
    cache: Cache<OrganizationId, Arc<CachedList>, ByteWeight>,
    pub(crate) metrics: CacheMetrics,
}

/// The first page of an organization's pending invitations, as it was sent.
#[derive(Debug)]
pub(crate) struct CachedList {
    validity: invitation::ListValidity,
    data: DataJson,
    headers: HeaderMap,
    /// The part of the entity tag that is the same for every caller.
    etag_prefix: String,
}

/// Weighs an entry by its size in bytes.
#[derive(Clone, Debug)]
struct ByteWeight;

impl Weighter<OrganizationId, Arc<CachedList>> for ByteWeight {
    fn weight(&self, _: &OrganizationId, list: &Arc<CachedList>) -> u64 {
        list.data.0.len() as u64 + ENTRY_OVERHEAD
    }
}

impl Weighter<[u8; 32], Arc<Cached<Bytes>>> for ByteWeight {
    fn weight(&self, _: &[u8; 32], session: &Arc<Cached<Bytes>>) -> u64 {
        session.value.len() as u64 + ENTRY_OVERHEAD
    }
}

impl<K> Weighter<(OrganizationId, K), CachedBody> for ByteWeight {
    fn weight(&self, _: &(OrganizationId, K), cached: &CachedBody) -> u64 {
        cached.body.len() as u64 + ENTRY_OVERHEAD
    }
}

impl Default for ListCache {
    fn default() -> Self {
        let cache = Cache::with_weighter(EXPECTED_LISTS, MAX_LIST_BYTES, ByteWeight);
        Self { cache, metrics: CacheMetrics::default() }
    }
}

impl ListCache {
    pub(crate) fn get(&self, organization: OrganizationId) -> Option<Arc<CachedList>> {
        self.cache.get(&organization)
    }

    pub(crate) fn insert(&self, organization: OrganizationId, list: Arc<CachedList>) {
        self.cache.insert(organization, list);
    }
}

/// Responses of `GET /session` by the digest of the session token.
#[derive(Debug)]
pub(crate) struct SessionCache {
    cache: Cache<[u8; 32], Arc<Cached<Bytes>>, ByteWeight>,
    pub(crate) metrics: CacheMetrics,
}

impl Default for SessionCache {
    fn default() -> Self {
        let cache = Cache::with_weighter(EXPECTED_SESSIONS, MAX_SESSION_BYTES, ByteWeight);
        Self { cache, metrics: CacheMetrics::default() }
    }
}

impl SessionCache {
    pub(crate) fn get(&self, token: &SessionToken) -> Option<Arc<Cached<Bytes>>> {
        self.cache.get(&token.digest())
    }

    pub(crate) fn insert(&self, token: &SessionToken, body: Bytes, validity: Validity) {
        self.cache.insert(token.digest(), Arc::new(Cached::new(body, validity)));
    }
}

/// Responses that show an organization's members, by what the request names besides the organization. All API keys that
/// may read members see the same.
#[derive(Debug)]
pub(crate) struct MemberCache<K>(Cache<(OrganizationId, K), CachedBody, ByteWeight>);

#[derive(Clone, Debug)]
struct CachedBody {
    /// The response is valid while the organization's revision is unchanged.
    organization_revision: i64,
    body: Bytes,
}

impl MemberCache<MemberId> {
    /// A cache of single members, by the id in the path.
    pub(crate) fn of_members() -> Self {
        Self(Cache::with_weighter(EXPECTED_MEMBERS, MAX_MEMBER_BYTES, ByteWeight))
    }
}

/// The limit and the offset of a page of all members, newest first.
pub(crate) type PageKey = (u16, u32);

impl MemberCache<PageKey> {
    /// A cache of pages.
    pub(crate) fn of_pages() -> Self {
        Self(Cache::with_weighter(EXPECTED_LISTS, MAX_LIST_BYTES, ByteWeight))
    }
}

impl<K: Clone + Eq + Hash> MemberCache<K> {
    /// Returns the response body, if it was cached at this revision.
    pub(crate) fn get(&self, organization: OrganizationId, key: K, revision: Revision) -> Option<Bytes> {
        let cached = self.0.get(&(organization, key))?;
        (cached.organization_revision == revision.organization).then_some(cached.body)
    }

    pub(crate) fn insert(&self, organization: OrganizationId, key: K, revision: Revision, body: Bytes) {
        let cached = CachedBody { organization_revision: revision.organization, body };
        self.0.insert((organization, key), cached);
    }
}

impl CachedList {
    pub(crate) fn new(validity: invitation::ListValidity, data: DataJson, headers: HeaderMap) -> Self {
        let (version, until) = (env!("CARGO_PKG_VERSION"), validity.expires_at().as_microseconds());
        let Revision { invitations, organization } = validity.revision;
        let etag_prefix = format!("\"{version}-{invitations:x}-{organization:x}-{until:x}-");
        Self { validity, data, headers, etag_prefix }
    }

    /// Returns the response for a caller whose access was validated, or `None` if the list is out of date. `stats` are
    /// the database statements of that validation.
    pub(crate) fn response_if_valid(
        &self,
        access: &CachedAccess,
        if_none_match: &IfNoneMatch,
        stats: QueryStats,
    ) -> Option<Response> {
        let is_valid = self.validity.is_valid(access.revision, access.now);
        is_valid.then(|| self.response(&access.session, if_none_match, stats))
    }

    /// Returns the list in this session's envelope, or 304 if the request has a matching `If-None-Match`.
    ///
    /// The entity tag covers all that the body depends on (RFC 9110, 8.8.3): the revisions, the end of the list's
    /// validity (an invitation that expires changes the body but no revision), and the session in the envelope.
    /// Responses are `no-store` for browsers; the tag serves API clients with a store of their own.
    pub(crate) fn response(&self, session: &SessionStub, if_none_match: &IfNoneMatch, stats: QueryStats) -> Response {
        let (prefix, updated_at) = (&self.etag_prefix, session.updated_at.as_microseconds());
        let etag = format!("{prefix}{}-{updated_at}\"", session.id);
        let mut response = if if_none_match.matches(&etag) {
            envelope::with_query_stats(stats, StatusCode::NOT_MODIFIED.into_response())
        } else {
            let mut response = envelope::success_with_data(self.data.clone(), Some(session), stats);
            response.headers_mut().extend(self.headers.clone());
            response
        };
        if let Ok(etag) = HeaderValue::try_from(etag) {
            response.headers_mut().insert(header::ETAG, etag);
        }
        response
    }
}

/// The values of the request's `If-None-Match` headers.
#[derive(Debug)]
pub(crate) struct IfNoneMatch(Vec<HeaderValue>);

impl FromRequestParts<App> for IfNoneMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.get_all(header::IF_NONE_MATCH).iter().cloned().collect()))
    }
}

impl ExtractorErrors for IfNoneMatch {}

impl IfNoneMatch {
    /// Uses the weak comparison of RFC 9110, 13.1.2.
    fn matches(&self, etag: &str) -> bool {
        let values = self.0.iter().filter_map(|value| value.to_str().ok());
        values
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .any(|candidate| candidate == "*" || candidate.trim_start_matches("W/") == etag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_each_listed_etag_weakly() {
        let with =
            |lists: &[&'static str]| IfNoneMatch(lists.iter().map(|list| HeaderValue::from_static(list)).collect());
        let etag = "\"a-1\"";
        for lists in [&["\"a-1\""][..], &["W/\"a-1\""], &["*"], &["\"b\", \"a-1\""], &["\"b\"", "W/\"c\",W/\"a-1\""]] {
            assert!(with(lists).matches(etag), "{lists:?}");
        }
        for lists in [&[][..], &[""], &["a-1"], &["\"a-11\""], &["\"b\", \"c\""]] {
            assert!(!with(lists).matches(etag), "{lists:?}");
        }
    }
}
