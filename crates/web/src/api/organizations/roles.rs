//! `GET /organizations/{id}/roles`

use axum::extract::State;
use vestibule_core::id::OrganizationId;
use vestibule_core::organization::ListRoles;

use crate::answer::Answer;
use crate::api::shape::RoleShape;
use crate::app::{App, Visitor};
use crate::extract::Path;
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
