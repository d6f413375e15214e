//! What the pages of roles are for: an organization, or one of its workspaces. Both have the same calls.

use std::collections::HashMap;

use axum::extract::Path;
use vestibule_core::Problem;
use vestibule_core::id::{OrganizationId, WorkspaceId};
use vestibule_core::listing::Total;
use vestibule_core::names::RoleName;
use vestibule_core::organization::{self, RoleUsage};
use vestibule_core::permission::{PermissionSet, RequiredPermission, RequiredWorkspacePermission};
use vestibule_core::workspace;

use super::super::super::context::{PageContext, PageResult};
use super::super::{OrganizationPage, load_organization, parse_id, workspaces};

/// The parameters of a path: `id`, and `workspace` and `role` if it has them.
pub(super) type PathIds = Path<HashMap<String, String>>;

#[derive(Clone, Copy)]
enum Place {
    Organization(OrganizationId),
    Workspace(WorkspaceId),
}

/// The organization or workspace of a request, and what the caller may do there.
pub(super) struct Scope {
    pub(super) org: OrganizationPage,
    place: Place,
    /// The name of the workspace.
    pub(super) workspace: Option<String>,
    pub(super) can_manage: bool,
    /// The caller's permissions in the workspace; `None` if they are not in it.
    in_workspace: Option<PermissionSet>,
}

/// A role of either kind.
pub(super) struct RoleRecord {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) permissions: PermissionSet,
    pub(super) is_shared: bool,
}

impl From<organization::Role> for RoleRecord {
    fn from(role: organization::Role) -> Self {
        Self {
            id: role.id.get(),
            name: role.name,
            permissions: role.permissions,
            is_shared: role.organization_id.is_none(),
        }
    }
}

impl From<workspace::WorkspaceRole> for RoleRecord {
    fn from(role: workspace::WorkspaceRole) -> Self {
        Self {
            id: role.id.get(),
            name: role.name,
            permissions: role.permissions,
            is_shared: role.workspace_id.is_none(),
        }
    }
}

impl Scope {
    /// Loads the organization or the workspace of a path.
    pub(super) async fn load(cx: &PageContext, ids: &HashMap<String, String>) -> PageResult<Self> {
        let id: OrganizationId = parse_id(cx, ids.get("id").map_or("", String::as_str))?;
        let Some(workspace) = ids.get("workspace") else {
            let org = load_organization(cx, id, "roles").await?;
            let can_manage = org.has_permission(RequiredPermission::ManageRoles);
            return Ok(Self { place: Place::Organization(id), workspace: None, can_manage, in_workspace: None, org });
        };
        let workspace_id: WorkspaceId = parse_id(cx, workspace)?;
        let org = load_organization(cx, id, "workspaces").await?;
        let shown = workspaces::find(cx, id, workspace_id).await?;
        let own = cx.query(workspace::ListOwn { organization: Some(id) }).await?;
        let own = own.into_iter().find(|own| own.membership.workspace_id == workspace_id);
        let in_workspace = own.map(|own| PermissionSet::union(own.roles.into_iter().map(|role| role.permissions)));
        let manages = RequiredWorkspacePermission::Manage;
        let can_manage = in_workspace.as_ref().is_some_and(|own| own.satisfies_in_workspace(manages))
            || (org.is_admin && cx.app.settings().organizations.admins_manage_workspaces);
        let place = Place::Workspace(workspace_id);
        Ok(Self { place, workspace: Some(shown.workspace.name), can_manage, in_workspace, org })
    }

    pub(super) const fn is_workspace(&self) -> bool {
        self.workspace.is_some()
    }

    /// The path of the list of roles.
    pub(super) fn path(&self) -> String {
        match self.place {
            Place::Organization(_) => self.org.path("roles"),
            Place::Workspace(workspace) => format!("{}/{workspace}/roles", self.org.path("workspaces")),
        }
    }

