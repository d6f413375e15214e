//! The invitations that the caller has received, over all organizations.

use super::sql::views::{self, OwnInvitationRow};
use crate::assurance::MfaRequirement;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::permission::Requirement;
use crate::secret::InvitationToken;

/// Lists the pending invitations for the caller's verified addresses, newest first, up to 500. An unverified address is
/// left out: it may belong to another person.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ListOwn;

/// An invitation as the invitee sees it.
#[derive(Debug)]
pub struct OwnInvitation {
    pub row: OwnInvitationRow,
    /// The bare token. It is enough for this user to accept or decline, because the address is verified.
    pub token: InvitationToken,
    /// Whether it had expired at the time of the request.
    pub expired: bool,
    /// What the organization and the workspace of the invitation require of sign-ins now or first.
    pub mfa: MfaRequirement,
}

impl Query for ListOwn {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<OwnInvitation>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<OwnInvitation>> {
        let user = cx.user()?;
        let rows = cx.tx.all(views::LIST_OWN, (user,)).await?;
        let invitations = rows.into_iter().map(|row| OwnInvitation {
            token: cx.executor.keys.invitation_token(row.id, row.generation),
            expired: row.expires_at <= cx.now,
            mfa: row.mfa(cx.now),
            row,
        });
        Ok(invitations.collect())
    }
}
