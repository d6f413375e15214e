//! Coming into a workspace, whichever way.

use super::sql::{self, WorkspaceMembership};
use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::{MembershipId, OrganizationId, UserId, WorkspaceId, WorkspaceRoleId};

/// Makes a member of the organization one of the workspace, with a role; `None` for one who is in it already, and
/// nothing changes. Error: `WORKSPACE_FULL`.
pub(crate) async fn join(
    cx: &mut Context<'_>,
    (organization, workspace): (OrganizationId, WorkspaceId),
    (member, user): (MembershipId, UserId),
    role: WorkspaceRoleId,
) -> Result<Option<WorkspaceMembership>> {
    let made = (organization, workspace, cx.id(), member, user, cx.now);
    let Some(joined) = cx.tx.optional(sql::INSERT_MEMBERSHIP, made).await? else {
        return Ok(None);
    };
    let most = cx.executor.settings.seats.most_in_workspace();
    let seat = cx.tx.optional(sql::TAKE_SEAT, (organization, workspace, most, cx.now)).await?;
    seat.ok_or(Code::WorkspaceFull)?;
    cx.tx.execute(sql::ASSIGN_ROLE, (organization, workspace, joined.id, role)).await?;
    Ok(Some(joined))
}

/// The workspace that every new member of the organization comes into as well, unless it is full or gone.
pub(crate) async fn join_auto_assigned(
    cx: &mut Context<'_>,
    (organization, workspace): (OrganizationId, WorkspaceId),
    (membership, user): (MembershipId, UserId),
) -> Result<()> {
    if workspace.get() == 0 {
        return Ok(());
    }
    let found = cx.tx.optional(sql::SUMMARY, (organization, workspace)).await?;
    if found.is_some_and(|found| found.member_count < cx.executor.settings.seats.most_in_workspace()) {
        let role = cx.executor.deployment()?.workspace_member_role_id;
        join(cx, (organization, workspace), (membership, user), role).await?;
    }
    Ok(())
}
