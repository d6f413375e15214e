//! Creating a join request. An address has at most one pending request in an organization; further ones change nothing.

use super::sql;
use crate::error::{Code, Problem, Result};
use crate::event::JoinRequestCreated;
use crate::execution::{Command, Context};
use crate::id::{InvitationId, OrganizationId, UserId};
use crate::invitation::{self, InvitationState};
use crate::metrics::RateLimit;
use crate::permission::Requirement;
use crate::secret::InvitationToken;
use crate::time::Timestamp;
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
    insert(cx, organization, email, Requester::User { user, invitation: None }).await
}

/// The person who makes a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Requester {
    /// By a verified domain, or in place of an invitation to another address.
    User { user: UserId, invitation: Option<InvitationId> },
    /// The holder of the link, whose requests were not denied since a time.
    Invitee { invitation: InvitationId, no_denial_since: Timestamp },
}

pub(super) async fn insert(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    email_key: &str,
    requester: Requester,
) -> Result<()> {
    let (id, now) = (cx.id(), cx.now);
    let (user, invitation, denied_since) = match requester {
        Requester::User { user, invitation } => (Some(user), invitation, Timestamp::LATEST),
        Requester::Invitee { invitation, no_denial_since } => (None, Some(invitation), no_denial_since),
    };
    let max = MAX_PENDING;
    let request = sql::NewJoinRequest { organization, id, email_key, user, invitation, now, max, denied_since };
    if cx.tx.execute(sql::INSERT, request).await? > 0 {
        cx.emit(JoinRequestCreated {
            organization_id: organization,
            join_request_id: id,
            user_id: user,
            invitation_id: invitation,
        });
        return notification::notify_managers(cx, organization).await;
    }
    if cx.tx.optional(sql::FIND_PENDING, (organization, email_key)).await?.is_some() {
        return Ok(());
    }
    if let Requester::Invitee { invitation, no_denial_since } = requester
        && let Some((denied_at,)) =
            cx.tx.optional(sql::LAST_DENIAL, (organization, invitation, no_denial_since)).await?
    {
        cx.count_refusal(RateLimit::JoinRequest);
        return Err(Problem::too_many_requests(denied_at.since(no_denial_since)));
    }
    Err(Code::JoinRequestLimit.into())
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
    const ALLOWS_IMPERSONATOR: bool = false;
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
        let requester = Requester::User { user, invitation: Some(invitation.id) };
        insert(cx, invitation.organization_id, &preferred.email, requester).await
    }
}
