//! `GET` and `POST /organizations/{id}/roles`, and `POST /organizations/{id}/roles/{roleId}/remove`

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::id::{OrganizationId, RoleId};
use vestibule_core::names::RoleName;
use vestibule_core::organization::{CreateRole, ListRoles, RemoveRole};
use vestibule_core::permission::PermissionSet;
use vestibule_core::{Code, Problem};

use crate::api::response::{RoleResponse, SuccessResponse};
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
