//! Declining an invitation.

use super::accept_context::{InviteeAddress, find_invitee};
use super::{InvitationState, find_by_token, sql};
use crate::error::{Code, Result};
use crate::event::InvitationDeclined;
use crate::execution::{Command, Context};
use crate::notification;
use crate::outbox::MailKind;
use crate::permission::Requirement;
use crate::secret::InvitationToken;

/// Declines an invitation, expired or not. The mailed token needs no account. The bare token requires the invitee to be
/// signed in with the invited address verified.
///
/// # Errors
/// `INVALID_INVITATION_TOKEN`; for the bare token also `INVITATION_REQUIRES_SIGNIN`, `INVITATION_REQUIRES_SIGNUP`,
/// `INVITATION_EMAIL_MISMATCH` and `INVITATION_EMAIL_UNVERIFIED`.
#[derive(Debug)]
pub struct Decline {
    pub token: InvitationToken,
}

impl Command for Decline {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[
        Code::InvalidInvitationToken,
        Code::InvitationRequiresSignin,
        Code::InvitationRequiresSignup,
        Code::InvitationEmailMismatch,
        Code::InvitationEmailUnverified,
    ];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let invitation = find_by_token(cx, &self.token).await?.ok_or(Code::InvalidInvitationToken)?;
        if invitation.state(cx.now) == InvitationState::Closed {
            return Err(Code::InvalidInvitationToken.into());
        }
        if !self.token.is_mailed() {
            let invitee = find_invitee(cx, &invitation, &self.token).await??;
            if invitee.address != InviteeAddress::Verified {
                return Err(Code::InvitationEmailUnverified.into());
            }
        }
        let arguments = (invitation.organization_id, invitation.id, invitation.generation, cx.now);
        if cx.tx.execute(sql::DECLINE, arguments).await? == 0 {
            return Err(Code::InvalidInvitationToken.into());
        }
        let (organization_id, invitation_id) = (invitation.organization_id, invitation.id);
        cx.emit(InvitationDeclined { organization_id, invitation_id });
        let (organization, inviter) = (invitation.organization_id, invitation.inviter_membership_id);
        notification::notify_inviter(cx, organization, inviter, MailKind::InvitationsDeclined).await
    }
}
