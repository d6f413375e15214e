//! The cached permissions of callers in an organization, by session or API key. An entry is revalidated on each use.

use std::fmt;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use vestibule_db::Tx;

use super::{Cached, Credential, Revision, Validity, sql};
use crate::assurance::MfaRequirement;
use crate::caller::{Caller, CurrentApiKey, CurrentSession, SessionStub, key_use_due_at, touch_due_at};
use crate::error::Result;
use crate::id::OrganizationId;
use crate::metrics::CacheMetrics;
use crate::permission::{Circumstances, MemberPermissions, PermissionSet, RequiredPermission};
use crate::scope::Scope;
use crate::secret::{ApiKeyDigest, SessionToken};
use crate::settings::Settings;
use crate::time::Timestamp;

const EXPECTED_ENTRIES: usize = 8192;
/// All entries together, in bytes. The least used entries are evicted first. A member with the maximum of roles and
/// permissions takes about 300 KB, most others 300 bytes.
const MAX_BYTES: u64 = 16 << 20;
/// An entry without its permissions and its address list, in bytes.
const ENTRY_BYTES: usize = 250;

/// The digest of a session token or an API key, and an organization.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AccessKey([u8; 32], OrganizationId);

impl AccessKey {
    /// `None` for a caller without a session token or an API key, and for one with a setup link, whose access is not that
    /// of the session.
    pub(crate) fn new(caller: &Caller, organization: OrganizationId) -> Option<Self> {
        if caller.setup_token.is_some() {
            return None;
        }
        let token = caller.token.as_ref().map(SessionToken::digest);
        let digest = token.or_else(|| caller.api_key.map(ApiKeyDigest::to_bytes))?;
        Some(Self(digest, organization))
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AccessKey").field(&"…").field(&self.1).finish()
    }
}

pub(crate) struct AccessCache {
    cache: Cache<AccessKey, Arc<Cached<Access>>, AccessWeight>,
    /// Recorded by the executor, which revalidates what it finds.
    pub(crate) metrics: CacheMetrics,
}

#[derive(Clone)]
struct AccessWeight;

impl Weighter<AccessKey, Arc<Cached<Access>>> for AccessWeight {
    fn weight(&self, _: &AccessKey, entry: &Arc<Cached<Access>>) -> u64 {
        let more = match &entry.value {
            Access::Member { member, .. } => member.permissions.size() + member.allowed_addresses.len(),
            Access::ApiKey(_) => 0,
        };
        (ENTRY_BYTES + more) as u64
    }
}

impl Default for AccessCache {
    fn default() -> Self {
        let cache = Cache::with_weighter(EXPECTED_ENTRIES, MAX_BYTES, AccessWeight);
        Self { cache, metrics: CacheMetrics::default() }
    }
}

impl AccessCache {
    pub(crate) fn get(&self, key: &AccessKey) -> Option<Arc<Cached<Access>>> {
        self.cache.get(key)
    }

    pub(crate) fn invalidate(&self, key: &AccessKey) {
        self.cache.remove(key);
    }

