//! One workspace.

use super::sql::{self, Workspace, WorkspaceMembership};
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::WorkspaceId;
use crate::permission::{RequiredWorkspacePermission, Requirement};

/// Shows a workspace with the caller's membership. Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller is in it, or an
/// admin of its organization.
#[derive(Debug)]
pub struct Show {
    /// Which one.
    pub workspace: WorkspaceId,
}

/// A workspace as one of its members sees it.
#[derive(Debug)]
pub struct InvitationDetails {
    /// The workspace.
    pub workspace: Workspace,
    /// The caller's membership; none for an admin of the organization who is not in it.
    pub membership: Option<WorkspaceMembership>,
}

impl Query for Show {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Membership);
    const ERRORS: &'static [Code] = &[];
    type Out = InvitationDetails;

    async fn run(&self, cx: &mut Context<'_>) -> Result<InvitationDetails> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Membership).await?;
        let (organization, workspace) = grant.ids();
        let member = (organization, workspace, grant.organization_grant().membership());
        Ok(InvitationDetails {
            workspace: cx.tx.one(sql::ONE, (organization, workspace)).await?,
            membership: cx.tx.optional(sql::OF_MEMBER, member).await?,
        })
    }
}
