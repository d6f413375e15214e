//! Unsubscribing an invitee from an organization's mail.

use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::outbox::sql;
use crate::permission::Requirement;
use crate::secret::UnsubscribeToken;
use crate::{invitation, membership};

/// Stops the mail of an organization to an invitee. Their invitations stay valid: an admin sees that no mail is sent,
/// and why, and can pass a link on.
///
/// # Errors
/// `INVALID_INVITATION_TOKEN`.
#[derive(Debug)]
pub struct Unsubscribe {
    pub token: UnsubscribeToken,
}

impl Command for Unsubscribe {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidInvitationToken];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        check_token(cx, &self.token)?;
        let unsubscribed = cx.tx.optional(sql::UNSUBSCRIBE, (self.token.invitation(), cx.now)).await?;
        unsubscribed.ok_or(Code::InvalidInvitationToken)?;
        Ok(())
    }
}

/// Returns the name of the organization and the invited address, for the confirmation page.
///
/// # Errors
/// `INVALID_INVITATION_TOKEN`.
#[derive(Clone, Debug)]
pub struct ShowUnsubscribe {
    pub token: UnsubscribeToken,
}

impl Query for ShowUnsubscribe {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidInvitationToken];
    type Out = (String, String);

    async fn run(&self, cx: &mut Context<'_>) -> Result<(String, String)> {
        check_token(cx, &self.token)?;
        let found = cx.tx.optional(invitation::sql::BY_TOKEN, (self.token.invitation(),)).await?;
        let invitation = found.ok_or(Code::InvalidInvitationToken)?;
        let organization = cx.tx.one(membership::sql::ORGANIZATION, (invitation.organization_id,)).await?;
        Ok((organization.name, invitation.email_key))
    }
}

fn check_token(cx: &Context<'_>, token: &UnsubscribeToken) -> Result<()> {
    let expected = cx.executor.keys.unsubscribe_token(token.invitation());
    if token.matches(&expected) { Ok(()) } else { Err(Code::InvalidInvitationToken.into()) }
}
