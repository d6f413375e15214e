//! Values that depend on one organization and are valid while its revision is unchanged.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::Revision;
use crate::id::OrganizationId;
use crate::metrics::CacheMetrics;

/// Expected number of entries. A larger one would split the cache into more shards, and a large organization's entry
/// would fit into none of them.
const EXPECTED_ENTRIES: usize = 32;
/// The weight of all entries together, about 8 MB. The least recently used entries are evicted first.
const MAX_WEIGHT: u64 = 16_384;

/// One value per organization. Its type is private to the domain module that uses it.
pub(crate) struct OrganizationCache {
    cache: Cache<OrganizationId, Entry, EntryWeight>,
    pub(crate) metrics: CacheMetrics,
}

#[derive(Clone)]
struct Entry {
    revision: i64,
    weight: u64,
    value: Arc<dyn Any + Send + Sync>,
}

#[derive(Clone)]
struct EntryWeight;

impl Weighter<OrganizationId, Entry> for EntryWeight {
    fn weight(&self, _: &OrganizationId, entry: &Entry) -> u64 {
        // quick_cache never evicts entries of weight 0.
        entry.weight.max(1)
    }
}

impl OrganizationCache {
    /// The size that one unit of weight stands for.
    pub(crate) const BYTES_PER_WEIGHT: usize = 500;

    /// The value of this type that was read at this revision.
    pub(crate) fn get<T: Send + Sync + 'static>(
        &self,
        organization: OrganizationId,
        revision: Revision,
    ) -> Option<Arc<T>> {
        match self.cache.get(&organization) {
            Some(entry) if entry.revision == revision.organization => {
                self.metrics.hits.increment();
                entry.value.downcast().ok()
            }
            Some(_) => {
                self.metrics.outdated();
                None
            }
            None => {
                self.metrics.misses.increment();
                None
            }
        }
    }

    /// Replaces the organization's value with one that was read at this revision and weighs this much.
    pub(crate) fn insert<T: Send + Sync + 'static>(
        &self,
        organization: OrganizationId,
        revision: Revision,
        weight: usize,
        value: Arc<T>,
    ) {
        let entry = Entry { revision: revision.organization, weight: weight as u64, value };
        self.cache.insert(organization, entry);
    }
}

impl Default for OrganizationCache {
    fn default() -> Self {
        let cache = Cache::with_weighter(EXPECTED_ENTRIES, MAX_WEIGHT, EntryWeight);
        Self { cache, metrics: CacheMetrics::default() }
    }
}

impl fmt::Debug for OrganizationCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OrganizationCache").field(&self.cache.len()).finish()
    }
}
