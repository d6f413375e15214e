//! What one is invited to, over all organizations.

use super::sql::{self, Received};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::permission::Requirement;
use crate::secret::InvitationToken;

/// Shows the pending invitations for the addresses that the caller has proved, the newest first, 500 at the most. An
/// address that is only claimed shows nothing: its owner may be somebody else.
///
/// Error: `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ListOwn;

/// An invitation as its invitee sees it.
#[derive(Debug)]
pub struct OwnInvitation {
    /// Everything that stands in one row.
    pub received: Received,
    /// What to accept or decline it with; it works for this user because the address is proved.
    pub token: InvitationToken,
    /// Whether it had run out when it was looked up.
    pub expired: bool,
}

impl Query for ListOwn {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<OwnInvitation>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<OwnInvitation>> {
        let user = cx.user()?;
        let received = cx.tx.all(sql::RECEIVED, (user,)).await?;
        let own = received.into_iter().map(|received| OwnInvitation {
            token: cx.executor.keys.invitation_token(received.id, received.generation),
            expired: received.expires_at <= cx.now,
            received,
        });
        Ok(own.collect())
    }
}
