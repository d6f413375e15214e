//! Second factors.

use std::time::Duration;

/// Settings of second factors.
#[derive(Clone, Copy, Debug, Default)]
pub struct SecondFactorSettings {
    /// How long a reset by an operator or a backend waits, so that the user can object; 0 to reset at once. API keys
    /// cannot remove, replace or switch off the second factors of a user in another way then.
    pub reset_delay: Duration,
}
