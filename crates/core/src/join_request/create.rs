//! Creating a join request. An address has at most one pending request in an organization; further ones change nothing.

use std::sync::Arc;

use super::sql;
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Reply};
use crate::id::{JoinRequestId, OrganizationId, UserId};
use crate::invitation::{self, InvitationState};
use crate::permission::Requirement;
use crate::secret::InvitationToken;
use crate::{rate_limit, user};

/// Creates a request of a user who has verified an address of one of the organization's domains.
pub(crate) async fn create(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    user: UserId,
    email: &str,
) -> Result<()> {
    let id: JoinRequestId = cx.id();
    cx.tx.execute(sql::INSERT, (organization, id, email, Some(user), None, cx.now)).await?;
    Ok(())
}

/// Asks for a new invitation in place of an expired one. The bare token is enough: it proves nothing, but the new
/// invitation is mailed to the invited address.
///
/// # Errors
/// [`REQUEST_RENEWAL_ERRORS`].
pub async fn request_renewal(executor: &Arc<Executor>, caller: &Caller, token: InvitationToken) -> Reply<()> {
    // In a transaction of its own, so that a refused attempt is counted as well.
    let recorded = executor.run(caller, rate_limit::RecordSignUp).await;
    match recorded.result {
        Ok(()) => executor.run(caller, RequestRenewal { token }).await,
        Err(_) => recorded,
    }
}

/// The codes of [`request_renewal`].
pub const REQUEST_RENEWAL_ERRORS: &[Code] =
    &[Code::TooManyRequests, Code::InvalidInvitationToken, Code::InvitationNotExpired];

#[derive(Debug)]
struct RequestRenewal {
    token: InvitationToken,
}

impl Command for RequestRenewal {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidInvitationToken, Code::InvitationNotExpired];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let invitation = invitation::find_by_token(cx, &self.token).await?.ok_or(Code::InvalidInvitationToken)?;
        match invitation.state(cx.now) {
            InvitationState::Expired => {}
            InvitationState::Open => return Err(Code::InvitationNotExpired.into()),
            InvitationState::Closed => return Err(Code::InvalidInvitationToken.into()),
        }
        let id: JoinRequestId = cx.id();
        let email = invitation.email_key.as_str();
        cx.tx.execute(sql::INSERT, (invitation.organization_id, id, email, None, Some(invitation.id), cx.now)).await?;
        Ok(())
    }
}

/// Asks an organization to invite the caller by their own verified address instead of the invited one. The invitation
/// is not changed.
///
/// # Errors
/// `UNAUTHORIZED`; `INVALID_INVITATION_TOKEN`, also for the bare token; `EMAIL_NOT_VERIFIED` if the caller has no
/// verified address.
#[derive(Debug)]
pub struct RequestAddressChange {
    pub token: InvitationToken,
}

impl Command for RequestAddressChange {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::InvalidInvitationToken, Code::EmailNotVerified];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = cx.user()?;
        let invitation = invitation::find_by_token(cx, &self.token).await?;
        let invitation = invitation
            .filter(|invitation| self.token.is_mailed() && invitation.state(cx.now) != InvitationState::Closed);
        let invitation = invitation.ok_or(Code::InvalidInvitationToken)?;
        let verified = cx.tx.all(user::sql::VERIFIED_ADDRESSES, (user,)).await?;
        let preferred = verified.iter().max_by_key(|address| address.is_primary).ok_or(Code::EmailNotVerified)?;
        let id: JoinRequestId = cx.id();
        let email = preferred.email.as_str();
        let arguments = (invitation.organization_id, id, email, Some(user), Some(invitation.id), cx.now);
        cx.tx.execute(sql::INSERT, arguments).await?;
        Ok(())
    }
}
