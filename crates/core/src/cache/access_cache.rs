//! The cached permissions of callers in an organization, by session. An entry is revalidated on each use.

use std::fmt;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use vestibule_db::Tx;

use super::{Cached, Revision, Validity, sql};
use crate::caller::{Caller, CurrentSession, SessionStub, touch_due_at};
use crate::error::Result;
use crate::id::OrganizationId;
use crate::metrics::CacheMetrics;
use crate::permission::{MemberPermissions, PermissionSet, RequiredPermission};
use crate::secret::SessionToken;
use crate::settings::Settings;
use crate::time::Timestamp;

const EXPECTED_ENTRIES: usize = 8192;
/// All entries together, in bytes. The least used entries are evicted first. A member with the maximum of roles and
/// permissions takes about 300 KB, most others 300 bytes.
const MAX_BYTES: u64 = 16 << 20;
/// An entry without its permissions and its address list, in bytes.
const ENTRY_BYTES: usize = 250;

/// The digest of a session token, and an organization.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AccessKey([u8; 32], OrganizationId);

impl AccessKey {
    pub(crate) fn new(token: &SessionToken, organization: OrganizationId) -> Self {
        Self(token.digest(), organization)
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AccessKey").field(&"…").field(&self.1).finish()
    }
}

pub(crate) struct AccessCache {
    cache: Cache<AccessKey, Arc<Cached<MemberAccess>>, AccessWeight>,
    /// Recorded by the executor, which revalidates what it finds.
    pub(crate) metrics: CacheMetrics,
}

#[derive(Clone)]
struct AccessWeight;

impl Weighter<AccessKey, Arc<Cached<MemberAccess>>> for AccessWeight {
    fn weight(&self, _: &AccessKey, entry: &Arc<Cached<MemberAccess>>) -> u64 {
        let member = &entry.value.member;
        (ENTRY_BYTES + member.permissions.size() + member.allowed_addresses.len()) as u64
    }
}

impl Default for AccessCache {
    fn default() -> Self {
        let cache = Cache::with_weighter(EXPECTED_ENTRIES, MAX_BYTES, AccessWeight);
        Self { cache, metrics: CacheMetrics::default() }
    }
}

impl AccessCache {
    pub(crate) fn get(&self, key: &AccessKey) -> Option<Arc<Cached<MemberAccess>>> {
        self.cache.get(key)
    }

    pub(crate) fn invalidate(&self, key: &AccessKey) {
        self.cache.remove(key);
    }

    pub(crate) fn insert(&self, key: AccessKey, cached: Arc<Cached<MemberAccess>>) {
        self.cache.insert(key, cached);
    }
}

impl fmt::Debug for AccessCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AccessCache").field(&self.cache.len()).finish()
    }
}

/// The outcome of authorizing a caller from the cache.
#[derive(Clone, Copy, Debug)]
pub struct CachedAccess {
    pub session: SessionStub,
    /// When the caller was authorized.
    pub now: Timestamp,
    /// The organization's revision at that time.
    pub revision: Revision,
}

/// A caller's session and permissions in an organization.
#[derive(Debug)]
pub(crate) struct MemberAccess {
    session: CurrentSession,
    member: MemberPermissions,
}

/// A caller's access that was loaded or revalidated for a transaction, and the organization's revision at that time.
#[derive(Debug)]
pub(crate) struct ValidatedAccess {
    cached: Arc<Cached<MemberAccess>>,
    revision: Revision,
}

impl ValidatedAccess {
    pub(crate) const fn new(cached: Arc<Cached<MemberAccess>>, revision: Revision) -> Self {
        Self { cached, revision }
    }

    pub(crate) fn session(&self) -> &CurrentSession {
        &self.cached.value.session
    }

    /// The revision at which the access was validated. `None` if it is for another organization.
    pub(crate) fn revision_of(&self, organization: OrganizationId) -> Option<Revision> {
        (self.cached.validity.organization == organization).then_some(self.revision)
    }

    /// The caller's permissions. `None` if the access is for another organization.
    pub(crate) fn permissions_in(&self, organization: OrganizationId) -> Option<&MemberPermissions> {
        (self.cached.validity.organization == organization).then_some(&self.cached.value.member)
    }
}

/// Loads a caller's access to an organization. `None` unless the caller is signed in and a member with a role.
pub(crate) async fn load_access(
    token: &SessionToken,
    organization: OrganizationId,
    now: Timestamp,
    settings: &Settings,
    tx: &mut Tx<'_>,
) -> Result<Option<(Cached<MemberAccess>, Revision)>> {
    let arguments = (&token.digest()[..], now, now.minus(settings.sessions.idle_timeout), organization);
    let rows = tx.all(sql::LOAD_ACCESS, arguments).await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let limits = [first.session_expires_at, first.sign_in_expires_at, touch_due_at(first.last_seen_at, settings)];
    let validity = Validity {
        session: first.session_id,
        session_revision: first.session_revision,
        organization,
        organization_revision: first.organization_revision,
        valid_from: now,
        valid_until: limits.into_iter().min().unwrap_or(now),
    };
    let revision = Revision { invitations: first.invitations_revision, organization: first.organization_revision };
    let access = MemberAccess {
        session: CurrentSession {
            id: first.session_id,
            created_at: first.created_at,
            updated_at: first.updated_at,
            last_seen_at: first.last_seen_at,
            sign_in_id: Some(first.sign_in_id),
            user_id: Some(first.user_id),
            impersonator_id: first.impersonator_id,
            attempts_until: first.attempts_until,
            expires_at: first.session_expires_at,
            revision: first.session_revision,
        },
        member: MemberPermissions {
            membership: first.membership_id,
            restricts_addresses: first.restricts_addresses,
            allowed_addresses: first.allowed_addresses.clone(),
            permissions: PermissionSet::union(rows.into_iter().map(|row| row.permissions)),
        },
    };
    Ok(Some((Cached::new(access, validity), revision)))
}

impl Cached<MemberAccess> {
    /// Authorizes the caller. `None` if the permission is missing or the entry has expired, which it does when the
    /// session is due to be touched, and for an impersonator; the query then runs in full.
    pub(crate) fn grant(
        &self,
        caller: &Caller,
        required: RequiredPermission,
        now: Timestamp,
        revision: Revision,
    ) -> Option<CachedAccess> {
        let MemberAccess { session, member } = &self.value;
        let is_allowed = member.allows(caller.address)
            && member.permissions.satisfies(required)
            && self.validity.is_current_at(now)
            // Its requests are logged in full.
            && session.impersonator_id.is_none();
        is_allowed.then(|| CachedAccess { session: session.stub(), now, revision })
    }
}
