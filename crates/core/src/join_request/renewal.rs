//! Asking for a new invitation in place of one that cannot be accepted.

use std::sync::Arc;
use std::time::Duration;

use super::create::{Requester, insert};
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Reply};
use crate::invitation::{self, Replacement};
use crate::permission::Requirement;
use crate::rate_limit;
use crate::secret::InvitationToken;

/// How long nobody can ask by the same invitation again after a request was denied.
pub(super) const WAIT_AFTER_DENIAL: Duration = Duration::from_hours(7 * 24);

/// What the request of an invitee has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenewalOutcome {
    /// A member has to approve it.
    Requested,
    /// A newer invitation to the same address is mailed again.
    Resent,
}

impl RenewalOutcome {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Resent => "resent",
        }
    }
}

/// Asks for a new invitation in place of one that has expired, is suspended, or was revoked or declined. If the address
/// has been invited again since, that invitation is mailed again instead. The bare token is enough: it proves nothing,
/// but the new invitation is mailed to the invited address. With `subscribe`, the organization's mail reaches an invitee
/// who has unsubscribed again.
///
/// # Errors
/// [`REQUEST_RENEWAL_ERRORS`].
pub async fn request_renewal(
    executor: &Arc<Executor>,
    caller: &Caller,
    token: InvitationToken,
    subscribe: bool,
) -> Reply<RenewalOutcome> {
    // In a transaction of its own, so that a refused attempt is counted as well.
    let recorded = executor.run(caller, rate_limit::RecordSignUp).await;
    if recorded.result.is_err() {
        return recorded.map(|()| RenewalOutcome::Requested);
    }
    executor.run(caller, RequestRenewal { token, subscribe }).await
}

/// The codes of [`request_renewal`]: `TOO_MANY_REQUESTS`, also for a week after a request was denied;
/// `INVALID_INVITATION_TOKEN`, also if it was accepted; `INVITATION_NOT_EXPIRED` if it can be accepted;
/// `ALREADY_MEMBER`; `INVITATION_EMAIL_UNVERIFIED` if `subscribe` needs a proof of the mailbox; `INVITEE_UNSUBSCRIBED` if
/// the newer invitation could be mailed otherwise; `JOIN_REQUEST_LIMIT`.
pub const REQUEST_RENEWAL_ERRORS: &[Code] = &[
    Code::TooManyRequests,
    Code::InvalidInvitationToken,
    Code::InvitationNotExpired,
    Code::AlreadyMember,
    Code::InvitationEmailUnverified,
    Code::InviteeUnsubscribed,
    Code::JoinRequestLimit,
];

#[derive(Debug)]
struct RequestRenewal {
    token: InvitationToken,
    subscribe: bool,
}

impl Command for RequestRenewal {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = REQUEST_RENEWAL_ERRORS;
    type Out = RenewalOutcome;

    async fn run(&self, cx: &mut Context<'_>) -> Result<RenewalOutcome> {
        let invitation = invitation::find_by_token(cx, &self.token).await?.ok_or(Code::InvalidInvitationToken)?;
        let replacement = invitation::find_replacement(cx, &invitation).await?;
        let is_possible = matches!(replacement, Replacement::Request(_) | Replacement::Resend(_));
        let reveals_member = is_possible && invitation::may_reveal_account(cx, &self.token);
        if reveals_member && invitation::is_for_member(cx, &invitation).await? {
            return Err(Code::AlreadyMember.into());
        }
        if is_possible && self.subscribe {
            invitation::subscribe(cx, &invitation, &self.token).await?;
        }
        match replacement {
            Replacement::NotNeeded => Err(Code::InvitationNotExpired.into()),
            Replacement::Impossible => Err(Code::InvalidInvitationToken.into()),
            Replacement::Resend(newer) => {
                invitation::mail_again(cx, &newer).await?;
                Ok(RenewalOutcome::Resent)
            }
            Replacement::Request(id) => {
                let requester = Requester::Invitee { invitation: id, no_denial_since: cx.now.minus(WAIT_AFTER_DENIAL) };
                insert(cx, invitation.organization_id, &invitation.email_key, requester).await?;
                Ok(RenewalOutcome::Requested)
            }
        }
    }
}
