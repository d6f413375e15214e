//! Invitations as members who manage members see them: each with its roles, its workspace and its inviter.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Status;
use super::authority::Suspension;
use super::references::{Inviter, References};
use super::sql::InvitationRow;
use super::sql::references::{InvitedWorkspace, InvitedWorkspaceRole};
use crate::error::{Problem, Result};
use crate::execution::Context;
use crate::id::{MembershipId, RoleId, WorkspaceId, WorkspaceRoleId};
use crate::organization::Role;
use crate::secret::InvitationToken;

#[derive(Debug)]
pub struct InvitationDetails {
    pub row: InvitationRow,
    pub role: Arc<Role>,
    pub workspace: Option<Arc<InvitedWorkspace>>,
    pub workspace_role: Option<Arc<InvitedWorkspaceRole>>,
    /// `None` if the inviter has left, or if an API key made it.
    pub inviter: Option<Arc<Inviter>>,
    /// The bare token: it identifies the invitation, but does not prove access to the mailbox.
    pub token: InvitationToken,
    /// Whether it had expired at the time of the request.
    pub expired: bool,
    /// Why it cannot be accepted; only for a pending invitation.
    pub suspension: Option<Suspension>,
}

impl InvitationDetails {
    pub(super) fn from_row(cx: &Context<'_>, row: InvitationRow, references: &References) -> Result<Self> {
        Self::from_rows(cx, vec![row], references)?.pop().ok_or_else(|| Problem::internal("the invitation is gone"))
    }

    pub(super) fn from_rows(cx: &Context<'_>, rows: Vec<InvitationRow>, references: &References) -> Result<Vec<Self>> {
        let (now, keys) = (cx.now, &cx.executor.keys);
        // A page has few inviters and few roles, so most invitations share their suspension with an earlier one.
        let mut suspensions: BTreeMap<SuspensionKey, Option<Suspension>> = BTreeMap::new();
        let to_details = |row: InvitationRow| {
            let role =
                references.role(row.role_id).ok_or_else(|| Problem::internal("an invitation without its role"))?;
            let (workspace, workspace_role) = (references.workspace(&row), references.workspace_role(&row));
            let inviter = references.inviter(&row);
            let suspension = match row.inviter_membership_id.zip(inviter.as_deref()) {
                _ if row.status != Status::Pending => None,
                _ if role.removed_at.is_some() => Some(Suspension::RoleExceedsInviter),
                None if row.is_by_api_key => row.left_suspended.then_some(Suspension::ApiKeyRevoked),
                None => row.left_suspended.then_some(Suspension::InviterHasLeft),
                Some((membership, inviter)) => {
                    let key = (membership, row.role_id, row.workspace_id, row.workspace_role_id);
                    let granted = (&role.permissions, workspace_role.as_ref().map(|role| &role.permissions));
                    *suspensions.entry(key).or_insert_with(|| inviter.compute_suspension(row.workspace_id, granted))
                }
            };
            let (token, expired) = (keys.invitation_token(row.id, row.generation), row.expires_at <= now);
            Ok(Self { row, role, workspace, workspace_role, inviter, token, expired, suspension })
        };
        rows.into_iter().map(to_details).collect()
    }
}

/// The inviter and the roles: all that a suspension depends on.
type SuspensionKey = (MembershipId, RoleId, Option<WorkspaceId>, Option<WorkspaceRoleId>);
