//! Creating a join request. An address has at most one pending request in an organization; further ones change nothing.

use std::sync::Arc;

use super::sql;
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Reply};
use crate::id::{InvitationId, OrganizationId, UserId};
use crate::invitation::{self, InvitationState};
use crate::permission::Requirement;
use crate::secret::InvitationToken;
use crate::{notification, rate_limit, user};

/// The maximum number of pending requests of an organization. A list shows all of them.
const MAX_PENDING: i64 = 1000;

/// Creates a request of a user who has verified an address of one of the organization's domains.
///
/// # Errors
/// `TOO_MANY_REQUESTS`; `JOIN_REQUEST_LIMIT`.
pub(crate) async fn create(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    user: UserId,
    email: &str,
) -> Result<()> {
    rate_limit::take_join_request(cx, user).await?;
    insert(cx, organization, email, Some(user), None).await
}

async fn insert(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    email_key: &str,
    user: Option<UserId>,
    invitation: Option<InvitationId>,
) -> Result<()> {
    let (id, now) = (cx.id(), cx.now);
    let request = sql::NewJoinRequest { organization, id, email_key, user, invitation, now, max: MAX_PENDING };
    if cx.tx.execute(sql::INSERT, request).await? > 0 {
        return notification::notify_managers(cx, organization).await;
    }
    let pending = cx.tx.optional(sql::FIND_PENDING, (organization, email_key)).await?;
    pending.map(|_| ()).ok_or_else(|| Code::JoinRequestLimit.into())
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
    &[Code::TooManyRequests, Code::InvalidInvitationToken, Code::InvitationNotExpired, Code::JoinRequestLimit];

#[derive(Debug)]
struct RequestRenewal {
    token: InvitationToken,
}

impl Command for RequestRenewal {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidInvitationToken, Code::InvitationNotExpired, Code::JoinRequestLimit];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let invitation = invitation::find_by_token(cx, &self.token).await?.ok_or(Code::InvalidInvitationToken)?;
        match invitation.state(cx.now) {
            InvitationState::Expired => {}
            InvitationState::Open => return Err(Code::InvitationNotExpired.into()),
            InvitationState::Closed => return Err(Code::InvalidInvitationToken.into()),
        }
        insert(cx, invitation.organization_id, &invitation.email_key, None, Some(invitation.id)).await
    }
}

/// Asks an organization to invite the caller by their own verified address instead of the invited one. The invitation
/// is not changed.
///
/// # Errors
/// `UNAUTHORIZED`; `INVALID_INVITATION_TOKEN`, also for the bare token; `EMAIL_NOT_VERIFIED` if the caller has no
/// verified address; `TOO_MANY_REQUESTS`; `JOIN_REQUEST_LIMIT`.
#[derive(Debug)]
pub struct RequestAddressChange {
    pub token: InvitationToken,
}

impl Command for RequestAddressChange {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::InvalidInvitationToken, Code::EmailNotVerified, Code::TooManyRequests, Code::JoinRequestLimit];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = cx.user()?;
        let invitation = invitation::find_by_token(cx, &self.token).await?;
        let invitation = invitation
            .filter(|invitation| self.token.is_mailed() && invitation.state(cx.now) != InvitationState::Closed);
        let invitation = invitation.ok_or(Code::InvalidInvitationToken)?;
        let verified = cx.tx.all(user::sql::VERIFIED_ADDRESSES, (user,)).await?;
        let preferred = verified.iter().max_by_key(|address| address.is_primary).ok_or(Code::EmailNotVerified)?;
        rate_limit::take_join_request(cx, user).await?;
        insert(cx, invitation.organization_id, &preferred.email, Some(user), Some(invitation.id)).await
    }
}
