//! The preview of an invitation for the invitation page, with the next step that the invitee has to take. It changes
//! nothing.

use super::accept_context::{InviteeAddress, find_invitee, may_reveal_account};
use super::sql::views::{self, PreviewRow};
use super::{
    Invitation, InvitationState, Renewal, Status, authority, find_by_token, find_replacement, is_for_member, sql,
};
use crate::assurance::MfaRequirement;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::permission::Requirement;
use crate::secret::InvitationToken;
use crate::{membership, user};

/// Shows an invitation to the holder of its token.
///
/// # Errors
/// `INVALID_INVITATION_TOKEN`.
#[derive(Debug)]
pub struct Preview {
    pub token: InvitationToken,
}

#[derive(Debug)]
pub struct InvitationPreview {
    pub invitation: PreviewRow,
    pub organization_name: String,
    /// The logo's file name; empty without one.
    pub organization_image_url: String,
    /// What the organization, and the workspace of the invitation, require of sign-ins now or first. It does not hinder
    /// accepting.
    pub mfa: MfaRequirement,
    /// The first reason why accepting would be refused; `None` if the invitation can be accepted now.
    pub obstacle: Option<Code>,
    /// The status of a closed invitation.
    pub final_status: Option<Status>,
    /// Whether an account has the invited address. `false` for the bare token unless the settings reveal it.
    pub has_account: bool,
    /// What to do if it cannot be accepted.
    pub renewal: Renewal,
    /// Whether the invited address belongs to a member who would gain nothing by it. `false` for the bare token unless
    /// the settings reveal it.
    pub is_for_member: bool,
    /// Whether the invitee has unsubscribed from the organization's mail.
    pub is_unsubscribed: bool,
}

impl Query for Preview {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidInvitationToken];
    type Out = InvitationPreview;

    async fn run(&self, cx: &mut Context<'_>) -> Result<InvitationPreview> {
        let invitation = find_by_token(cx, &self.token).await?.ok_or(Code::InvalidInvitationToken)?;
        let row = cx.tx.one(views::PREVIEW, (invitation.organization_id, invitation.id)).await?;
        let organization = cx.tx.one(membership::sql::ORGANIZATION, (invitation.organization_id,)).await?;
        let owner = cx.tx.optional(user::sql::ADDRESS_OWNER, (&invitation.email_key,)).await?;
        let state = invitation.state(cx.now);
        let obstacle = self.find_obstacle(cx, &invitation, state).await?;
        let (renewal, is_unsubscribed) = match obstacle {
            Some(Code::InvalidInvitationToken | Code::InvitationExpired | Code::InvitationSuspended) => {
                let key = (invitation.organization_id, invitation.id);
                let found = cx.tx.one(sql::DELIVERABILITY, key).await?;
                (find_replacement(cx, &invitation).await?.renewal(), found.is_unsubscribed)
            }
            _ => (Renewal::NotNeeded, false),
        };
        let is_revealed = renewal != Renewal::NotNeeded && may_reveal_account(cx, &self.token);
        let is_for_member = is_revealed && is_for_member(cx, &invitation).await?;
        Ok(InvitationPreview {
            mfa: row.mfa(&organization, cx.now),
            invitation: row,
            organization_name: organization.name,
            organization_image_url: organization.image_url,
            obstacle,
            final_status: (state == InvitationState::Closed).then_some(invitation.status),
            has_account: owner.is_some() && may_reveal_account(cx, &self.token),
            renewal,
            is_for_member,
            is_unsubscribed,
        })
    }
}

impl Preview {
    async fn find_obstacle(
        &self,
        cx: &mut Context<'_>,
        invitation: &Invitation,
        state: InvitationState,
    ) -> Result<Option<Code>> {
        match state {
            InvitationState::Closed => return Ok(Some(Code::InvalidInvitationToken)),
            InvitationState::Expired => return Ok(Some(Code::InvitationExpired)),
            InvitationState::Open => {}
        }
        if authority::load_suspension(cx, invitation).await?.is_some() {
            return Ok(Some(Code::InvitationSuspended));
        }
        Ok(match find_invitee(cx, invitation, &self.token).await? {
            Err(obstacle) => Some(obstacle),
            Ok(invitee) if invitee.address != InviteeAddress::Verified && !self.token.is_mailed() => {
                Some(Code::InvitationEmailUnverified)
            }
            Ok(_) => None,
        })
    }
}