    /// Whether the caller has all of these permissions, and so may grant them.
    pub(super) fn covers(&self, permissions: &PermissionSet) -> bool {
        let own = self.org.permissions();
        match self.place {
            Place::Organization(_) => own.covers(permissions),
            Place::Workspace(_) => own.covers_in_workspace(self.in_workspace.as_ref(), permissions),
        }
    }

    /// The permissions that a new role may have.
    pub(super) fn definable(&self, cx: &PageContext) -> Vec<String> {
        let roles = &cx.app.settings().roles;
        if self.is_workspace() { roles.definable_in_workspaces() } else { roles.definable_in_organizations() }
    }

    pub(super) async fn list(&self, cx: &PageContext) -> PageResult<Vec<RoleRecord>> {
        Ok(match self.place {
            Place::Organization(organization) => {
                cx.query(organization::ListRoles { organization }).await?.into_iter().map(RoleRecord::from).collect()
            }
            Place::Workspace(workspace) => {
                cx.query(workspace::ListRoles { workspace }).await?.into_iter().map(RoleRecord::from).collect()
            }
        })
    }

    /// The number of members of each role.
    pub(super) async fn count_members(&self, cx: &PageContext) -> PageResult<HashMap<i64, Total>> {
        match self.place {
            Place::Organization(organization) => cx.query(organization::CountRoleMembers { organization }).await,
            Place::Workspace(workspace) => cx.query(workspace::CountRoleMembers { workspace }).await,
        }
    }

    pub(super) async fn show(&self, cx: &PageContext, role: i64) -> PageResult<(RoleRecord, RoleUsage)> {
        Ok(match self.place {
            Place::Organization(organization) => {
                let found = cx.query(organization::ShowRole { organization, role: role.into() }).await?;
                (found.role.into(), found.usage)
            }
            Place::Workspace(workspace) => {
                let found = cx.query(workspace::ShowRole { workspace, role: role.into() }).await?;
                (found.role.into(), found.usage)
            }
        })
    }

    pub(super) async fn create(
        &self,
        cx: &PageContext,
        name: RoleName,
        permissions: PermissionSet,
    ) -> Result<(), Problem> {
        match self.place {
            Place::Organization(organization) => {
                cx.run(organization::CreateRole { organization, name, permissions }).await.map(|_| ())
            }
            Place::Workspace(workspace) => {
                cx.run(workspace::CreateRole { workspace, name, permissions }).await.map(|_| ())
            }
        }
    }

    pub(super) async fn update(
        &self,
        cx: &PageContext,
        role: i64,
        name: RoleName,
        permissions: PermissionSet,
    ) -> Result<(), Problem> {
        let (name, permissions) = (Some(name), Some(permissions));
        match self.place {
            Place::Organization(organization) => {
                let update = organization::UpdateRole { organization, role: role.into(), name, permissions };
                cx.run(update).await.map(|_| ())
            }
            Place::Workspace(workspace) => {
                cx.run(workspace::UpdateRole { workspace, role: role.into(), name, permissions }).await.map(|_| ())
            }
        }
    }

    /// Deletes a role. A workspace's role must not be in use; `replacement` is for those of an organization.
    pub(super) async fn remove(&self, cx: &PageContext, role: i64, replacement: Option<i64>) -> Result<(), Problem> {
        match self.place {
            Place::Organization(organization) => {
                let replacement = replacement.map(Into::into);
                cx.run(organization::RemoveRole { organization, role: role.into(), replacement }).await
            }
            Place::Workspace(workspace) => cx.run(workspace::RemoveRole { workspace, role: role.into() }).await,
        }
    }
}

/// Parses the role of a path. Error page: `ROLE_NOT_FOUND`.
pub(super) fn parse_role(cx: &PageContext, ids: &HashMap<String, String>) -> PageResult<i64> {
    let role = ids.get("role").and_then(|role| role.parse().ok());
    role.ok_or_else(|| cx.error_page(&vestibule_core::Code::RoleNotFound.into()))
}
