//! Revoking an invitation.

use vestibule_db::TransactionMode;

use super::{Invitation, Status, authority, sql};
use crate::access;
use crate::error::{Code, Result};
use crate::event::InvitationRevoked;
use crate::execution::{Command, Context};
use crate::id::{InvitationId, MembershipId, OrganizationId, RoleId, WorkspaceRoleId};
use crate::permission::{RequiredPermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};
use crate::settings::Settings;
use crate::time::Timestamp;

/// Discards a pending invitation. Its links stop working when this commits.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`; `INVITATION_NOT_FOUND`; `INVITATION_NOT_PENDING` if it was
/// already accepted, declined or discarded; `ROLE_EXCEEDS_YOURS` if another member sent it and the caller could not
/// have.
#[derive(Debug)]
pub struct Discard {
    pub organization: OrganizationId,
    pub invitation: InvitationId,
}

impl Command for Discard {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[Code::InvitationNotFound, Code::InvitationNotPending, Code::RoleExceedsYours];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::InvitationsWrite);
    type Out = ();

    // The only statement that writes has the status in its condition, and all that the caller's authority depends on.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::SingleStatement
    }

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let key = (grant.organization(), self.invitation);
        let found = cx.tx.optional(sql::FIND, key).await?.ok_or(Code::InvitationNotFound)?;
        if found.status != Status::Pending {
            return Err(Code::InvitationNotPending.into());
        }
        authority::check_caller_may_discard(cx, &grant, &found).await?;
        let event =
            InvitationRevoked { organization_id: found.organization_id, invitation_id: found.id, is_superseded: None };
        if cx.execute_composite(sql::DISCARD, discard_arguments(&found, cx.now), Vec::new(), event).await? {
            return Ok(());
        }
        // Another request was faster. If the invitation is still pending, it has another role or inviter, and the
        // client retries.
        let current = cx.tx.optional(sql::FIND, key).await?;
        let is_pending = current.is_some_and(|current| current.status == Status::Pending);
        Err(if is_pending { Code::Busy } else { Code::InvitationNotPending }.into())
    }
}

/// The arguments of `DISCARD` and `SUPERSEDE` for an invitation that the caller may discard.
pub(super) fn discard_arguments(
    found: &Invitation,
    now: Timestamp,
) -> (OrganizationId, InvitationId, Timestamp, RoleId, Option<WorkspaceRoleId>, MembershipId) {
    let inviter = found.inviter_membership_id.unwrap_or_else(|| 0.into());
    (found.organization_id, found.id, now, found.role_id, found.workspace_role_id, inviter)
}
