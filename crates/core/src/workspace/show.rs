//! Showing a workspace.

use super::sql::{self, Workspace, WorkspaceMembership, WorkspaceRole};
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::WorkspaceId;
use crate::organization;
use crate::permission::{RequiredWorkspacePermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};

/// Shows a workspace with the caller's membership.
///
/// # Errors
/// `FORBIDDEN` for a non-member.
#[derive(Debug)]
pub struct Show {
    pub workspace: WorkspaceId,
}

/// A workspace with the caller's membership.
#[derive(Debug)]
pub struct WorkspaceDetails {
    pub workspace: Workspace,
    /// `None` for an admin of the organization who is not a member of the workspace.
    pub membership: Option<WorkspaceMembership>,
}

impl Query for Show {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Membership);
    const ERRORS: &'static [Code] = &[];
    type Out = WorkspaceDetails;

    async fn run(&self, cx: &mut Context<'_>) -> Result<WorkspaceDetails> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Membership).await?;
        let (organization, workspace) = grant.ids();
        let membership = match grant.organization_grant().membership() {
            Some(own) => cx.tx.optional(sql::OF_MEMBER, (organization, workspace, own)).await?,
            None => None,
        };
        Ok(WorkspaceDetails {
            workspace: cx.tx.one(sql::WORKSPACE, (organization, workspace)).await?.visible_to(grant.can_update()),
            membership,
        })
    }
}

/// Shows a workspace with its organization and its roles.
///
/// # Errors
/// `FORBIDDEN` for a non-member; `WORKSPACE_NOT_FOUND` for an API key.
#[derive(Debug)]
pub struct ShowWithRoles {
    pub workspace: WorkspaceId,
}

/// A workspace with the name of its organization, and the roles that its members can have.
#[derive(Debug)]
pub struct WorkspaceWithRoles {
    pub workspace: Workspace,
    pub organization_name: String,
    pub roles: Vec<WorkspaceRole>,
}

impl Query for ShowWithRoles {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Membership);
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::WorkspacesRead);
    type Out = WorkspaceWithRoles;

    async fn run(&self, cx: &mut Context<'_>) -> Result<WorkspaceWithRoles> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Membership).await?;
        let (organization, workspace) = grant.ids();
        Ok(WorkspaceWithRoles {
            workspace: cx.tx.one(sql::WORKSPACE, (organization, workspace)).await?.visible_to(grant.can_update()),
            organization_name: cx.tx.one(organization::sql::NAME, (organization,)).await?.0,
            roles: cx.tx.all(sql::ROLES, (organization, workspace)).await?,
        })
    }
}
