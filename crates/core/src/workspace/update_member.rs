//! Changing a member of a workspace.

use super::ReplaceRoles;
use super::sql::{self, management, members};
use crate::access;
use crate::error::{Code, Result};
use crate::event::WorkspaceMemberUpdated;
use crate::execution::{Command, Context};
use crate::id::{MemberId, WorkspaceId, WorkspaceRoleId};
use crate::metadata::Metadata;
use crate::permission::{RequiredWorkspacePermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};

/// Replaces the roles and the metadata of a member; `None` leaves a part unchanged.
///
/// # Errors
/// Those of [`ReplaceRoles`].
#[derive(Debug)]
pub struct UpdateMember {
    pub workspace: WorkspaceId,
    /// The id of the workspace membership, of the organization membership, or of the user.
    pub member: MemberId,
    pub roles: Option<Vec<WorkspaceRoleId>>,
    pub public_metadata: Option<Metadata>,
}

impl Command for UpdateMember {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Manage);
    const ERRORS: &'static [Code] = ReplaceRoles::ERRORS;
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::MembersWrite);
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Manage).await?;
        let (organization, workspace) = grant.ids();
        let found = cx.tx.optional(sql::FIND_MEMBER, (organization, workspace, self.member)).await?;
        let (membership,) = found.ok_or(Code::MemberNotFound)?;
        if let Some(roles) = self.roles.clone() {
            ReplaceRoles { workspace, member: self.member, roles }.run(cx).await?;
        }
        if let Some(metadata) = &self.public_metadata {
            let arguments = (organization, workspace, membership, metadata.as_str(), cx.now);
            cx.tx.execute(management::SET_MEMBER_METADATA, arguments).await?;
            let (user_id,) = cx.tx.one(members::USER, (organization, workspace, membership)).await?;
            cx.emit(WorkspaceMemberUpdated {
                organization_id: organization,
                workspace_id: workspace,
                workspace_membership_id: membership,
                user_id,
            });
        }
        Ok(())
    }
}
