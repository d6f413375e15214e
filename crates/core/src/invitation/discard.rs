//! Taking an invitation back before it is used.

use super::sql;
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::{InvitationId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};
use crate::settings::Settings;
use vestibule_db::TransactionMode;

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
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[Code::InvitationNotFound, Code::InvitationNotPending];
    type Out = ();

    // The one statement that writes asks for the state it ends.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::SingleStatement
    }

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let discarded = (grant.organization(), self.invitation, cx.now);
        if cx.execute_composite(sql::DISCARD, discarded, Vec::new()).await? {
            return Ok(());
        }
        // No row changed: there is none here, or somebody was faster. Only now is it worth a look to say which.
        Err(match cx.tx.optional(sql::FIND, (grant.organization(), self.invitation)).await? {
            None => Code::InvitationNotFound.into(),
            Some(_) => Code::InvitationNotPending.into(),
        })
    }
}
