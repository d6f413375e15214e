//! What callers may do in an organization, by their session. An entry is never trusted as it is: it is revalidated on each use.

use std::fmt;
use std::sync::Arc;

use quick_cache::sync::Cache;
use vestibule_db::Tx;

use super::{Cached, Revision, Validity, sql};
use crate::caller::{Caller, CurrentSession, SessionStub, touch_due_at};
use crate::error::Result;
use crate::id::OrganizationId;
use crate::permission::{MemberPermissions, PermissionSet, RequiredPermission};
use crate::secret::SessionToken;
use crate::settings::Settings;
use crate::time::Timestamp;

/// Callers that are known at the most, about 300 bytes each; who asks least goes first.
const MAX_ENTRIES: usize = 8192;

/// A session, by its digest, and an organization.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AccessKey([u8; 32], OrganizationId);

impl AccessKey {
    /// Who carries this token and asks about this organization.
    pub(crate) fn new(token: &SessionToken, organization: OrganizationId) -> Self {
        Self(token.digest(), organization)
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AccessKey").field(&"…").field(&self.1).finish()
    }
}

/// Who is known.
pub(crate) struct AccessCache(Cache<AccessKey, Arc<Cached<MemberAccess>>>);

impl Default for AccessCache {
    fn default() -> Self {
        Self(Cache::new(MAX_ENTRIES))
    }
}

impl AccessCache {
    /// What is known of a caller.
    pub(crate) fn get(&self, key: &AccessKey) -> Option<Arc<Cached<MemberAccess>>> {
        self.0.get(key)
    }

    /// What is known of them does not hold any more.
    pub(crate) fn invalidate(&self, key: &AccessKey) {
        self.0.remove(key);
    }

    /// Keeps it, in place of what was.
    pub(crate) fn insert(&self, key: AccessKey, cached: Arc<Cached<MemberAccess>>) {
        self.0.insert(key, cached);
    }
}

impl fmt::Debug for AccessCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AccessCache").field(&self.0.len()).finish()
    }
}

/// A caller who was allowed to see an organization's things, the instant that was, and the revision those were at.
#[derive(Clone, Copy, Debug)]
pub struct CachedAccess {
    /// Their session.
    pub session: SessionStub,
    /// When this was asked.
    pub now: Timestamp,
    /// The organization's revision.
    pub revision: Revision,
}

/// What a caller has in an organization.
#[derive(Debug)]
pub(crate) struct MemberAccess {
    session: CurrentSession,
    permissions: MemberPermissions,
}

/// A caller in a transaction that is about an organization: what they have there, and what it is at.
#[derive(Debug)]
pub(crate) struct ValidatedAccess {
    cached: Arc<Cached<MemberAccess>>,
    revision: Revision,
}

impl ValidatedAccess {
    pub(crate) const fn new(cached: Arc<Cached<MemberAccess>>, revision: Revision) -> Self {
        Self { cached, revision }
    }

    /// Their session.
    pub(crate) fn session(&self) -> &CurrentSession {
        &self.cached.value.session
    }

    /// The revision at which the access was validated, if it is for this organization.
    pub(crate) fn revision_of(&self, organization: OrganizationId) -> Option<Revision> {
        (self.cached.validity.organization == organization).then_some(self.revision)
    }

    /// What they have in this organization, if it is the one.
    pub(crate) fn permissions_in(&self, organization: OrganizationId) -> Option<&MemberPermissions> {
        (self.cached.validity.organization == organization).then_some(&self.cached.value.permissions)
    }
}

/// Finds out what a caller has in an organization. `None` when anything is not as usual.
pub(crate) async fn load_access(
    token: &SessionToken,
    organization: OrganizationId,
    now: Timestamp,
    settings: &Settings,
    tx: &mut Tx<'_>,
) -> Result<Option<(Cached<MemberAccess>, Revision)>> {
    let asked = (&token.digest()[..], now, now.minus(settings.sessions.idle_timeout), organization);
    let rows = tx.all(sql::LOAD_ACCESS, asked).await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let ends = [first.session_ends, first.sign_in_ends, touch_due_at(first.last_seen_at, settings)];
    let validity = Validity {
        session: first.session_id,
        session_revision: first.session_revision,
        organization,
        organization_revision: first.organization_revision,
        from: now,
        until: ends.into_iter().min().unwrap_or(now),
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
            attempts_until: first.attempts_until,
            expires_at: first.session_ends,
            revision: first.session_revision,
        },
        permissions: MemberPermissions {
            membership: first.membership_id,
            restricts_addresses: first.restricts_addresses,
            allowed_addresses: first.allowed_addresses.clone(),
            held: PermissionSet::union(rows.into_iter().map(|row| row.permissions)),
        },
    };
    Ok(Some((Cached::new(access, validity), revision)))
}

impl Cached<MemberAccess> {
    /// Where the caller stands, if what they have is what is needed. A session that is due to be noted as in use goes the
    /// whole way, which notes it.
    pub(crate) fn grant(
        &self,
        caller: &Caller,
        required: RequiredPermission,
        now: Timestamp,
        revision: Revision,
    ) -> Option<CachedAccess> {
        let MemberAccess { session, permissions } = &self.value;
        let may = permissions.allows(caller.address)
            && permissions.held.satisfies(required)
            && self.validity.is_current_at(now);
        may.then(|| CachedAccess { session: session.stub(), now, revision })
    }
}
