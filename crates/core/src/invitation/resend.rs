//! Resending an invitation.

use super::create::{expires_at, initial_delivery, new_generation};
use super::details::InvitationDetails;
use super::references::{ReferencedIds, References};
use super::{InvitationState, authority, seats, sql};
use crate::access;
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context};
use crate::id::{InvitationId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};
use crate::{outbox, rate_limit};

/// Gives a pending invitation, expired or not, a new token and a new expiry, and mails it again. Older links stop
/// working when this commits. The caller becomes the inviter of an invitation that is suspended or whose inviter has
/// left.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`; `INVITATION_NOT_FOUND`; `ROLE_NOT_FOUND` and
/// `WORKSPACE_NOT_FOUND` if one was removed; `ROLE_EXCEEDS_YOURS`; `PERMISSION_ARCHIVED`; `ORGANIZATION_FULL` if it had
/// expired and no seat is free; `INVITATION_NOT_PENDING`; `TOO_MANY_REQUESTS`.
#[derive(Debug)]
pub struct Resend {
    pub organization: OrganizationId,
    pub invitation: InvitationId,
    /// Days until it expires, 1 to [`MAX_EXPIRY_DAYS`](super::MAX_EXPIRY_DAYS); `None` for the setting.
    pub expiry_days: Option<u16>,
}

impl Command for Resend {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[
        Code::InvitationNotFound,
        Code::RoleNotFound,
        Code::WorkspaceNotFound,
        Code::RoleExceedsYours,
        Code::PermissionArchived,
        Code::OrganizationFull,
        Code::InvitationNotPending,
        Code::TooManyRequests,
    ];
    type Out = InvitationDetails;

    async fn run(&self, cx: &mut Context<'_>) -> Result<InvitationDetails> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let invitation = cx.tx.optional(sql::FIND, (grant.organization(), self.invitation)).await?;
        let invitation = invitation.ok_or(Code::InvitationNotFound)?;
        let workspace = match (invitation.workspace_id, invitation.workspace_role_id) {
            (Some(workspace), Some(role)) => Some((workspace, role)),
            (None, None) => None,
            _ => return Err(Problem::internal("an invitation into a workspace has a role there")),
        };
        let roles = authority::resolve_roles(cx, &grant, invitation.role_id, workspace).await?;
        authority::check_caller_may_grant(cx, &grant, &roles).await?;
        if invitation.state(cx.now) == InvitationState::Expired {
            // An expired invitation occupies no seat; the resent one does.
            seats::check_free_seat(cx, &grant, &invitation.email_key).await?;
        }
        rate_limit::take_invitations(cx, &grant, &[&invitation.email_key]).await?;
        let inviter = match invitation.inviter_membership_id {
            Some(inviter) if authority::load_suspension(cx, &invitation).await?.is_none() => inviter,
            _ => grant.membership(),
        };
        let arguments = sql::ResendInvitation {
            organization: grant.organization(),
            id: self.invitation,
            generation: new_generation(cx),
            inviter,
            delivery: initial_delivery(cx),
            expires_at: expires_at(cx, self.expiry_days),
            now: cx.now,
        };
        let row = cx.tx.optional(sql::RESEND, arguments).await?.ok_or(Code::InvitationNotPending)?;
        outbox::enqueue_invitations(cx, &[row.mail()]).await?;
        let references = References::for_invitation(cx, &grant, ReferencedIds::from_row(&row)).await?;
        InvitationDetails::from_row(cx, row, &references)
    }
}
