//! Who stands before the door that an invitation opens, and what is behind it.

use super::sql::Behind;
use super::{Invitation, authority, sql};
use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::{MembershipId, SessionId, SignInId, WorkspaceId};
use crate::permission::PermissionSet;
use crate::user;
use crate::user::sql::AddressOwnerInSession;

/// The user who owns the invited address, signed in here.
#[derive(Debug)]
pub(super) struct Invitee {
    pub(super) owner: AddressOwnerInSession,
    pub(super) sign_in: SignInId,
}

/// Finds the invitee among the session's users: rows 3 to 6 of contract C.4.
pub(super) async fn invitee(cx: &mut Context<'_>, invitation: &Invitation) -> Result<Result<Invitee, Code>> {
    let session = signed_in(cx);
    let asked = (invitation.email_key.as_str(), session.unwrap_or_else(|| 0.into()), cx.now);
    let owner = cx.tx.optional(user::sql::OWNER_IN_SESSION, asked).await?;
    Ok(invitee_among(session, owner))
}

fn invitee_among(session: Option<SessionId>, owner: Option<AddressOwnerInSession>) -> Result<Invitee, Code> {
    let Some(owner) = owner else {
        return Err(Code::InvitationRequiresSignup);
    };
    match (session, owner.sign_in_id) {
        (None, _) => Err(Code::InvitationRequiresSignin),
        (Some(_), None) => Err(Code::InvitationEmailMismatch),
        (Some(_), Some(sign_in)) => Ok(Invitee { owner, sign_in }),
    }
}

/// The session, if anybody is signed in within it.
fn signed_in(cx: &Context<'_>) -> Option<SessionId> {
    cx.session.as_ref().filter(|session| session.user_id.is_some()).map(|session| session.id)
}

/// All that accepting an invitation depends on besides itself, asked in one statement.
#[derive(Debug)]
pub(super) struct AcceptContext {
    /// The organization's name.
    pub(super) organization: String,
    /// Where its new members come into as well; 0 for nowhere.
    pub(super) auto_assigned: WorkspaceId,
    /// Who is invited, or why they cannot be let in.
    pub(super) invitee: Result<Invitee, Code>,
    /// As what they are in the organization already.
    pub(super) before: Option<MembershipId>,
    /// What the invitation gives in the organization; `None` for a role that was removed.
    given: Option<PermissionSet>,
    /// What its inviter holds there.
    held: PermissionSet,
}

impl AcceptContext {
    /// `None` when the organization is gone.
    pub(super) async fn find(cx: &mut Context<'_>, invitation: &Invitation) -> Result<Option<Self>> {
        let session = signed_in(cx);
        let inviter = invitation.inviter_membership_id.unwrap_or_else(|| 0.into());
        let (organization, address) = (invitation.organization_id, invitation.email_key.as_str());
        let asked = (organization, address, session.unwrap_or_else(|| 0.into()), cx.now, invitation.role_id, inviter);
        let mut rows = cx.tx.all(sql::ENTRANCE, asked).await?;
        let held = PermissionSet::union(rows.iter_mut().filter_map(|row| row.held.take()));
        Ok(rows.into_iter().next().map(|row| Self {
            invitee: invitee_among(session, owner(&row)),
            organization: row.name,
            auto_assigned: row.auto_assigned_workspace_id,
            before: row.membership_id,
            given: row.given,
            held,
        }))
    }

    /// Whether the inviter may still grant what the invitation gives: see [`authority::suspended`].
    pub(super) async fn is_suspended(&self, cx: &mut Context<'_>, invitation: &Invitation) -> Result<bool> {
        let suspension = authority::suspension_by(cx, invitation, &self.held, self.given.as_ref()).await?;
        Ok(suspension.is_some())
    }
}

fn owner(row: &Behind) -> Option<AddressOwnerInSession> {
    let (verified_at, sign_in_id) = (row.verified_at, row.sign_in_id);
    Some(AddressOwnerInSession { email_id: row.email_id?, user_id: row.user_id?, verified_at, sign_in_id })
}
