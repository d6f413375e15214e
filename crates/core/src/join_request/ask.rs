//! Asking to come in.

use super::sql;
use std::sync::Arc;

use crate::error::{Code, Result};
use crate::execution::Executor;
use crate::execution::{Caller, Command, Context, Reply};
use crate::id::{JoinRequestId, OrganizationId, UserId};
use crate::invitation::{self, InvitationState};
use crate::permission::Requirement;
use crate::rate_limit;
use crate::secret::InvitationToken;
use crate::user;

/// Notes that somebody asks by their domain; one that is open already stays as it is.
pub(crate) async fn ask(cx: &mut Context<'_>, organization: OrganizationId, user: UserId, email: &str) -> Result<()> {
    let id: JoinRequestId = cx.id();
    cx.tx.execute(sql::INSERT, (organization, id, email, Some(user), None, cx.now)).await?;
    Ok(())
}

/// Asks for a new invitation in the place of one that ran out. Whoever holds the old one may; what they hold proves
/// nothing and consumes nothing: the new one goes to the invited address, by mail.
///
/// Errors: `INVALID_INVITATION_TOKEN`; `INVITATION_NOT_EXPIRED`; `TOO_MANY_REQUESTS`.
pub async fn renew(executor: &Arc<Executor>, caller: &Caller, token: InvitationToken) -> Reply<()> {
    // In a transaction of its own: an attempt that is refused was made all the same.
    let counted = executor.run(caller, rate_limit::RecordSignUp).await;
    match counted.result {
        Ok(()) => executor.run(caller, Renew { token }).await,
        Err(_) => counted,
    }
}

#[derive(Debug)]
struct Renew {
    token: InvitationToken,
}

impl Command for Renew {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvitationNotExpired, Code::InvalidInvitationToken];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let invitation = invitation::by_token(cx, &self.token).await?.ok_or(Code::InvalidInvitationToken)?;
        match invitation.state(cx.now) {
            InvitationState::Expired => {}
            InvitationState::Open => return Err(Code::InvitationNotExpired.into()),
            InvitationState::Over => return Err(Code::InvalidInvitationToken.into()),
        }
        let id: JoinRequestId = cx.id();
        let asked = (invitation.organization_id, id, invitation.email_key.as_str(), None, Some(invitation.id), cx.now);
        cx.tx.execute(sql::INSERT, asked).await?;
        Ok(())
    }
}

/// Asks an organization to invite the caller by the address they have proved, rather than by the one that was invited. It
/// consumes nothing.
///
/// Errors: `UNAUTHORIZED`; `INVALID_INVITATION_TOKEN`, also for a token that was not mailed; `EMAIL_NOT_VERIFIED` when the
/// caller has proved no address.
#[derive(Debug)]
pub struct AskForMine {
    /// From the mail.
    pub token: InvitationToken,
}

impl Command for AskForMine {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::InvalidInvitationToken, Code::EmailNotVerified];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = cx.user()?;
        let invitation = invitation::by_token(cx, &self.token).await?;
        let is_pending = |found: &invitation::Invitation| found.state(cx.now) != InvitationState::Over;
        let invitation = invitation.filter(|found| self.token.is_mailed() && is_pending(found));
        let invitation = invitation.ok_or(Code::InvalidInvitationToken)?;
        let addresses = cx.tx.all(user::sql::ADDRESSES, (user,)).await?;
        let proved = addresses.iter().filter(|one| one.verified_at.is_some()).max_by_key(|one| one.is_primary);
        let email = proved.ok_or(Code::EmailNotVerified)?.email.as_str();
        let id: JoinRequestId = cx.id();
        let asked = (invitation.organization_id, id, email, Some(user), Some(invitation.id), cx.now);
        cx.tx.execute(sql::INSERT, asked).await?;
        Ok(())
    }
}
