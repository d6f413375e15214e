//! The roles of members of a workspace.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::id::{WorkspaceId, WorkspaceMembershipId, WorkspaceRoleId};
use vestibule_core::permission::{PermissionSet, RequiredPermission, RequiredWorkspacePermission};
use vestibule_core::workspace::{ListOwn, ListRoles, ReplaceRoles, ReplacedRoles, WorkspaceMember};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::layout::{Layout, Undo};
use super::super::person::Person;
use super::super::role_values::{is_archived, role_value};
use super::super::{OrganizationPage, page_or_response, parse_id};
use super::{Ids, or_page_with_error};

/// The key of the flash message: `workspace_role_changed.{member}.{previous role}.…`.
const FLASH: &str = "workspace_role_changed";
/// The most previous roles that a flash message carries.
const MAX_UNDONE: usize = 3;

pub(super) struct AssignedRole {
    pub(super) id: WorkspaceRoleId,
    pub(super) name: String,
}

/// A role that a member could get.
pub(super) struct RoleOption {
    pub(super) id: WorkspaceRoleId,
    pub(super) name: String,
    /// [`role_value`]
    pub(super) value: String,
    pub(super) is_admin: bool,
    pub(super) is_assignable: bool,
}

/// What the caller may do in a workspace. Only for display: the commands check permissions.
pub(super) struct Access {
    organization: PermissionSet,
    in_workspace: Option<PermissionSet>,
    is_organization_admin: bool,
    pub(super) can_manage: bool,
}

impl Access {
    pub(super) async fn load(cx: &PageContext, org: &OrganizationPage, workspace: WorkspaceId) -> PageResult<Self> {
        let own = cx.query(ListOwn { organization: Some(org.id) }).await?;
        let own = own.into_iter().find(|own| own.membership.workspace_id == workspace);
        let in_workspace = own.map(|own| PermissionSet::union(own.roles.into_iter().map(|role| role.permissions)));
        let organization = org.permissions();
        let admins_manage = cx.app.settings().organizations.admins_manage_workspaces;
        let is_organization_admin = admins_manage && organization.satisfies(RequiredPermission::Admin);
        let mut access = Self { organization, in_workspace, is_organization_admin, can_manage: false };
        access.can_manage = access.satisfies(RequiredWorkspacePermission::Manage);
        Ok(access)
    }

    pub(super) fn satisfies(&self, required: RequiredWorkspacePermission) -> bool {
        let in_workspace = self.in_workspace.as_ref();
        self.is_organization_admin || in_workspace.is_some_and(|own| own.satisfies_in_workspace(required))
    }

    /// Whether the caller may grant these permissions.
    pub(super) fn covers(&self, permissions: &PermissionSet) -> bool {
        self.organization.covers_in_workspace(self.in_workspace.as_ref(), permissions)
    }

    /// The roles of the workspace: the default role of members first.
    pub(super) async fn role_options(&self, cx: &PageContext, workspace: WorkspaceId) -> PageResult<Vec<RoleOption>> {
        let roles = cx.query(ListRoles { workspace }).await?;
        let options = roles.iter().map(|role| RoleOption {
            id: role.id,
            value: role_value(&role.id, &role.name, roles.iter().map(|role| role.name.as_str())),
            is_admin: role.permissions.satisfies_in_workspace(RequiredWorkspacePermission::Admin),
            is_assignable: self.covers(&role.permissions) && !is_archived(cx.app.settings(), &role.permissions),
            name: cx.words.role_name(&role.name, role.workspace_id.is_none()),
        });
        Ok(options.collect())
    }
}

pub(super) fn is_admin(member: &WorkspaceMember) -> bool {
    let admin = RequiredWorkspacePermission::Admin;
    member.roles.iter().any(|role| role.permissions.satisfies_in_workspace(admin))
}

/// Gives a member exactly the roles of the form. The flash message undoes changes with it.
pub(super) async fn replace_roles(
    cx: PageContext,
    Path((organization, workspace, member)): Path<(String, String, String)>,
    form: Form,
) -> Response {
    let replaced = async {
        let ids = Ids::parse(&cx, &organization, &workspace)?;
        let member = parse_id(&cx, &member)?;
        let roles = form.fields().filter(|(name, _)| name == "role").filter_map(|(_, role)| role.parse().ok());
        let replaced = replace(&cx, ids, member, roles.collect(), form.return_path(&ids.path())).await;
        or_page_with_error(&cx, ids, replaced).await
    };
    page_or_response(replaced.await)
}

pub(super) async fn replace(
    cx: &PageContext,
    ids: Ids,
    member: WorkspaceMembershipId,
    roles: Vec<WorkspaceRoleId>,
    return_to: &str,
) -> Result<Response, Problem> {
    let replaced = cx.run(ReplaceRoles { workspace: ids.workspace, member: member.get().into(), roles }).await?;
    Ok(cx.redirect_with_flash(return_to, &flash_key(member, &replaced)))
}

fn flash_key(member: WorkspaceMembershipId, replaced: &ReplacedRoles) -> String {
    let previous: Vec<_> = replaced.previous.iter().map(|role| role.id).collect();
    let is_changed = previous.iter().ne(replaced.current.iter().map(|role| &role.id));
    let previous = if is_changed && previous.len() <= MAX_UNDONE { previous } else { Vec::new() };
    previous.iter().fold(format!("{FLASH}.{member}"), |key, role| format!("{key}.{role}"))
}

/// Adds the flash message after a change of roles, if the page shows the member.
pub(super) fn with_role_flash(cx: &PageContext, ids: Ids, layout: Layout, members: &[WorkspaceMember]) -> Layout {
    let Some((member, previous)) = cx.flash_arguments(FLASH).and_then(|arguments| arguments.split_first()) else {
        return layout;
    };
    let Some(found) = members.iter().find(|found| found.membership.id.to_string() == *member) else {
        return layout;
    };
    let (t, name) = (cx.words, Person::from_user(cx, &found.user).name);
    let roles: Vec<_> = found.roles.iter().map(|role| t.role_name(&role.name, role.workspace_id.is_none())).collect();
    let layout = layout.with_flash(t.role_changed(roles.len(), name, roles.join(", ")));
    if previous.is_empty() {
        return layout;
    }
    let fields = previous.iter().map(|role| ("role", role.clone()));
    let fields = fields.chain([("return_to", cx.path_and_query.clone())]).collect();
    layout.with_undo(Undo { action: format!("{}/members/{member}/roles", ids.path()), fields })
}
