//! `POST /organizations/{id}/members/{memberId}/roles`, and `…/roles/{roleId}/add` and `…/remove`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::{MemberId, OrganizationId, RoleId};
use vestibule_core::membership::{AssignRole, ReplaceRoles, RevokeRole};
use vestibule_core::{Code, Problem};

use crate::api::response::{RoleResponse, SuccessResponse};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Path};
use crate::openapi::Enveloped;

/// The roles of a member.
#[derive(Debug, ToSchema)]
#[schema(as = MemberRoles)]
pub(crate) struct RolesFields {
    /// All roles of the member from now on: at least one.
    #[schema(value_type = Vec<String>, min_items = 1)]
    pub(crate) role_ids: Vec<RoleId>,
}

impl FromFields for RolesFields {
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { role_ids: fields.required_ids("role_ids")? })
    }
}

/// The roles of a member before and after a change.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplacedRoles)]
pub(crate) struct ReplacedRolesResponse {
    roles: Vec<RoleResponse>,
    /// The roles that the member had. The same call with their ids undoes the change.
    previous_roles: Vec<RoleResponse>,
}

/// Gives a member exactly these roles.
///
/// The last admin keeps a role that grants `organization:admin`.
#[utoipa::path(post, path = "/organizations/{id}/members/{memberId}/roles",
    operation_id = "replace_organization_member_roles", tag = "Organizations", request_body = RolesFields,
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("memberId" = MemberId, Path, description = "The id of the membership or of its user")),
    responses((status = 200, description = "The roles", body = Enveloped<ReplacedRolesResponse>)))]
pub(crate) async fn replace(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, member)): Path<(OrganizationId, MemberId)>,
    Body(RolesFields { role_ids: roles }): Body<RolesFields>,
) -> ApiResponse<ReplacedRolesResponse> {
    let reply = app.run(&caller, ReplaceRoles { organization, member, roles }).await;
    ApiResponse::from(reply.map(|replaced| ReplacedRolesResponse {
        roles: replaced.current.into_iter().map(RoleResponse::from).collect(),
        previous_roles: replaced.previous.into_iter().map(RoleResponse::from).collect(),
    }))
}

type Ids = Path<(OrganizationId, MemberId, RoleId)>;

/// Assigns a role to a member.
///
/// The call has no effect if the member has the role already.
#[utoipa::path(post, path = "/organizations/{id}/members/{memberId}/roles/{roleId}/add",
    operation_id = "assign_organization_role", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("memberId" = MemberId, Path, description = "The id of the membership or of its user"),
           ("roleId" = RoleId, Path, description = "A role of the organization or of the deployment")),
    responses((status = 200, description = "Assigned", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn assign(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, member, role)): Ids,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, AssignRole { organization, member, role }).await.map(|()| SuccessResponse::OK))
}

/// Revokes a member's role.
///
/// The call has no effect if the member does not have the role. The last admin's role cannot be revoked.
#[utoipa::path(post, path = "/organizations/{id}/members/{memberId}/roles/{roleId}/remove",
    operation_id = "revoke_organization_role", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("memberId" = MemberId, Path, description = "The id of the membership or of its user"),
           ("roleId" = RoleId, Path, description = "The role")),
    responses((status = 200, description = "Revoked", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn revoke(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, member, role)): Ids,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, RevokeRole { organization, member, role }).await.map(|()| SuccessResponse::OK))
}
