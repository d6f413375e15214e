//! The audit log.

use std::path::PathBuf;
use std::time::Duration;

/// Settings of the audit log.
#[derive(Clone, Debug)]
pub struct AuditLog {
    /// How often the ends of the chains are signed.
    pub checkpoint_interval: Duration,
    /// A file elsewhere to which checkpoints are appended.
    pub checkpoint_file: Option<PathBuf>,
    /// After this time, entries are deleted. `None`: never.
    pub retention: Option<Duration>,
}

impl Default for AuditLog {
    fn default() -> Self {
        Self { checkpoint_interval: Duration::from_hours(1), checkpoint_file: None, retention: None }
    }
}
