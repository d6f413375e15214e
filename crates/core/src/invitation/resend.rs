//! Resending an invitation.

use super::create::{expires_at, initial_delivery, new_generation};
use super::details::InvitationDetails;
use super::references::{ReferencedIds, References};
use super::{Delivery, Invitation, InvitationState, authority, seats, sql};
use crate::access;
use crate::error::{Code, Problem, Result};
use crate::event::{InvitationResent, Personal};
use crate::execution::{Command, Context};
use crate::id::{InvitationId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};
use crate::{outbox, rate_limit};

/// Why the mail of an invitation is not sent.
pub(crate) const UNSUBSCRIBED: &str = "the invitee has unsubscribed from this organization's mail";

/// Gives a pending invitation, expired or not, a new token and a new expiry, and mails it again. Older links stop
/// working when this commits. The caller becomes the inviter of an invitation that is suspended or whose inviter has
/// left.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`; `INVITATION_NOT_FOUND`; `ROLE_NOT_FOUND` and
/// `WORKSPACE_NOT_FOUND` if one was removed; `ROLE_EXCEEDS_YOURS`; `PERMISSION_ARCHIVED`; `ORGANIZATION_FULL` if it had
/// expired and no seat is free; `INVITATION_NOT_PENDING`; `TOO_MANY_REQUESTS`; `INVITEE_UNSUBSCRIBED` and
/// `ADDRESS_BOUNCED` if its link works and the mail with a new one would not arrive. Nothing changes then, and the link
/// can be passed on. An invitation without a working link is renewed, without a mail if the invitee has unsubscribed.
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
        Code::InviteeUnsubscribed,
        Code::AddressBounced,
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
        let state = invitation.state(cx.now);
        let is_suspended = authority::load_suspension(cx, &invitation).await?.is_some();
        let is_mailed = check_mail(cx, &invitation, state == InvitationState::Open && !is_suspended).await?;
        if state == InvitationState::Expired {
            // An expired invitation occupies no seat; the resent one does.
            seats::check_free_seat(cx, &grant, &invitation.email_key).await?;
        }
        rate_limit::take_invitations(cx, &grant, &[&invitation.email_key]).await?;
        let arguments = sql::ResendInvitation {
            organization: grant.organization(),
            id: self.invitation,
            generation: new_generation(cx),
            inviter: invitation.inviter_membership_id.filter(|_| !is_suspended).or(grant.membership()),
            api_key: cx.api_key.as_ref().map(|key| key.id),
            delivery: if is_mailed { initial_delivery(cx) } else { Delivery::NotSent },
            delivery_reason: if is_mailed { "" } else { UNSUBSCRIBED },
            expires_at: expires_at(cx, self.expiry_days),
            now: cx.now,
        };
        let row = cx.tx.optional(sql::RESEND, arguments).await?.ok_or(Code::InvitationNotPending)?;
        cx.emit(InvitationResent {
            organization_id: row.organization_id,
            invitation_id: row.id,
            expires_at: row.expires_at,
            email: Personal(row.email_key.clone()),
        });
        if is_mailed {
            outbox::enqueue_invitations(cx, &[row.mail()]).await?;
        }
        let references = References::for_invitation(cx, &grant, ReferencedIds::from_row(&row)).await?;
        InvitationDetails::from_row(cx, row, &references)
    }
}

/// Returns whether to mail the new link. A resend replaces the link: if the invitee has one that works and would not
/// get the mail with the new one, they would be left without any.
async fn check_mail(cx: &mut Context<'_>, invitation: &Invitation, has_working_link: bool) -> Result<bool> {
    if cx.executor.mail_transport.is_none() {
        return Ok(true);
    }
    let found = cx.tx.one(sql::DELIVERABILITY, (invitation.organization_id, invitation.id)).await?;
    match found.delivery {
        _ if found.is_unsubscribed && has_working_link => Err(Code::InviteeUnsubscribed.into()),
        Delivery::Bounced if has_working_link => Err(Code::AddressBounced.into()),
        _ => Ok(!found.is_unsubscribed),
    }
}
