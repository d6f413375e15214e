//! What the holder of an invitation should do next, for a page that shows them the one right step. It changes nothing.

use super::accept_context::invitee;
use super::sql::{self, InHand};
use super::{InvitationState, Status, authority, by_token};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::membership;
use crate::permission::Requirement;
use crate::secret::InvitationToken;
use crate::user;

/// Looks at an invitation with the eyes of whoever holds its token. Error: `INVALID_INVITATION_TOKEN`.
#[derive(Debug)]
pub struct Preview {
    /// What they hold in hand.
    pub token: InvitationToken,
}

/// An invitation, and how far its holder is from being in.
#[derive(Debug)]
pub struct InvitationPreview {
    /// The invitation.
    pub in_hand: InHand,
    /// The organization's name.
    pub organization: String,
    /// The first thing in the way, as accepting would put it; `None` when it can be accepted now.
    pub obstacle: Option<Code>,
    /// What became of it, when it is over.
    pub over: Option<Status>,
    /// Whether an account has the invited address.
    pub has_account: bool,
}

impl Query for Preview {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[
        Code::InvalidInvitationToken,
        Code::InvitationExpired,
        Code::InvitationEmailUnverified,
        Code::InvitationSuspended,
    ];
    type Out = InvitationPreview;

    async fn run(&self, cx: &mut Context<'_>) -> Result<InvitationPreview> {
        let invitation = by_token(cx, &self.token).await?.ok_or(Code::InvalidInvitationToken)?;
        let in_hand = cx.tx.one(sql::IN_HAND, (invitation.organization_id, invitation.id)).await?;
        let organization = cx.tx.one(membership::sql::ORGANIZATION, (invitation.organization_id,)).await?.name;
        let owner = cx.tx.optional(user::sql::ADDRESS_OWNER, (&invitation.email_key,)).await?;
        let standing = invitation.state(cx.now);
        let obstacle = match standing {
            InvitationState::Over => Some(Code::InvalidInvitationToken),
            InvitationState::Expired => Some(Code::InvitationExpired),
            InvitationState::Open if authority::suspended(cx, &invitation).await?.is_some() => {
                Some(Code::InvitationSuspended)
            }
            InvitationState::Open => match invitee(cx, &invitation).await? {
                Err(obstacle) => Some(obstacle),
                Ok(invitee) if invitee.owner.verified_at.is_none() && !self.token.is_mailed() => {
                    Some(Code::InvitationEmailUnverified)
                }
                Ok(_) => None,
            },
        };
        let over = (standing == InvitationState::Over).then_some(invitation.status);
        Ok(InvitationPreview { in_hand, organization, obstacle, over, has_account: owner.is_some() })
    }
}
