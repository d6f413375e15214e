//! Looking at an invitation one holds in hand, before deciding anything. It changes nothing and proves nothing.

use super::sql::{self, InHand};
use super::{InvitationState, by_token};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::permission::Requirement;
use crate::secret::InvitationToken;

/// Tells whoever holds a token what it is for (contract B.4).
#[derive(Debug)]
pub struct Validate {
    /// What they hold in hand; `None` for something that is no token at all.
    pub token: Option<InvitationToken>,
}

/// What the token is for.
#[derive(Debug)]
pub enum Validation {
    /// An open invitation, with the organization's name.
    Valid(Box<InHand>, String),
    /// Nothing one could accept: `INVALID_INVITATION_TOKEN` or `INVITATION_EXPIRED`.
    Invalid(Code),
}

impl Query for Validate {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidInvitationToken, Code::InvitationExpired];
    type Out = Validation;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Validation> {
        let invitation = match &self.token {
            Some(token) => by_token(cx, token).await?,
            None => None,
        };
        let Some(invitation) = invitation else {
            return Ok(Validation::Invalid(Code::InvalidInvitationToken));
        };
        match invitation.state(cx.now) {
            InvitationState::Over => Ok(Validation::Invalid(Code::InvalidInvitationToken)),
            InvitationState::Expired => Ok(Validation::Invalid(Code::InvitationExpired)),
            InvitationState::Open => {
                let in_hand = cx.tx.one(sql::IN_HAND, (invitation.organization_id, invitation.id)).await?;
                let organization =
                    cx.tx.one(crate::membership::sql::ORGANIZATION, (invitation.organization_id,)).await?;
                Ok(Validation::Valid(Box::new(in_hand), organization.name))
            }
        }
    }
}
