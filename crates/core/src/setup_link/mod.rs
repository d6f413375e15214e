//! Setup links: an admin lets the organization's IT department set up single sign-on or domains, without an account.
//!
//! A link carries the authority of the admin who made it, for the operations of its purposes and no others, and ends with
//! that authority. Only the digest of its token is stored. Links that have ended stay listed for a while.

mod create;
mod list;
mod open;
mod revoke;
pub(crate) mod sql;

use std::time::Duration;

use crate::time::Timestamp;

pub use crate::caller::CurrentSetupLink;
pub use crate::setup_purpose::{SetupPurpose, SetupPurposes};
pub use create::{Create, NewSetupLink};
pub use list::List;
pub use open::{Open, Show};
pub use revoke::Revoke;
pub use sql::SetupLink;

/// The links of an organization that can be opened at a time.
pub const MAX_LINKS: i64 = 20;
pub const MIN_LIFETIME: Duration = Duration::from_hours(1);
pub const MAX_LIFETIME: Duration = Duration::from_hours(24 * 30);
pub const DEFAULT_LIFETIME: Duration = Duration::from_hours(24 * 7);
/// How long a link stays listed after it has expired.
pub(crate) const RETENTION: Duration = Duration::from_hours(24 * 90);

/// Whether a link can be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupLinkState {
    Active,
    /// Its creator is no longer an admin, or is disabled. It is active again once they are.
    Suspended,
    Expired,
    Revoked,
}

vestibule_db::text_enum!(
    SetupLinkState: Active = "active",
    Suspended = "suspended",
    Expired = "expired",
    Revoked = "revoked",
);

impl SetupLink {
    pub fn state(&self, now: Timestamp) -> SetupLinkState {
        if self.revoked_at.is_some() {
            SetupLinkState::Revoked
        } else if self.expires_at <= now {
            SetupLinkState::Expired
        } else if self.is_creator_admin {
            SetupLinkState::Active
        } else {
            SetupLinkState::Suspended
        }
    }
}
