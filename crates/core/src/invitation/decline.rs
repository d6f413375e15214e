//! Saying no.

use super::accept_context::invitee;
use super::{InvitationState, by_token, sql};
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::permission::Requirement;
use crate::secret::InvitationToken;

/// Declines an invitation, expired or not. Whoever reads the invitee's mail may, without an account; with the bare token
/// it takes the invitee themselves, signed in with the address proved. Somebody else's copy of the link declines nothing.
///
/// Errors: `INVALID_INVITATION_TOKEN`; `INVITATION_REQUIRES_SIGNIN`, `INVITATION_REQUIRES_SIGNUP`,
/// `INVITATION_EMAIL_MISMATCH`, `INVITATION_EMAIL_UNVERIFIED` for the bare token.
#[derive(Debug)]
pub struct Decline {
    /// What the invitee holds in hand.
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
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let invitation = by_token(cx, &self.token).await?.ok_or(Code::InvalidInvitationToken)?;
        if invitation.state(cx.now) == InvitationState::Over {
            return Err(Code::InvalidInvitationToken.into());
        }
        if !self.token.is_mailed() {
            let invitee = invitee(cx, &invitation).await??;
            invitee.owner.verified_at.ok_or(Code::InvitationEmailUnverified)?;
        }
        let declined = (invitation.organization_id, invitation.id, invitation.generation, cx.now);
        if cx.tx.execute(sql::DECLINE, declined).await? == 0 {
            return Err(Code::InvalidInvitationToken.into());
        }
        Ok(())
    }
}
