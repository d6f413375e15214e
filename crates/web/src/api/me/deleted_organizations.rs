//! `GET /me/deleted-organizations`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::OrganizationId;
use vestibule_core::organization::{ListDeleted, RestorableOrganization};
use vestibule_core::time::Timestamp;

use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::openapi::Enveloped;

/// A deleted organization that can be restored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeletedOrganization {
    id: OrganizationId,
    name: String,
    deleted_at: Timestamp,
    /// The time of permanent deletion; from then on it cannot be restored.
    erased_at: Timestamp,
}

impl From<RestorableOrganization> for DeletedOrganization {
    fn from(restorable: RestorableOrganization) -> Self {
        let organization = restorable.organization;
        Self {
            id: organization.id,
            name: organization.name,
            deleted_at: organization.deleted_at,
            erased_at: restorable.erased_at,
        }
    }
}

/// Lists the deleted organizations that the caller can restore, as an admin of them.
#[utoipa::path(get, path = "/me/deleted-organizations", operation_id = "list_deleted_organizations", tag = "Me",
    responses((status = 200, description = "The organizations", body = Enveloped<Vec<DeletedOrganization>>)))]
pub(crate) async fn deleted_organizations(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
) -> ApiResponse<Vec<DeletedOrganization>> {
    let reply = app.query(&caller, ListDeleted).await;
    ApiResponse::from(reply.map(|deleted| deleted.into_iter().map(DeletedOrganization::from).collect()))
}
