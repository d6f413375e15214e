//! Events of workspaces.

use super::field::Changed;
use super::payload::payloads;
use crate::id::{OrganizationId, UserId, WorkspaceId, WorkspaceMembershipId, WorkspaceRoleId};

payloads! {
    /// A workspace was created.
    WorkspaceCreated("workspace.created", Workspace(workspace_id), Workspace(workspace_id) in organization_id) {
        organization_id: OrganizationId,
        workspace_id: WorkspaceId,
        name: String,
    }

    /// Settings of a workspace were changed. Only those that changed are in `before` and `after`.
    WorkspaceUpdated("workspace.updated", Workspace(workspace_id), Workspace(workspace_id) in organization_id) {
        organization_id: OrganizationId,
        workspace_id: WorkspaceId,
        name: Option<Changed<String>>,
        description: Option<Changed<String>>,
        /// Whether its image was replaced or removed.
        image_changed: Option<bool>,
        /// The networks that members may connect from.
        allowed_addresses: Option<Changed<Vec<String>>>,
        /// Whether the list of networks is enforced.
        restricts_addresses: Option<Changed<bool>>,
        /// Whether members need a second factor.
        enforce_mfa: Option<Changed<bool>>,
        /// How strong their sign-ins must be: `two_factors` or `phishing_resistant`.
        minimum_assurance: Option<Changed<&'static str>>,
        /// The end of the time in which they can set up what they lack. Empty before the requirement.
        mfa_enforced_from: Option<Changed<String>>,
        /// Whether a backend replaced metadata.
        metadata_changed: Option<bool>,
    }

    /// A workspace was deleted.
    WorkspaceDeleted("workspace.deleted", Workspace(workspace_id), Workspace(workspace_id) in organization_id) {
        organization_id: OrganizationId,
        workspace_id: WorkspaceId,
        name: Option<String>,
    }

    /// A member of the organization became a member of a workspace.
    WorkspaceMemberAdded("workspace.member.added", WorkspaceMembership(workspace_membership_id), User(user_id) in organization_id) {
        organization_id: OrganizationId,
        workspace_id: WorkspaceId,
        workspace_membership_id: WorkspaceMembershipId,
        user_id: UserId,
        role_ids: Vec<WorkspaceRoleId>,
    }

    /// A backend replaced the metadata of a member of a workspace.
    WorkspaceMemberUpdated("workspace.member.updated", WorkspaceMembership(workspace_membership_id), User(user_id) in organization_id) {
        organization_id: OrganizationId,
        workspace_id: WorkspaceId,
        workspace_membership_id: WorkspaceMembershipId,
        user_id: UserId,
    }

    /// A member left a workspace or was removed from it. A member who leaves the organization leaves its
    /// workspaces as well, without an event for each.
    WorkspaceMemberRemoved("workspace.member.removed", WorkspaceMembership(workspace_membership_id), User(user_id) in organization_id) {
        organization_id: OrganizationId,
        workspace_id: WorkspaceId,
        workspace_membership_id: WorkspaceMembershipId,
        user_id: UserId,
        /// Who ended the membership: `member`, the user themselves, or `manager`.
        removed_by: &'static str,
    }

    /// Roles of a member of a workspace were assigned or revoked.
    WorkspaceMemberRoleUpdated("workspace.member.role.updated", WorkspaceMembership(workspace_membership_id), User(user_id) in organization_id) {
        organization_id: OrganizationId,
        workspace_id: WorkspaceId,
        workspace_membership_id: WorkspaceMembershipId,
        user_id: UserId,
        role_ids: Changed<Vec<WorkspaceRoleId>>,
    }

    /// A role of a workspace was created.
    WorkspaceRoleCreated("workspace.role.created", WorkspaceRole(role_id), WorkspaceRole(role_id) in organization_id) {
        organization_id: OrganizationId,
        workspace_id: WorkspaceId,
        role_id: WorkspaceRoleId,
        name: String,
        permissions: Vec<String>,
    }

    /// The name or the permissions of a role of a workspace were changed.
    WorkspaceRoleUpdated("workspace.role.updated", WorkspaceRole(role_id), WorkspaceRole(role_id) in organization_id) {
        organization_id: OrganizationId,
        workspace_id: WorkspaceId,
        role_id: WorkspaceRoleId,
        name: Option<Changed<String>>,
        permissions: Option<Changed<Vec<String>>>,
    }

    /// A role of a workspace was deleted.
    WorkspaceRoleDeleted("workspace.role.deleted", WorkspaceRole(role_id), WorkspaceRole(role_id) in organization_id) {
        organization_id: OrganizationId,
        workspace_id: WorkspaceId,
        role_id: WorkspaceRoleId,
        name: String,
        permissions: Vec<String>,
    }
}
