//! What accepting an invitation depends on besides the invitation itself: the invitee, the organization and the
//! inviter.

use super::sql::AcceptContextRow;
use super::{Invitation, authority, sql};
use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::{ConnectionId, EmailAddressId, MembershipId, SessionId, SignInId, UserId, WorkspaceId};
use crate::permission::PermissionSet;
use crate::secret::InvitationToken;
use crate::user::sql::AddressOwnerInSession;
use crate::user::sql::claims::{self, ClaimInSession};
use crate::{membership, user};

/// A user who is signed in within the caller's session and has the invited address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Invitee {
    pub(super) user: UserId,
    pub(super) address: InviteeAddress,
    pub(super) sign_in: SignInId,
}

/// How the invitee has the invited address. An address that is not verified counts only with the mailed token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InviteeAddress {
    Verified,
    /// As the login name of the account.
    Unverified(EmailAddressId),
    Claimed(EmailAddressId),
}

/// Finds the invitee among the users of the caller's session. The inner error is the reason why there is none:
/// `INVITATION_REQUIRES_SIGNUP`, `INVITATION_REQUIRES_SIGNIN` or `INVITATION_EMAIL_MISMATCH`.
pub(super) async fn find_invitee(
    cx: &mut Context<'_>,
    invitation: &Invitation,
    token: &InvitationToken,
) -> Result<Result<Invitee, Code>> {
    let session = signed_in_session(cx);
    let arguments = (invitation.email_key.as_str(), session.unwrap_or_else(|| 0.into()), cx.now);
    let owner = cx.tx.optional(user::sql::OWNER_IN_SESSION, arguments).await?;
    resolve_invitee(cx, invitation, owner, token).await
}

/// Whether the holder of this token may learn that an account has the invited address. The bare token proves nothing:
/// members who manage members see it in the list of invitations.
pub(crate) fn may_reveal_account(cx: &Context<'_>, token: &InvitationToken) -> bool {
    token.is_mailed() || cx.executor.settings.reveal_account_existence
}

async fn resolve_invitee(
    cx: &mut Context<'_>,
    invitation: &Invitation,
    owner: Option<AddressOwnerInSession>,
    token: &InvitationToken,
) -> Result<Result<Invitee, Code>> {
    let session = signed_in_session(cx);
    if let Some((owner, sign_in)) = session.and(owner.as_ref()).and_then(|owner| Some((owner, owner.sign_in_id?))) {
        let address = match owner.verified_at {
            Some(_) => InviteeAddress::Verified,
            None => InviteeAddress::Unverified(owner.email_id),
        };
        return Ok(Ok(Invitee { user: owner.user_id, address, sign_in }));
    }
    // Without the proof of the mailbox, the reply must not depend on whether another account has the address.
    let is_taken = owner.as_ref().is_some_and(|owner| owner.verified_at.is_some()) && token.is_mailed();
    if let Some(session) = session.filter(|_| !is_taken) {
        let arguments = (session, invitation.email_key.as_str(), cx.now);
        if let Some(claim) = cx.tx.optional(claims::IN_SESSION, arguments).await? {
            let ClaimInSession { claim, claimant, sign_in } = claim;
            return Ok(Ok(Invitee { user: claimant, address: InviteeAddress::Claimed(claim), sign_in }));
        }
    }
    Ok(Err(match (owner.filter(|_| may_reveal_account(cx, token)), session) {
        (None, _) => Code::InvitationRequiresSignup,
        (Some(_), None) => Code::InvitationRequiresSignin,
        (Some(_), Some(_)) => Code::InvitationEmailMismatch,
    }))
}

/// The caller's session, if a user is signed in within it.
fn signed_in_session(cx: &Context<'_>) -> Option<SessionId> {
    cx.session.as_ref().filter(|session| session.user_id.is_some()).map(|session| session.id)
}

/// What accepting an invitation depends on, loaded with one statement.
#[derive(Debug)]
pub(super) struct AcceptContext {
    pub(super) organization_name: String,
    /// Whether the organization requires single sign-on of some of its members.
    requires_sso: bool,
    /// The workspace that new members of the organization join automatically; 0 for none.
    pub(super) auto_assigned_workspace: WorkspaceId,
    /// The invitee, or the reason why the caller is not the invitee.
    pub(super) invitee: Result<Invitee, Code>,
    /// The invitee's membership in the organization, if they are a member already.
    pub(super) membership: Option<MembershipId>,
    /// The permissions of the organization role; `None` if that role was removed.
    granted_permissions: Option<PermissionSet>,
    /// All permissions of the inviter in the organization.
    inviter_permissions: PermissionSet,
}

impl AcceptContext {
    /// Returns `None` if the organization was deleted.
    pub(super) async fn load(
        cx: &mut Context<'_>,
        invitation: &Invitation,
        token: &InvitationToken,
    ) -> Result<Option<Self>> {
        let session = signed_in_session(cx);
        let arguments = (
            invitation.organization_id,
            invitation.email_key.as_str(),
            session.unwrap_or_else(|| 0.into()),
            cx.now,
            invitation.role_id,
            invitation.inviter_membership_id.unwrap_or_else(|| 0.into()),
        );
        let mut rows = cx.tx.all(sql::ACCEPT_CONTEXT, arguments).await?;
        let inviter_permissions =
            PermissionSet::union(rows.iter_mut().filter_map(|row| row.inviter_permissions.take()));
        let Some(row) = rows.into_iter().next() else {
            return Ok(None);
        };
        let invitee = resolve_invitee(cx, invitation, address_owner(&row), token).await?;
        let membership = match &invitee {
            // The statement found the membership of the account that has the address.
            Ok(Invitee { user, address: InviteeAddress::Claimed(_), .. }) => {
                let found = cx.tx.optional(membership::sql::OF_USER, (invitation.organization_id, *user)).await?;
                found.map(|(membership,)| membership)
            }
            _ => row.membership_id,
        };
        Ok(Some(Self {
            invitee,
            organization_name: row.name,
            requires_sso: row.requires_sso,
            auto_assigned_workspace: row.auto_assigned_workspace_id,
            membership,
            granted_permissions: row.granted_permissions,
            inviter_permissions,
        }))
    }

    /// Returns the connection through which the invitee has to sign in first.
    pub(super) async fn required_connection(
        &self,
        cx: &mut Context<'_>,
        invitation: &Invitation,
        invitee: &Invitee,
    ) -> Result<Option<ConnectionId>> {
        if !self.requires_sso {
            return Ok(None);
        }
        let domain = invitation.email_key.rsplit_once('@').map_or("", |(_, domain)| domain);
        let arguments = (invitation.organization_id, invitee.user, domain, invitee.sign_in);
        Ok(cx.tx.optional(sql::REQUIRED_CONNECTION, arguments).await?.map(|(connection,)| connection))
    }

    /// Returns whether the inviter may no longer grant the invited roles. See [`authority::load_suspension`].
    pub(super) async fn is_suspended(&self, cx: &mut Context<'_>, invitation: &Invitation) -> Result<bool> {
        let granted = self.granted_permissions.as_ref();
        let suspension = authority::load_suspension_with(cx, invitation, &self.inviter_permissions, granted).await?;
        Ok(suspension.is_some())
    }
}

fn address_owner(row: &AcceptContextRow) -> Option<AddressOwnerInSession> {
    let (verified_at, sign_in_id) = (row.verified_at, row.sign_in_id);
    Some(AddressOwnerInSession { email_id: row.email_id?, user_id: row.user_id?, verified_at, sign_in_id })
}
