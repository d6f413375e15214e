//! The deployment: one row, which names the default roles that all organizations share.

use vestibule_db::record;

use crate::id::{DeploymentId, RoleId, WorkspaceRoleId};
use crate::time::Timestamp;

record! {
    /// The deployment and its default roles.
    pub struct Deployment {
        pub id: DeploymentId,
        /// Identifies the master key that the database was created with.
        pub(crate) key_check: Vec<u8>,
        /// Given to the creator of an organization.
        pub creator_role_id: RoleId,
        /// Given to a member who joins without a role.
        pub member_role_id: RoleId,
        /// Given to the creator of a workspace.
        pub workspace_creator_role_id: WorkspaceRoleId,
        /// Given to a member who joins a workspace without a role.
        pub workspace_member_role_id: WorkspaceRoleId,
        pub created_at: Timestamp,
    }
}
