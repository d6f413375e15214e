//! What accepting an invitation depends on besides the invitation itself: the invitee, the organization and the
//! inviter.

use super::sql::AcceptContextRow;
use super::{Invitation, authority, sql};
use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::{MembershipId, SessionId, SignInId, WorkspaceId};
use crate::permission::PermissionSet;
use crate::user;
use crate::user::sql::AddressOwnerInSession;

/// The user who owns the invited address and is signed in within the caller's session.
#[derive(Debug)]
pub(super) struct Invitee {
    pub(super) owner: AddressOwnerInSession,
    pub(super) sign_in: SignInId,
}

/// Finds the invitee among the users of the caller's session. The inner error is the reason why there is none:
/// `INVITATION_REQUIRES_SIGNUP`, `INVITATION_REQUIRES_SIGNIN` or `INVITATION_EMAIL_MISMATCH`.
pub(super) async fn find_invitee(cx: &mut Context<'_>, invitation: &Invitation) -> Result<Result<Invitee, Code>> {
    let session = signed_in_session(cx);
    let arguments = (invitation.email_key.as_str(), session.unwrap_or_else(|| 0.into()), cx.now);
    let owner = cx.tx.optional(user::sql::OWNER_IN_SESSION, arguments).await?;
    Ok(resolve_invitee(session, owner))
}

fn resolve_invitee(session: Option<SessionId>, owner: Option<AddressOwnerInSession>) -> Result<Invitee, Code> {
    let Some(owner) = owner else {
        return Err(Code::InvitationRequiresSignup);
    };
    match (session, owner.sign_in_id) {
        (None, _) => Err(Code::InvitationRequiresSignin),
        (Some(_), None) => Err(Code::InvitationEmailMismatch),
        (Some(_), Some(sign_in)) => Ok(Invitee { owner, sign_in }),
    }
}

/// The caller's session, if a user is signed in within it.
fn signed_in_session(cx: &Context<'_>) -> Option<SessionId> {
    cx.session.as_ref().filter(|session| session.user_id.is_some()).map(|session| session.id)
}

/// What accepting an invitation depends on, loaded with one statement.
#[derive(Debug)]
pub(super) struct AcceptContext {
    pub(super) organization_name: String,
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
    pub(super) async fn load(cx: &mut Context<'_>, invitation: &Invitation) -> Result<Option<Self>> {
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
        Ok(rows.into_iter().next().map(|row| Self {
            invitee: resolve_invitee(session, address_owner(&row)),
            organization_name: row.name,
            auto_assigned_workspace: row.auto_assigned_workspace_id,
            membership: row.membership_id,
            granted_permissions: row.granted_permissions,
            inviter_permissions,
        }))
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
