//! The settings of webhooks.

use std::time::Duration;

/// Settings of webhooks.
#[derive(Clone, Copy, Debug)]
pub struct Webhooks {
    /// How long finished deliveries are kept, from 1 to [`Self::MAX_RETENTION_DAYS`].
    pub retention_days: u16,
}

impl Webhooks {
    pub const MAX_RETENTION_DAYS: u16 = 90;

    /// How long finished deliveries are kept, since their event.
    pub fn retention(self) -> Duration {
        Duration::from_hours(24 * u64::from(self.retention_days))
    }
}

impl Default for Webhooks {
    fn default() -> Self {
        Self { retention_days: 30 }
    }
}
