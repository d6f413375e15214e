//! "Not again from this organization": an invitee wants no more of its mail.

use super::sql;
use crate::context::{Command, Context, Query};
use crate::error::{Code, Result};
use crate::invitation;
use crate::membership;
use crate::secret::RefusalToken;

/// Keeps further mail of an organization from an invitee. Their invitations stay as they are: an admin sees that no mail
/// goes out, and why, and can hand a link on.
///
/// Error: `INVALID_INVITATION_TOKEN`.
#[derive(Debug)]
pub struct Refuse {
    /// From a mail.
    pub token: RefusalToken,
}

impl Command for Refuse {
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
pub struct ShowRefusal {
    /// From a mail.
    pub token: RefusalToken,
}

impl Query for ShowRefusal {
    type Out = (String, String);

    async fn run(&self, cx: &mut Context<'_>) -> Result<(String, String)> {
        check(cx, &self.token)?;
        let found = cx.tx.optional(invitation::sql::BY_TOKEN, (self.token.invitation(),)).await?;
        let invitation = found.ok_or(Code::InvalidInvitationToken)?;
        let organization = cx.tx.one(membership::sql::ORGANIZATION, (invitation.organization_id,)).await?;
        Ok((organization.name, invitation.email_key))
    }
}

fn check(cx: &Context<'_>, token: &RefusalToken) -> Result<()> {
    let right = cx.service.keys.refusal(token.invitation());
    if token.is(&right) { Ok(()) } else { Err(Code::InvalidInvitationToken.into()) }
}
