//! `GET /organizations/{id}/roles`, `POST` of the same, and `POST /organizations/{id}/roles/{roleId}/remove`, which was
//! `DELETE /organizations/{id}/roles/{roleId}`.

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::access::PermissionSet;
use vestibule_core::id::{OrganizationId, RoleId};
use vestibule_core::names::RoleName;
use vestibule_core::organization::{DefineRole, ListRoles, RemoveRole};

use crate::answer::Answer;
use crate::api::shape::{Done, RoleShape};
use crate::app::{App, Visitor};
use crate::extract::{Body, FromFields, Path, Reader};
use crate::openapi::Enveloped;

/// The roles that can be given in an organization: the deployment's and its own.
#[utoipa::path(get, path = "/organizations/{id}/roles", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Roles retrieved successfully", body = Enveloped<Vec<RoleShape>>)))]
pub(crate) async fn roles(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
) -> Answer<Vec<RoleShape>> {
    let reply = app.ask(&caller, ListRoles { organization }).await;
    Answer::from(reply.map(|roles| roles.into_iter().map(RoleShape::from).collect()))
}

/// A new role.
#[derive(Debug, ToSchema)]
#[schema(as = NewRole)]
pub(crate) struct Fields {
    #[schema(value_type = String, min_length = 2, max_length = 100)]
    pub(crate) name: RoleName,
    /// What it allows: at most what the caller holds.
    #[schema(value_type = Vec<String>, max_items = 100)]
    pub(crate) permissions: PermissionSet,
}

impl FromFields for Fields {
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        let permissions = fields.texts("permissions")?.unwrap_or_default();
        Ok(Self {
            name: RoleName::parse("name", &fields.required_text("name")?)?,
            permissions: PermissionSet::parse("permissions", permissions)?,
        })
    }
}

/// Define a role of the organization's own.
#[utoipa::path(post, path = "/organizations/{id}/roles", tag = "Organizations", request_body = Fields,
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Role created successfully", body = Enveloped<RoleShape>)))]
pub(crate) async fn define(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(Fields { name, permissions }): Body<Fields>,
) -> Answer<RoleShape> {
    Answer::from(app.run(&caller, DefineRole { organization, name, permissions }).await.map(RoleShape::from))
}

/// What takes a role's place.
#[derive(Debug, ToSchema)]
#[schema(as = RoleReplacement)]
pub(crate) struct Replacement {
    /// The role that members and invitees get who have the one that goes. Without it, a role in use stays.
    #[schema(value_type = Option<String>)]
    replacement_role_id: Option<RoleId>,
}

impl FromFields for Replacement {
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self { replacement_role_id: fields.id("replacement_role_id")? })
    }
}

/// Remove a role of the organization's own.
#[utoipa::path(post, path = "/organizations/{id}/roles/{roleId}/remove", tag = "Organizations",
    request_body = Option<Replacement>,
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("roleId" = RoleId, Path, description = "The role")),
    responses((status = 200, description = "Removed", body = Enveloped<Done>)))]
pub(crate) async fn remove(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization, role)): Path<(OrganizationId, RoleId)>,
    Body(Replacement { replacement_role_id: replacement }): Body<Replacement>,
) -> Answer<Done> {
    Answer::from(app.run(&caller, RemoveRole { organization, role, replacement }).await.map(|()| Done::DONE))
}
