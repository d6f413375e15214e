//! Answers that were made before, to be shown again as long as they hold: lists of invitations, and callers' sessions.
//!
//! Of a list is kept what is the same for everybody who may see it: the `data` of the answer, without the caller's session
//! around it. Whether somebody may, and whether it holds, is asked each time ([`vestibule_core::revision`]); nothing is
//! shown because it was shown before. Only the list as it is asked for without a query is kept: what is narrowed is rarely
//! asked for twice.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use vestibule_core::db::Cost;
use vestibule_core::id::OrganizationId;
use vestibule_core::invitation;
use vestibule_core::revision::{Revision, Standing};
use vestibule_core::secret::SessionToken;
use vestibule_core::session::{Holds, Kept, SessionStub};

use crate::app::App;
use crate::envelope::{self, Json};

/// Bytes that are kept of all organizations together; what is asked for least goes first.
const BYTES_OF_LISTS: u64 = 8 << 20;
/// Lists that these are, about: so few that the bytes are not divided among processors until a long list fits into no part.
const LISTS: usize = 32;
/// Bytes that are kept of all sessions together.
const BYTES_OF_SESSIONS: u64 = 4 << 20;
/// Sessions that these are, about.
const SESSIONS: usize = 1024;

/// What is kept, by organization.
#[derive(Debug)]
pub(crate) struct KeptLists(Cache<OrganizationId, Arc<KeptList>, Length>);

/// A list that was made before.
#[derive(Debug)]
pub(crate) struct KeptList {
    /// As long as what it holds.
    holds: invitation::Holds,
    /// Its `data`.
    data: Json,
    /// The headers that go with it.
    headers: HeaderMap,
    /// How its tag begins, whoever is shown it.
    tag: String,
}

/// What keeping something takes besides its JSON, about.
const BESIDES: u64 = 1 << 10;

/// Weighs what is kept by the bytes that it takes.
#[derive(Clone, Debug)]
struct Length;

impl Weighter<OrganizationId, Arc<KeptList>> for Length {
    fn weight(&self, _: &OrganizationId, kept: &Arc<KeptList>) -> u64 {
        kept.data.0.len() as u64 + BESIDES
    }
}

impl Weighter<[u8; 32], Arc<Kept<Bytes>>> for Length {
    fn weight(&self, _: &[u8; 32], kept: &Arc<Kept<Bytes>>) -> u64 {
        kept.what.len() as u64 + BESIDES
    }
}

impl Default for KeptLists {
    fn default() -> Self {
        Self(Cache::with_weighter(LISTS, BYTES_OF_LISTS, Length))
    }
}

impl KeptLists {
    /// What was kept of this organization's.
    pub(crate) fn of(&self, organization: OrganizationId) -> Option<Arc<KeptList>> {
        self.0.get(&organization)
    }

    /// Keeps a list, in place of an earlier one.
    pub(crate) fn keep(&self, organization: OrganizationId, list: Arc<KeptList>) {
        self.0.insert(organization, list);
    }
}

/// Callers' sessions as they were shown, by the digest of what the caller carries.
#[derive(Debug)]
pub(crate) struct KeptSessions(Cache<[u8; 32], Arc<Kept<Bytes>>, Length>);

impl Default for KeptSessions {
    fn default() -> Self {
        Self(Cache::with_weighter(SESSIONS, BYTES_OF_SESSIONS, Length))
    }
}

impl KeptSessions {
    /// What was shown to whoever carries this.
    pub(crate) fn of(&self, token: &SessionToken) -> Option<Arc<Kept<Bytes>>> {
        self.0.get(&token.digest())
    }

    /// Keeps the JSON of an answer, in place of an earlier one.
    pub(crate) fn keep(&self, token: &SessionToken, shown: Bytes, holds: Holds) {
        self.0.insert(token.digest(), Arc::new(Kept::new(shown, holds)));
    }
}

impl KeptList {
    /// A list that was made just now.
    pub(crate) fn new(holds: invitation::Holds, data: Json, headers: HeaderMap) -> Self {
        let (version, until) = (env!("CARGO_PKG_VERSION"), holds.until().as_microseconds());
        let Revision { invitations, surroundings } = holds.revision;
        Self { holds, data, headers, tag: format!("\"{version}-{invitations:x}-{surroundings:x}-{until:x}-") }
    }

    /// The answer to somebody in this standing, which cost that much to find out, if the list still holds.
    pub(crate) fn answer(&self, standing: &Standing, has: &Has, cost: Cost) -> Option<Response> {
        self.holds.at(standing.revision, standing.now).then(|| self.shown_in(&standing.session, has, cost))
    }

    /// The answer within this session, at this cost: 304 when the caller has it already.
    ///
    /// The tag is made from what the bytes are made from (RFC 9110, 8.8.3): the revision, the instant up to which it holds
    /// (an invitation that runs out changes the bytes and no revision), and the session of the envelope. Answers are still
    /// not to be stored by browsers; the tag is for programs that keep what they were told.
    pub(crate) fn shown_in(&self, session: &SessionStub, has: &Has, cost: Cost) -> Response {
        let (begins, updated) = (&self.tag, session.updated_at.as_microseconds());
        let tag = format!("{begins}{}-{updated}\"", session.id);
        let mut response = if has.one_with(&tag) {
            envelope::at(cost, StatusCode::NOT_MODIFIED.into_response())
        } else {
            let mut response = envelope::success_of(self.data.clone(), Some(session), cost);
            response.headers_mut().extend(self.headers.clone());
            response
        };
        if let Ok(tag) = HeaderValue::try_from(tag) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

/// The tags of what a caller has of earlier answers.
#[derive(Debug)]
pub(crate) struct Has(Vec<HeaderValue>);

impl FromRequestParts<App> for Has {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.get_all(header::IF_NONE_MATCH).iter().cloned().collect()))
    }
}

impl Has {
    /// Whether they have the answer with this tag (RFC 9110, 13.1.2: compared weakly).
    fn one_with(&self, tag: &str) -> bool {
        let tags = self.0.iter().filter_map(|value| value.to_str().ok());
        tags.flat_map(|list| list.split(','))
            .map(str::trim)
            .any(|one| one == "*" || one.trim_start_matches("W/") == tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_among_others_and_compared_weakly() {
        let with = |lists: &[&'static str]| Has(lists.iter().map(|list| HeaderValue::from_static(list)).collect());
        let tag = "\"a-1\"";
        for lists in [&["\"a-1\""][..], &["W/\"a-1\""], &["*"], &["\"b\", \"a-1\""], &["\"b\"", "W/\"c\",W/\"a-1\""]] {
            assert!(with(lists).one_with(tag), "{lists:?}");
        }
        for lists in [&[][..], &[""], &["a-1"], &["\"a-11\""], &["\"b\", \"c\""]] {
            assert!(!with(lists).one_with(tag), "{lists:?}");
        }
    }
}
