//! Adding a member to a workspace.

use super::events::emit_added;
use super::sql::{self, WorkspaceMembership};
use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::{MembershipId, OrganizationId, UserId, WorkspaceId, WorkspaceRoleId};

/// Makes a member of the organization a member of the workspace, with a role that the caller has checked. Returns
/// `None` for an existing member, and changes nothing.
///
/// # Errors
/// `WORKSPACE_FULL`.
pub(crate) async fn join(
    cx: &mut Context<'_>,
    (organization, workspace): (OrganizationId, WorkspaceId),
    (member, user): (MembershipId, UserId),
    role: WorkspaceRoleId,
) -> Result<Option<WorkspaceMembership>> {
    let row = (organization, workspace, cx.id(), member, user, cx.now);
    let Some(joined) = cx.tx.optional(sql::INSERT_MEMBERSHIP, row).await? else {
        return Ok(None);
    };
    let limit = cx.executor.settings.seats.workspace_limit();
    let seat = cx.tx.optional(sql::TAKE_SEAT, (organization, workspace, limit, cx.now)).await?;
    seat.ok_or(Code::WorkspaceFull)?;
    cx.tx.execute(sql::ASSIGN_ROLE, (organization, workspace, joined.id, role)).await?;
    emit_added(cx, (organization, workspace), (joined.id, user), vec![role]);
    Ok(Some(joined))
}

/// Adds a new member of the organization to the workspace that is assigned automatically, if there is one with a free
/// seat.
pub(crate) async fn join_auto_assigned(
    cx: &mut Context<'_>,
    (organization, workspace): (OrganizationId, WorkspaceId),
    (membership, user): (MembershipId, UserId),
) -> Result<()> {
    if workspace.get() == 0 {
        return Ok(());
    }
    let found = cx.tx.optional(sql::SUMMARY, (organization, workspace)).await?;
    if found.is_some_and(|found| found.member_count < cx.executor.settings.seats.workspace_limit()) {
        let role = cx.executor.deployment()?.workspace_member_role_id;
        join(cx, (organization, workspace), (membership, user), role).await?;
    }
    Ok(())
}
