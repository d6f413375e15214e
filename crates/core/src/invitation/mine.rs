//! What one is invited to, over all organizations.

use super::sql::{self, Received};
use crate::context::{Context, Query};
use crate::error::Result;
use crate::secret::InvitationToken;

/// Shows the pending invitations for the addresses that the caller has proved, the newest first, 500 at the most. An
/// address that is only claimed shows nothing: its owner may be somebody else.
///
/// Error: `UNAUTHORIZED`.
#[derive(Debug)]
pub struct Mine;

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

impl Query for Mine {
    type Out = Vec<OwnInvitation>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<OwnInvitation>> {
        let user = cx.user()?;
        let received = cx.tx.all(sql::RECEIVED, (user,)).await?;
        let own = received.into_iter().map(|received| OwnInvitation {
            token: cx.service.keys.invitation_token(received.id, received.generation),
            expired: received.expires_at <= cx.now,
            received,
        });
        Ok(own.collect())
    }
}
