//! Taking an invitation back before it is used.

use super::sql;
use crate::access::{self, Need};
use crate::context::{Command, Context};
use crate::db::Purpose;
use crate::error::{Code, Result};
use crate::id::{InvitationId, OrganizationId};
use crate::revision;
use crate::settings::Settings;

/// Discards a pending invitation; its links are dead when this returns.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage members; `INVITATION_NOT_FOUND` when this
/// organization has no such invitation; `INVITATION_NOT_PENDING` when it was accepted, declined or discarded before.
#[derive(Debug)]
pub struct Discard {
    /// Of which organization.
    pub organization: OrganizationId,
    /// Which one.
    pub invitation: InvitationId,
}

impl Command for Discard {
    type Out = ();

    // The one statement that writes asks for the state it ends.
    fn purpose(&self, _: &Settings) -> Purpose {
        Purpose::Alone
    }

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, Need::ManageMembers).await?;
        let discarded = (grant.organization(), self.invitation, cx.now);
        if revision::change_alone(cx, sql::DISCARD, discarded, Vec::new()).await? {
            return Ok(());
        }
        // No row changed: there is none here, or somebody was faster. Only now is it worth a look to say which.
        Err(match cx.tx.optional(sql::FIND, (grant.organization(), self.invitation)).await? {
            None => Code::InvitationNotFound.into(),
            Some(_) => Code::InvitationNotPending.into(),
        })
    }
}
