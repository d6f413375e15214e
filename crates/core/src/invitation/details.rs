//! Invitations as those who manage members see them: each with its role, its workspace and whoever sent it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Status;
use super::authority::Suspension;
use super::references::{Inviter, References};
use super::sql::InvitationRow;
use super::sql::references::{GivenRole, InvitedInto};
use crate::Problem;
use crate::error::Result;
use crate::execution::Context;
use crate::id::{MembershipId, RoleId, WorkspaceId, WorkspaceRoleId};
use crate::organization::Role;
use crate::secret::InvitationToken;

/// An invitation with all that is shown of it.
#[derive(Debug)]
pub struct InvitationDetails {
    /// What stands in its own row.
    pub entry: InvitationRow,
    /// As what.
    pub role: Arc<Role>,
    /// Into which workspace.
    pub workspace: Option<Arc<InvitedInto>>,
    /// As what there.
    pub workspace_role: Option<Arc<GivenRole>>,
    /// Who sent it; `None` when they have left.
    pub inviter: Option<Arc<Inviter>>,
    /// It names the invitation and proves nothing (decision 12).
    pub token: InvitationToken,
    /// Whether it had run out when it was looked up.
    pub expired: bool,
    /// Why it cannot be accepted although it has not run out.
    pub suspension: Option<Suspension>,
}

/// One invitation as the list would show it, for commands that have just changed it.
pub(super) fn one(cx: &Context<'_>, entry: InvitationRow, surroundings: &References) -> Result<InvitationDetails> {
    shown(cx, vec![entry], surroundings)?.pop().ok_or_else(|| Problem::internal("the invitation is gone"))
}

/// Invitations with all that is shown of them.
pub(super) fn shown(
    cx: &Context<'_>,
    entries: Vec<InvitationRow>,
    surroundings: &References,
) -> Result<Vec<InvitationDetails>> {
    let (now, keys) = (cx.now, &cx.executor.keys);
    // A page has few inviters who give few roles, so most invitations stand as one before them does.
    let mut known: BTreeMap<Gift, Option<Suspension>> = BTreeMap::new();
    let show = |entry: InvitationRow| {
        let role =
            surroundings.role(entry.role_id).ok_or_else(|| Problem::internal("an invitation without its role"))?;
        let (workspace, workspace_role) = (surroundings.workspace(&entry), surroundings.workspace_role(&entry));
        let inviter = surroundings.inviter(&entry);
        let suspension = match entry.inviter_membership_id.zip(inviter.as_deref()) {
            _ if entry.status != Status::Pending => None,
            _ if role.removed_at.is_some() => Some(Suspension::RoleExceedsInviter),
            None => entry.left_suspended.then_some(Suspension::InviterHasLeft),
            Some((membership, inviter)) => {
                let gift = (membership, entry.role_id, entry.workspace_id, entry.workspace_role_id);
                let given = (&role.permissions, workspace_role.as_ref().map(|role| &role.permissions));
                *known.entry(gift).or_insert_with(|| inviter.suspension(entry.workspace_id, given))
            }
        };
        let (token, expired) = (keys.invitation_token(entry.id, entry.generation), entry.expires_at <= now);
        Ok(InvitationDetails { entry, role, workspace, workspace_role, inviter, token, expired, suspension })
    };
    entries.into_iter().map(show).collect()
}

/// Who gives what: all that a suspension depends on.
type Gift = (MembershipId, RoleId, Option<WorkspaceId>, Option<WorkspaceRoleId>);
