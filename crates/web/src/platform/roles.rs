//! The roles of an organization.

use axum::extract::State;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::id::{OrganizationId, RoleId};
use vestibule_core::membership::MembershipRole;
use vestibule_core::organization::{CreateRole, ListRoles, RemoveRole, Role, UpdateRole};
use vestibule_core::permission::PermissionSet;
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem};

use super::page::{Page, WholeListQuery};
use super::response::{Empty, PlatformResponse};
use crate::api::organizations::roles::{Fields, UpdateRoleFields};
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Path, Query};

/// A role of an organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationRole)]
pub(crate) struct RoleResponse {
    id: RoleId,
    created_at: Timestamp,
    updated_at: Timestamp,
    name: String,
    #[schema(value_type = Vec<String>)]
    permissions: PermissionSet,
    /// Whether all organizations share it. None of them can change it then.
    is_deployment_level: bool,
}

// Roles come from two kinds of rows.
macro_rules! impl_from_role {
    ($($row:ty),+) => {$(
        impl From<$row> for RoleResponse {
            fn from(role: $row) -> Self {
                Self {
                    id: role.id,
                    created_at: role.created_at,
                    updated_at: role.updated_at,
                    name: role.name,
                    permissions: role.permissions,
                    is_deployment_level: role.organization_id.is_none(),
                }
            }
        }
    )+};
}

impl_from_role!(Role, MembershipRole);

/// Lists the roles that members of an organization can have: the deployment's and its own.
///
/// The default role of members comes first, then the oldest; `sort_key` can be `created_at` or `name`.
#[utoipa::path(get, path = "/organizations/{id}/roles", operation_id = "list_organization_roles",
    tag = "Organization roles", params(("id" = OrganizationId, Path, description = "The organization"), WholeListQuery),
    responses((status = 200, description = "A page of roles", body = Page<RoleResponse>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Query(query): Query<WholeListQuery>,
) -> PlatformResponse<Page<RoleResponse>> {
    let reply = app.query(&caller, ListRoles { organization }).await;
    reply.map(|roles| Page::of_selected(roles, &query, |role| &role.name, |role| role.id, RoleResponse::from)).into()
}

/// Creates a role of an organization.
///
/// A key cannot give a role built-in permissions that its scopes do not cover.
#[utoipa::path(post, path = "/organizations/{id}/roles", operation_id = "create_organization_role",
    tag = "Organization roles", request_body = Fields,
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The role", body = RoleResponse)))]
pub(crate) async fn create(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(Fields { name, permissions }): Body<Fields>,
) -> PlatformResponse<RoleResponse> {
    app.run(&caller, CreateRole { organization, name, permissions }).await.map(RoleResponse::from).into()
}

/// Changes the name or the permissions of a role of an organization.
#[utoipa::path(patch, path = "/organizations/{id}/roles/{role_id}", operation_id = "update_organization_role",
    tag = "Organization roles", request_body = UpdateRoleFields,
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("role_id" = RoleId, Path, description = "A role of the organization")),
    responses((status = 200, description = "The role", body = RoleResponse)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, role)): Path<(OrganizationId, RoleId)>,
    Body(UpdateRoleFields { name, permissions }): Body<UpdateRoleFields>,
) -> PlatformResponse<RoleResponse> {
    app.run(&caller, UpdateRole { organization, role, name, permissions }).await.map(RoleResponse::from).into()
}

/// What replaces a deleted role.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReplacementQuery {
    /// The role that members and pending invitations with the deleted one get. Required if there are any.
    replacement_role_id: Option<RoleId>,
}

impl FromFields for ReplacementQuery {
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { replacement_role_id: fields.id("replacement_role_id")? })
    }
}

/// Deletes a role of an organization.
#[utoipa::path(delete, path = "/organizations/{id}/roles/{role_id}", operation_id = "delete_organization_role",
    tag = "Organization roles",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("role_id" = RoleId, Path, description = "A role of the organization"), ReplacementQuery),
    responses((status = 200, description = "Deleted", body = Empty)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, role)): Path<(OrganizationId, RoleId)>,
    Query(ReplacementQuery { replacement_role_id: replacement }): Query<ReplacementQuery>,
) -> PlatformResponse<Empty> {
    app.run(&caller, RemoveRole { organization, role, replacement }).await.map(|()| Empty {}).into()
}
