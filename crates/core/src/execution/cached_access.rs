//! The caller's access to an organization, and the revalidation of what is cached.

use std::sync::Arc;

use vestibule_db::{Db, QueryStats, Tx};

use super::after_commit::AfterCommit;
use super::{Executor, postgres, sqlite};
use crate::cache::{
    self, Access, AccessKey, Cached, CachedAccess, CachedKeyAccess, REVALIDATION_STATS, Revision, ValidatedAccess,
};
use crate::caller::Caller;
use crate::error::Result;
use crate::id::OrganizationId;
use crate::permission::RequiredPermission;
use crate::scope::Scope;
use crate::time::Timestamp;

impl Executor {
    /// The caller's access to an organization, from the cache if it is still current, at the cost of at most one
    /// statement. `None` if the caller is not authorized, the session is due to be touched, or the database failed: run
    /// the query itself then.
    pub async fn cached_access(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        required: RequiredPermission,
    ) -> Option<(CachedAccess, QueryStats)> {
        let now = self.now();
        let (cached, revision, stats) = self.current_access(caller, organization, now).await?;
        cached.grant(caller, required, now, revision).map(|access| (access, stats))
    }

    /// Like [`Self::cached_access`], for an API key with this scope.
    pub async fn cached_key_access(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        required: Scope,
    ) -> Option<(CachedKeyAccess, QueryStats)> {
        let now = self.now();
        let (cached, revision, stats) = self.current_access(caller, organization, now).await?;
        let access = cached.grant_to_key(required, now, revision)?;
        if let Some(key) = &caller.api_key {
            self.api_key_requests.mark_known(&key.rate_limit_key(), now);
        }
        Some((access, stats))
    }

    /// The caller's access to an organization, revalidated or loaded.
    async fn current_access(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Option<(Arc<Cached<Access>>, Revision, QueryStats)> {
        let key = AccessKey::new(caller, organization)?;
        let metrics = &self.access_cache.metrics;
        if let Some(cached) = self.access_cache.get(&key) {
            if let Some((revision, stats)) = self.revalidate_cached(&cached, now).await {
                metrics.hits.increment();
                return Some((cached, revision, stats));
            }
            metrics.outdated();
        } else {
            metrics.misses.increment();
        }
        self.metrics.statements.increment();
        let loaded = match &self.db {
            Db::Sqlite(sqlite) => sqlite::load_access(self, sqlite, caller, organization, now).await,
            Db::Postgres(postgres) => postgres::load_access(self, postgres, caller, organization, now).await,
        };
        let Some((loaded, revision)) = loaded else {
            // A revoked key then costs no more statements than an unknown one.
            self.access_cache.invalidate(&key);
            return None;
        };
        let loaded = Arc::new(loaded);
        self.access_cache.insert(key, Arc::clone(&loaded));
        Some((loaded, revision, REVALIDATION_STATS))
    }

    /// Returns what the revalidation cost, at most one statement, if the cached value is still current.
    pub async fn revalidate<T>(&self, cached: &Cached<T>) -> Option<QueryStats> {
        self.revalidate_cached(cached, self.now()).await.map(|(_, stats)| stats)
    }

    async fn revalidate_cached<T>(&self, cached: &Cached<T>, now: Timestamp) -> Option<(Revision, QueryStats)> {
        if !cached.validity.is_current_at(now) {
            return None;
        }
        // Read before the database is queried: a later commit may not be visible to that query.
        let commits = self.db.commits();
        if let Some(revision) = commits.and_then(|commits| cached.validated_at(commits)) {
            return Some((revision, QueryStats::default()));
        }
        let revision = match &self.db {
            Db::Sqlite(sqlite) => sqlite::revalidate(sqlite, &cached.validity).await,
            Db::Postgres(postgres) => postgres::revalidate(self, postgres, &cached.validity).await,
        }?;
        self.metrics.statements.add(REVALIDATION_STATS.statements.into());
        if let Some(commits) = commits {
            cached.record_validation(commits, revision);
        }
        Some((revision, REVALIDATION_STATS))
    }

    /// The caller's access to an organization, from the cache if it is still current, or loaded. `None` unless the
    /// caller is a signed-in member with a role, or an API key that may name the organization; the command then
    /// determines the error.
    pub(super) async fn validate_access(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        now: Timestamp,
        after_commit: &mut AfterCommit,
        tx: &mut Tx<'_>,
    ) -> Result<Option<ValidatedAccess>> {
        let Some(key) = AccessKey::new(caller, organization) else { return Ok(None) };
        let metrics = &self.access_cache.metrics;
        if let Some(cached) = self.access_cache.get(&key) {
            if cached.validity.is_current_at(now)
                && let Some(revision) = cache::revalidate(&cached.validity, tx).await?
            {
                metrics.hits.increment();
                return Ok(Some(ValidatedAccess::new(cached, revision)));
            }
            metrics.outdated();
        } else {
            metrics.misses.increment();
        }
        let loaded = cache::load_access(caller, organization, now, &self.settings, tx).await?;
        Ok(loaded.map(|(access, revision)| {
            let access = Arc::new(access);
            let cached = Arc::clone(&access);
            after_commit.on_end(move |executor| executor.access_cache.insert(key, cached));
            ValidatedAccess::new(access, revision)
        }))
    }
}
