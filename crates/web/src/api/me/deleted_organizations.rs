//! `GET /me/deleted-organizations`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::OrganizationId;
use vestibule_core::organization::{ListDeleted, Restorable};
use vestibule_core::time::Timestamp;

use crate::answer::Answer;
use crate::app::{App, Visitor};
use crate::openapi::Enveloped;

/// A deleted organization, and until when it can be brought back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeletedOrganization {
    id: OrganizationId,
    name: String,
    deleted_at: Timestamp,
    /// From this second on it is too late.
    erased_at: Timestamp,
}

impl From<Restorable> for DeletedOrganization {
    fn from(restorable: Restorable) -> Self {
        let organization = restorable.organization;
        Self {
            id: organization.id,
            name: organization.name,
            deleted_at: organization.deleted_at,
            erased_at: restorable.erased_at,
        }
    }
}

/// The deleted organizations that one may bring back, as an admin of theirs.
#[utoipa::path(get, path = "/me/deleted-organizations", tag = "Me",
    responses((status = 200, description = "They", body = Enveloped<Vec<DeletedOrganization>>)))]
pub(crate) async fn deleted_organizations(
    State(app): State<App>,
    Visitor(caller): Visitor,
) -> Answer<Vec<DeletedOrganization>> {
    let reply = app.ask(&caller, ListDeleted).await;
    Answer::from(reply.map(|deleted| deleted.into_iter().map(DeletedOrganization::from).collect()))
}
