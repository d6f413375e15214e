//! Validating an invitation token before the invitee decides. It changes nothing and proves nothing.

use super::sql::views::{self, PreviewRow};
use super::{InvitationState, find_by_token};
use crate::assurance::MfaRequirement;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::membership;
use crate::permission::Requirement;
use crate::secret::InvitationToken;

/// Shows the invitation of a token. An invalid token is not an error, but a [`Validation::Invalid`].
#[derive(Debug)]
pub struct Validate {
    /// `None` for a text that cannot be parsed as a token.
    pub token: Option<InvitationToken>,
}

#[derive(Debug)]
pub enum Validation {
    /// An open invitation, with the organization's name, and what it and the workspace require of sign-ins.
    Valid(Box<PreviewRow>, String, MfaRequirement),
    /// `INVALID_INVITATION_TOKEN` or `INVITATION_EXPIRED`.
    Invalid(Code),
}

impl Query for Validate {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = Validation;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Validation> {
        let invitation = match &self.token {
            Some(token) => find_by_token(cx, token).await?,
            None => None,
        };
        let Some(invitation) = invitation else {
            return Ok(Validation::Invalid(Code::InvalidInvitationToken));
        };
        match invitation.state(cx.now) {
            InvitationState::Closed => Ok(Validation::Invalid(Code::InvalidInvitationToken)),
            InvitationState::Expired => Ok(Validation::Invalid(Code::InvitationExpired)),
            InvitationState::Open => {
                let row = cx.tx.one(views::PREVIEW, (invitation.organization_id, invitation.id)).await?;
                let organization = cx.tx.one(membership::sql::ORGANIZATION, (invitation.organization_id,)).await?;
                let mfa = row.mfa(&organization, cx.now);
                Ok(Validation::Valid(Box::new(row), organization.name, mfa))
            }
        }
    }
}
