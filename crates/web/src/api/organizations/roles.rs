//! `GET` and `POST /organizations/{id}/roles`, `GET /organizations/{id}/roles/{roleId}`, and its `…/update` and
//! `…/remove`

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::id::{OrganizationId, RoleId};
use vestibule_core::names::RoleName;
use vestibule_core::organization::{CreateRole, ListRoles, RemoveRole, ShowRole, UpdateRole};
use vestibule_core::permission::PermissionSet;
use vestibule_core::{Code, Problem};

use crate::api::response::{RoleDetailsResponse, RoleResponse, SuccessResponse};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Path};
use crate::openapi::Enveloped;

/// Lists the roles that members of an organization can have: the deployment's and its own.
#[utoipa::path(get, path = "/organizations/{id}/roles", operation_id = "list_organization_roles", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Roles retrieved successfully", body = Enveloped<Vec<RoleResponse>>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
) -> ApiResponse<Vec<RoleResponse>> {
    let reply = app.query(&caller, ListRoles { organization }).await;
    ApiResponse::from(reply.map(|roles| roles.into_iter().map(RoleResponse::from).collect()))
}

/// The fields of a new role.
#[derive(Debug, ToSchema)]
#[schema(as = NewRole)]
pub(crate) struct Fields {
    #[schema(value_type = String, min_length = 2, max_length = 100)]
    pub(crate) name: RoleName,
    /// The permissions of the role. The caller must have all of them.
    #[schema(value_type = Vec<String>, required = false, max_items = 100)]
    pub(crate) permissions: PermissionSet,
}

impl FromFields for Fields {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let permissions = fields.texts("permissions")?.unwrap_or_default();
        Ok(Self {
            name: RoleName::parse("name", &fields.required_text("name")?)?,
            permissions: PermissionSet::parse("permissions", permissions)?,
        })
    }
}

/// Creates an organization role.
#[utoipa::path(post, path = "/organizations/{id}/roles",
    operation_id = "create_organization_role", tag = "Organizations", request_body = Fields,
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Role created successfully", body = Enveloped<RoleResponse>)))]
pub(crate) async fn create(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(Fields { name, permissions }): Body<Fields>,
) -> ApiResponse<RoleResponse> {
    ApiResponse::from(app.run(&caller, CreateRole { organization, name, permissions }).await.map(RoleResponse::from))
}

/// Shows a role, and how many members and pending invitations have it.
#[utoipa::path(get, path = "/organizations/{id}/roles/{roleId}",
    operation_id = "show_organization_role", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("roleId" = RoleId, Path, description = "A role of the organization or of the deployment")),
    responses((status = 200, description = "The role", body = Enveloped<RoleDetailsResponse>)))]
pub(crate) async fn show(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, role)): Path<(OrganizationId, RoleId)>,
) -> ApiResponse<RoleDetailsResponse> {
    let reply = app.query(&caller, ShowRole { organization, role }).await;
    ApiResponse::from(reply.map(RoleDetailsResponse::from))
}

/// The changes of a role. Absent fields are unchanged.
#[derive(Debug, ToSchema)]
#[schema(as = RoleUpdate)]
pub(crate) struct UpdateRoleFields {
    #[schema(value_type = Option<String>, min_length = 2, max_length = 100)]
    pub(crate) name: Option<RoleName>,
    /// All permissions of the role from now on. The caller must have them, and those that the role had.
    #[schema(value_type = Option<Vec<String>>, max_items = 100)]
    pub(crate) permissions: Option<PermissionSet>,
}

impl FromFields for UpdateRoleFields {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let name = fields.text("name")?.map(|name| RoleName::parse("name", &name)).transpose()?;
        let permissions = fields.texts("permissions")?;
        let permissions = permissions.map(|given| PermissionSet::parse("permissions", given)).transpose()?;
        Ok(Self { name, permissions })
    }
}

/// Changes the name or the permissions of an organization role.
///
/// The change takes effect at once for every member with the role. A pending invitation with the role is suspended if
/// its inviter lacks an added permission. The role of the last admin stays one that grants `organization:admin`.
#[utoipa::path(post, path = "/organizations/{id}/roles/{roleId}/update",
    operation_id = "update_organization_role", tag = "Organizations", request_body = UpdateRoleFields,
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("roleId" = RoleId, Path, description = "A role of the organization")),
    responses((status = 200, description = "The role", body = Enveloped<RoleResponse>)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, role)): Path<(OrganizationId, RoleId)>,
    Body(UpdateRoleFields { name, permissions }): Body<UpdateRoleFields>,
) -> ApiResponse<RoleResponse> {
    let command = UpdateRole { organization, role, name, permissions };
    ApiResponse::from(app.run(&caller, command).await.map(RoleResponse::from))
}

/// The replacement of a removed role.
#[derive(Debug, ToSchema)]
#[schema(as = RoleReplacement)]
pub(crate) struct RemoveRoleFields {
    /// The role that replaces the removed one for members and invitations. Required if the role is in use.
    #[schema(value_type = Option<String>)]
    replacement_role_id: Option<RoleId>,
}

impl FromFields for RemoveRoleFields {
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { replacement_role_id: fields.id("replacement_role_id")? })
    }
}

/// Removes an organization role.
#[utoipa::path(post, path = "/organizations/{id}/roles/{roleId}/remove",
    operation_id = "remove_organization_role", tag = "Organizations",
    request_body = Option<RemoveRoleFields>,
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("roleId" = RoleId, Path, description = "The role")),
    responses((status = 200, description = "Removed", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn remove(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, role)): Path<(OrganizationId, RoleId)>,
    Body(RemoveRoleFields { replacement_role_id: replacement }): Body<RemoveRoleFields>,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(
        app.run(&caller, RemoveRole { organization, role, replacement }).await.map(|()| SuccessResponse::OK),
    )
}
