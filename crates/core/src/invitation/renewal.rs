//! What takes the place of an invitation that cannot be accepted: the holder of its link asks for a new one, and a
//! member who manages members approves.

use super::accept_context::{InviteeAddress, find_invitee};
use super::create::Create;
use super::details::InvitationDetails;
use super::resend::Resend;
use super::sql::views;
use super::{Delivery, Invitation, InvitationState, Status, authority, sql};
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::{InvitationId, OrganizationId, WorkspaceId};
use crate::outbox::InvitationMail;
use crate::secret::InvitationToken;
use crate::{membership, outbox, rate_limit, workspace};

/// What the holder of a link can do to get an invitation that works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Nothing: it can be accepted, or was.
    NotNeeded,
    /// Ask the organization for a new one.
    Request,
    /// The address was invited again since. The mail with that invitation can be sent again.
    Resend,
}

/// The invitation that a renewal is about.
#[derive(Debug)]
pub(crate) enum Replacement {
    /// It can be accepted.
    NotNeeded,
    /// It was accepted.
    Impossible,
    /// A new one has to be approved in place of this one: that of the link, or a newer one that has expired or is
    /// suspended.
    Request(InvitationId),
    /// A newer one to the same address works.
    Resend(Invitation),
}

impl Replacement {
    pub(super) const fn renewal(&self) -> Renewal {
        match self {
            Self::NotNeeded | Self::Impossible => Renewal::NotNeeded,
            Self::Request(_) => Renewal::Request,
            Self::Resend(_) => Renewal::Resend,
        }
    }
}

/// Finds what takes the place of an invitation. A revoked one, and one that the invitee has declined, can be asked for
/// as well: a person decides about it again.
pub(crate) async fn find_replacement(cx: &mut Context<'_>, invitation: &Invitation) -> Result<Replacement> {
    match invitation.status {
        Status::Accepted => return Ok(Replacement::Impossible),
        Status::Pending => {
            let is_open = invitation.state(cx.now) == InvitationState::Open;
            let works = is_open && authority::load_suspension(cx, invitation).await?.is_none();
            return Ok(if works { Replacement::NotNeeded } else { Replacement::Request(invitation.id) });
        }
        Status::Discarded | Status::Declined => {}
    }
    let arguments = (invitation.organization_id, invitation.email_key.as_str(), invitation.id);
    let Some(newer) = cx.tx.optional(sql::NEWER_PENDING, arguments).await? else {
        return Ok(Replacement::Request(invitation.id));
    };
    let works = newer.state(cx.now) == InvitationState::Open && authority::load_suspension(cx, &newer).await?.is_none();
    // Without mail it is not in the invitee's mailbox. An admin has to pass the link on.
    let is_mailed = cx.executor.mail_transport.is_some();
    Ok(if works && is_mailed { Replacement::Resend(newer) } else { Replacement::Request(newer.id) })
}

/// Whether the invited address belongs to a member who would gain nothing by the invitation.
pub(crate) async fn is_for_member(cx: &mut Context<'_>, invitation: &Invitation) -> Result<bool> {
    let (organization, key) = (invitation.organization_id, invitation.email_key.as_str());
    Ok(match invitation.workspace_id {
        None => cx.tx.optional(membership::sql::BY_EMAIL, (organization, key)).await?.is_some(),
        Some(workspace) => cx.tx.optional(workspace::sql::BY_EMAIL, (organization, workspace, key)).await?.is_some(),
    })
}

/// Mails an invitation again, with the link that it has, unless its mail is on the way.
///
/// # Errors
/// `TOO_MANY_REQUESTS`; `INVITEE_UNSUBSCRIBED`, because the mail would not be sent.
pub(crate) async fn mail_again(cx: &mut Context<'_>, invitation: &Invitation) -> Result<()> {
    let (organization, id) = (invitation.organization_id, invitation.id);
    if cx.tx.one(sql::DELIVERABILITY, (organization, id)).await?.is_unsubscribed {
        return Err(Code::InviteeUnsubscribed.into());
    }
    // The condition on the delivery makes concurrent calls exclusive.
    if cx.tx.execute(sql::QUEUE_AGAIN, (organization, id, invitation.generation, cx.now)).await? == 0 {
        return Ok(());
    }
    rate_limit::take_recipient(cx, organization, &invitation.email_key).await?;
    let generation = invitation.generation;
    let mail = InvitationMail { organization, invitation: id, generation, expires_at: invitation.expires_at };
    outbox::enqueue_invitation_again(cx, mail).await
}

/// Lets the organization mail the invitee again. The mailed link, or the verified address of the caller, proves that
/// it is the invitee who wants it.
///
/// # Errors
/// `INVITATION_EMAIL_UNVERIFIED` without such a proof.
pub(crate) async fn subscribe(cx: &mut Context<'_>, invitation: &Invitation, token: &InvitationToken) -> Result<()> {
    let is_proved = token.is_mailed()
        || find_invitee(cx, invitation, token).await?.is_ok_and(|found| found.address == InviteeAddress::Verified);
    if !is_proved {
        return Err(Code::InvitationEmailUnverified.into());
    }
    cx.tx.execute(outbox::sql::SUBSCRIBE, (invitation.organization_id, &invitation.email_key)).await?;
    Ok(())
}

/// Gives the invitee a link that works. A pending invitation is resent. In place of a closed one, the address is invited
/// with the same roles by the caller, in the same language. The message was another member's, and is left out.
///
/// # Errors
/// `INVITATION_NOT_FOUND`; those of [`Resend`] and [`Create`].
pub(crate) async fn renew(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    id: InvitationId,
) -> Result<InvitationDetails> {
    let invitation = cx.tx.optional(sql::FIND, (organization, id)).await?.ok_or(Code::InvitationNotFound)?;
    let scope = invitation.workspace_id.map_or(0, WorkspaceId::get);
    let pending = cx.tx.optional(sql::FIND_PENDING, (organization, &invitation.email_key, scope)).await?;
    let resent = match (pending, invitation.status) {
        (Some(pending), _) => pending.id,
        (None, Status::Discarded | Status::Declined) => return reissue(cx, &invitation).await,
        (None, Status::Accepted | Status::Pending) => id,
    };
    Resend { organization, invitation: resent, expiry_days: None }.run(cx).await
}

async fn reissue(cx: &mut Context<'_>, closed: &Invitation) -> Result<InvitationDetails> {
    let organization = closed.organization_id;
    let mailed = cx.tx.optional(views::FOR_MAIL, (organization, closed.id)).await?.ok_or(Code::InvitationNotFound)?;
    let create = Create {
        is_mailed: true,
        organization,
        invitee: EmailAddress::from_stored(mailed.email, mailed.email_key),
        role: Some(closed.role_id),
        workspace: closed.workspace_id.map(|workspace| (workspace, closed.workspace_role_id)),
        expiry_days: None,
        language: mailed.language,
        message: None,
    };
    create.run(cx).await
}

/// Whether the mail of an invitation that was just sent reaches nobody: the invitee has unsubscribed, or the server sends
/// no mail. Its link has to be passed on.
pub(crate) async fn is_unmailed(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    invitation: InvitationId,
) -> Result<bool> {
    let found = cx.tx.one(sql::DELIVERABILITY, (organization, invitation)).await?;
    Ok(found.is_unsubscribed || found.delivery == Delivery::NotSent)
}