    pub(crate) fn insert(&self, key: AccessKey, cached: Arc<Cached<Access>>) {
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

/// The outcome of authorizing an API key from the cache.
#[derive(Clone, Debug)]
pub struct CachedKeyAccess {
    pub key: CurrentApiKey,
    /// The organization's revision at that time.
    pub revision: Revision,
}

/// Who a caller is, and what they may do in an organization.
#[derive(Debug)]
pub(crate) enum Access {
    Member {
        session: CurrentSession,
        member: MemberPermissions,
    },
    /// A key that may name the organization. What it may do depends on its scopes.
    ApiKey(CurrentApiKey),
}

/// A caller's access that was loaded or revalidated for a transaction, and the organization's revision at that time.
#[derive(Debug)]
pub(crate) struct ValidatedAccess {
    cached: Arc<Cached<Access>>,
    revision: Revision,
}

impl ValidatedAccess {
    pub(crate) const fn new(cached: Arc<Cached<Access>>, revision: Revision) -> Self {
        Self { cached, revision }
    }

    pub(crate) fn session(&self) -> Option<&CurrentSession> {
        match &self.cached.value {
            Access::Member { session, .. } => Some(session),
            Access::ApiKey(_) => None,
        }
    }

    pub(crate) fn api_key(&self) -> Option<&CurrentApiKey> {
        match &self.cached.value {
            Access::Member { .. } => None,
            Access::ApiKey(key) => Some(key),
        }
    }

    /// The revision at which the access was validated. `None` if it is for another organization.
    pub(crate) fn revision_of(&self, organization: OrganizationId) -> Option<Revision> {
        (self.cached.validity.organization == organization).then_some(self.revision)
    }

    /// The permissions of a caller with a session. `None` if the access is for another organization.
    pub(crate) fn permissions_in(&self, organization: OrganizationId) -> Option<&MemberPermissions> {
        match &self.cached.value {
            Access::Member { member, .. } if self.cached.validity.organization == organization => Some(member),
            Access::Member { .. } | Access::ApiKey(_) => None,
        }
    }
}

/// Loads a caller's access to an organization. `None` unless the caller is signed in and a member with a role, or has
/// an API key that may name the organization.
pub(crate) async fn load_access(
    caller: &Caller,
    organization: OrganizationId,
    now: Timestamp,
    settings: &Settings,
    tx: &mut Tx<'_>,
) -> Result<Option<(Cached<Access>, Revision)>> {
    match (&caller.token, &caller.api_key) {
        (Some(token), _) => load_access_of_session(token, organization, now, settings, tx).await,
        (None, Some(key)) => load_access_of_key(key, organization, now, tx).await,
        (None, None) => Ok(None),
    }
}

async fn load_access_of_key(
    key: &ApiKeyDigest,
    organization: OrganizationId,
    now: Timestamp,
    tx: &mut Tx<'_>,
) -> Result<Option<(Cached<Access>, Revision)>> {
    let row = tx.optional(sql::LOAD_API_KEY_ACCESS, (key.as_bytes(), now, organization)).await?;
    Ok(row.map(|row| {
        let revision = Revision { invitations: row.invitations_revision, organization: row.organization_revision };
        let validity = Validity {
            credential: Credential::ApiKey(*key),
            credential_revision: row.valid_until.as_microseconds(),
            organization,
            organization_revision: row.organization_revision,
            valid_from: now,
            // The uncached path records that the key was used.
            valid_until: row.valid_until.min(key_use_due_at(row.last_used_at)),
        };
        let key = CurrentApiKey {
            id: row.id,
            scopes: row.scopes,
            organization_id: row.organization_id,
            last_used_at: row.last_used_at,
            secret_valid_until: row.secret_valid_until,
        };
        (Cached::new(Access::ApiKey(key), validity), revision)
    }))
}

async fn load_access_of_session(
    token: &SessionToken,
    organization: OrganizationId,
    now: Timestamp,
    settings: &Settings,
    tx: &mut Tx<'_>,
) -> Result<Option<(Cached<Access>, Revision)>> {
    let arguments = (&token.digest()[..], now, now.minus(settings.sessions.idle_timeout), organization);
    let rows = tx.all(sql::LOAD_ACCESS, arguments).await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let limits = [first.session_expires_at, first.sign_in_expires_at, touch_due_at(first.last_seen_at, settings)];
    let validity = Validity {
        credential: Credential::Session(first.session_id),
        credential_revision: first.session_revision,
        organization,
        organization_revision: first.organization_revision,
        valid_from: now,
        valid_until: limits.into_iter().min().unwrap_or(now),
    };
    let revision = Revision { invitations: first.invitations_revision, organization: first.organization_revision };
    let access = Access::Member {
        session: CurrentSession {
            id: first.session_id,
            created_at: first.created_at,
            updated_at: first.updated_at,
            last_seen_at: first.last_seen_at,
            sign_in_id: Some(first.sign_in_id),
            user_id: Some(first.user_id),
            impersonator_id: first.impersonator_id,
            proofs: Some(first.proofs),
            sso_organization: first.sso_organization,
            attempts_until: first.attempts_until,
            expires_at: first.session_expires_at,
            revision: first.session_revision,
        },
        member: MemberPermissions {
            organization,
            membership: first.membership_id,
            restricts_addresses: first.restricts_addresses,
            allowed_addresses: first.allowed_addresses.clone(),
            requires_sso: first.requires_sso,
            mfa: MfaRequirement::new(first.enforce_mfa, first.minimum_assurance, first.mfa_enforced_from),
            permissions: PermissionSet::union(rows.into_iter().map(|row| row.permissions)),
        },
    };
    Ok(Some((Cached::new(access, validity), revision)))
}

impl Cached<Access> {
    /// Authorizes a caller with a session. `None` if the permission is missing or the entry has expired, which it does when the
    /// session is due to be touched, and for an impersonator; the query then runs in full.
    pub(crate) fn grant(
        &self,
        caller: &Caller,
        required: RequiredPermission,
        now: Timestamp,
        revision: Revision,
    ) -> Option<CachedAccess> {
        let Access::Member { session, member } = &self.value else { return None };
        let circumstances = Circumstances {
            address: caller.address,
            proofs: session.proofs.unwrap_or_default(),
            sso_organization: session.sso_organization,
            now,
        };
        let is_allowed = member.restriction(&circumstances).is_none()
            && member.permissions.satisfies(required)
            && self.validity.is_current_at(now)
            // Its requests are logged in full.
            && session.impersonator_id.is_none();
        is_allowed.then(|| CachedAccess { session: session.stub(), now, revision })
    }

    /// Authorizes an API key. `None` if the scope is missing or the entry has expired, which it does when the use of the
    /// key is due to be recorded; the query then runs in full.
    pub(crate) fn grant_to_key(&self, required: Scope, now: Timestamp, revision: Revision) -> Option<CachedKeyAccess> {
        let Access::ApiKey(key) = &self.value else { return None };
        let is_allowed = key.scopes.contains(required) && self.validity.is_current_at(now);
        is_allowed.then(|| CachedKeyAccess { key: key.clone(), revision })
    }
}
