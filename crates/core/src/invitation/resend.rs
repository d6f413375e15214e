//! Sending an invitation again.

use super::authority;
use super::create::{expires_at, first_delivery, generation};
use super::details::{self, InvitationDetails};
use super::references::{ReferencedIds, References};
use super::{InvitationState, seats, sql};
use crate::access;
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context};
use crate::id::{InvitationId, OrganizationId};
use crate::outbox;
use crate::permission::{RequiredPermission, Requirement};

/// Gives a pending invitation a new token and a new end, and mails it again; every older link is dead when this returns.
/// It revives an expired invitation. One that is suspended, or whose inviter has left, becomes the caller's own.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage members; `INVITATION_NOT_FOUND`;
/// `INVITATION_NOT_PENDING`; `ROLE_EXCEEDS_YOURS` when the caller could not have sent it; `ORGANIZATION_FULL` when it had
/// run out and there is no seat for it.
#[derive(Debug)]
pub struct Resend {
    /// Of which organization.
    pub organization: OrganizationId,
    /// Which one.
    pub invitation: InvitationId,
    /// Days until it expires, 1 to 90; `None` for the setting's.
    pub days: Option<u16>,
}

impl Command for Resend {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] =
        &[Code::InvitationNotFound, Code::InvitationNotPending, Code::RoleExceedsYours, Code::OrganizationFull];
    type Out = InvitationDetails;

    async fn run(&self, cx: &mut Context<'_>) -> Result<InvitationDetails> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let found = cx.tx.optional(sql::FIND, (grant.organization(), self.invitation)).await?;
        let invitation = found.ok_or(Code::InvitationNotFound)?;
        let workspace = match (invitation.workspace_id, invitation.workspace_role_id) {
            (Some(workspace), Some(role)) => Some((workspace, role)),
            (None, None) => None,
            _ => return Err(Problem::internal("an invitation into a workspace has a role there")),
        };
        let granted = authority::granted(cx, &grant, invitation.role_id, workspace).await?;
        authority::check(cx, &grant, &granted).await?;
        if invitation.state(cx.now) == InvitationState::Expired {
            // It held no seat any more, and takes one again.
            seats::refuse_when_full(cx, &grant, &invitation.email_key).await?;
        }
        let inviter = match invitation.inviter_membership_id {
            Some(inviter) if authority::suspended(cx, &invitation).await?.is_none() => inviter,
            _ => grant.membership(),
        };
        let resend = sql::ResendInvitation {
            organization: grant.organization(),
            id: self.invitation,
            generation: generation(cx),
            inviter,
            delivery: first_delivery(cx),
            expires_at: expires_at(cx, self.days),
            now: cx.now,
        };
        let resent = cx.tx.optional(sql::RESEND, resend).await?.ok_or(Code::InvitationNotPending)?;
        outbox::enqueue_invitations(cx, &[resent.mail()]).await?;
        let surroundings = References::of_one(cx, &grant, ReferencedIds::by(&resent)).await?;
        details::one(cx, resent, &surroundings)
    }
}
