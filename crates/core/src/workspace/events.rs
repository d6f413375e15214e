//! The events of members of workspaces.

use super::sql::{self, members};
use crate::error::Result;
use crate::event::{Changed, WorkspaceMemberAdded, WorkspaceMemberRemoved, WorkspaceMemberRoleUpdated};
use crate::execution::Context;
use crate::id::{OrganizationId, UserId, WorkspaceId, WorkspaceMembershipId, WorkspaceRoleId};

type Ids = (OrganizationId, WorkspaceId);

pub(super) fn emit_added(
    cx: &mut Context<'_>,
    (organization_id, workspace_id): Ids,
    (workspace_membership_id, user_id): (WorkspaceMembershipId, UserId),
    role_ids: Vec<WorkspaceRoleId>,
) {
    cx.emit(WorkspaceMemberAdded { organization_id, workspace_id, workspace_membership_id, user_id, role_ids });
}

/// Emits that a member is removed, before their row is deleted. `removed_by` is `member` or `manager`.
pub(super) async fn emit_removed(
    cx: &mut Context<'_>,
    (organization_id, workspace_id): Ids,
    workspace_membership_id: WorkspaceMembershipId,
    removed_by: &'static str,
) -> Result<()> {
    let (user_id,) = cx.tx.one(members::USER, (organization_id, workspace_id, workspace_membership_id)).await?;
    cx.emit(WorkspaceMemberRemoved { organization_id, workspace_id, workspace_membership_id, user_id, removed_by });
    Ok(())
}

/// Emits that roles of a member were added and removed.
pub(super) async fn emit_role_update(
    cx: &mut Context<'_>,
    (organization_id, workspace_id): Ids,
    workspace_membership_id: WorkspaceMembershipId,
    (added, removed): (&[WorkspaceRoleId], &[WorkspaceRoleId]),
) -> Result<()> {
    let key = (organization_id, workspace_id, workspace_membership_id);
    let (user_id,) = cx.tx.one(members::USER, key).await?;
    let after: Vec<_> = cx.tx.all(sql::ROLES_OF_MEMBER, key).await?.into_iter().map(|role| role.id).collect();
    let mut before: Vec<_> = after.iter().filter(|role| !added.contains(role)).chain(removed).copied().collect();
    before.sort_unstable();
    let role_ids = Changed { before, after };
    cx.emit(WorkspaceMemberRoleUpdated { organization_id, workspace_id, workspace_membership_id, user_id, role_ids });
    Ok(())
}
