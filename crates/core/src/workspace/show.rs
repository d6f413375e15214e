//! One workspace.

use super::sql::{self, Workspace, WorkspaceMembership};
use crate::access::{self, WorkspaceNeed};
use crate::context::{Context, Query};
use crate::error::Result;
use crate::id::WorkspaceId;

/// Shows a workspace with the caller's membership. Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller is in it, or an
/// admin of its organization.
#[derive(Debug)]
pub struct Show {
    /// Which one.
    pub workspace: WorkspaceId,
}

/// A workspace as one of its members sees it.
#[derive(Debug)]
pub struct Shown {
    /// The workspace.
    pub workspace: Workspace,
    /// The caller's membership; none for an admin of the organization who is not in it.
    pub membership: Option<WorkspaceMembership>,
}

impl Query for Show {
    type Out = Shown;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Shown> {
        let grant = access::authorize_in_workspace(cx, self.workspace, WorkspaceNeed::Membership).await?;
        let (organization, workspace) = grant.place();
        let member = (organization, workspace, grant.in_organization().membership());
        Ok(Shown {
            workspace: cx.tx.one(sql::ONE, (organization, workspace)).await?,
            membership: cx.tx.optional(sql::OF_MEMBER, member).await?,
        })
    }
}
