//! "Not again from this organization": an invitee wants no more of its mail.

use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::invitation;
use crate::membership;
use crate::outbox::sql;
use crate::permission::Requirement;
use crate::secret::UnsubscribeToken;

/// Keeps further mail of an organization from an invitee. Their invitations stay as they are: an admin sees that no mail
/// goes out, and why, and can hand a link on.
///
/// Error: `INVALID_INVITATION_TOKEN`.
#[derive(Debug)]
pub struct Unsubscribe {
    /// From a mail.
    pub token: UnsubscribeToken,
}

impl Command for Unsubscribe {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidInvitationToken];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        check(cx, &self.token)?;
        let refused = cx.tx.optional(sql::REFUSE, (self.token.invitation(), cx.now)).await?;
        refused.ok_or(Code::InvalidInvitationToken)?;
        Ok(())
    }
}

/// Which organization it is whose mail somebody is about to refuse, by name, and the address that was invited. Error: `INVALID_INVITATION_TOKEN`.
#[derive(Clone, Debug)]
pub struct ShowUnsubscribe {
    /// From a mail.
    pub token: UnsubscribeToken,
}

impl Query for ShowUnsubscribe {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidInvitationToken];
    type Out = (String, String);

    async fn run(&self, cx: &mut Context<'_>) -> Result<(String, String)> {
        check(cx, &self.token)?;
        let found = cx.tx.optional(invitation::sql::BY_TOKEN, (self.token.invitation(),)).await?;
        let invitation = found.ok_or(Code::InvalidInvitationToken)?;
        let organization = cx.tx.one(membership::sql::ORGANIZATION, (invitation.organization_id,)).await?;
        Ok((organization.name, invitation.email_key))
    }
}

fn check(cx: &Context<'_>, token: &UnsubscribeToken) -> Result<()> {
    let right = cx.executor.keys.unsubscribe(token.invitation());
    if token.is(&right) { Ok(()) } else { Err(Code::InvalidInvitationToken.into()) }
}
