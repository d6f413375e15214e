//! Coming into a workspace, whichever way.

use super::sql::{self, WorkspaceMembership};
use crate::context::Context;
use crate::error::{Code, Result};
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
    let most = cx.service.settings.seats.most_in_workspace();
    let seat = cx.tx.optional(sql::TAKE_SEAT, (organization, workspace, most, cx.now)).await?;
    seat.ok_or(Code::WorkspaceFull)?;
    cx.tx.execute(sql::GIVE_ROLE, (organization, workspace, joined.id, role)).await?;
    Ok(Some(joined))
}
