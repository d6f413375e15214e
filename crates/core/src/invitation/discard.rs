//! Revoking an invitation.

use vestibule_db::TransactionMode;

use super::sql;
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::{InvitationId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};
use crate::settings::Settings;

/// Discards a pending invitation. Its links stop working when this commits.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`; `INVITATION_NOT_FOUND`; `INVITATION_NOT_PENDING` if it was
/// already accepted, declined or discarded.
#[derive(Debug)]
pub struct Discard {
    pub organization: OrganizationId,
    pub invitation: InvitationId,
}

impl Command for Discard {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[Code::InvitationNotFound, Code::InvitationNotPending];
    type Out = ();

    // The only statement that writes has the status in its condition.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::SingleStatement
    }

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let arguments = (grant.organization(), self.invitation, cx.now);
        if cx.execute_composite(sql::DISCARD, arguments, Vec::new()).await? {
            return Ok(());
        }
        // No row changed: it does not exist here, or another request was faster.
        Err(match cx.tx.optional(sql::FIND, (grant.organization(), self.invitation)).await? {
            None => Code::InvitationNotFound.into(),
            Some(_) => Code::InvitationNotPending.into(),
        })
    }
}
