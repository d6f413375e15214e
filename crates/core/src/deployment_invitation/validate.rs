//! Validating a token before its holder signs up. It changes nothing and proves nothing.

use super::{DeploymentInvitation, find_by_token};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::permission::Requirement;
use crate::secret::DeploymentInvitationToken;

/// Shows the invitation of a token. An invalid token is not an error, but a [`Validation::Invalid`].
#[derive(Debug)]
pub struct Validate {
    pub token: DeploymentInvitationToken,
}

#[derive(Debug)]
pub enum Validation {
    Valid(DeploymentInvitation),
    /// `INVALID_INVITATION_TOKEN` or `INVITATION_EXPIRED`.
    Invalid(Code),
}

impl Query for Validate {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = Validation;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Validation> {
        Ok(match find_by_token(cx, &self.token).await? {
            None => Validation::Invalid(Code::InvalidInvitationToken),
            Some(found) if found.expires_at <= cx.now => Validation::Invalid(Code::InvitationExpired),
            Some(found) => Validation::Valid(found),
        })
    }
}
