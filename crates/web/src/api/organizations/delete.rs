//! `POST /organizations/{id}/delete`, which was `DELETE /organizations/{id}`, and the way back: `POST /organizations/{id}/restore`.

use axum::extract::State;
use vestibule_core::id::OrganizationId;
use vestibule_core::organization::{Delete, Restore};

use crate::answer::Answer;
use crate::api::shape::{Done, OrganizationShape};
use crate::app::{App, Visitor};
use crate::extract::Path;
use crate::openapi::Enveloped;

/// Delete an organization. It is gone for everybody at once; its admins can bring it back for some days.
#[utoipa::path(post, path = "/organizations/{id}/delete", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Deleted", body = Enveloped<Done>)))]
pub(crate) async fn delete(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
) -> Answer<Done> {
    Answer::from(app.run(&caller, Delete { organization }).await.map(|()| Done::DONE))
}

/// Bring a deleted organization back, with its members, roles and invitations.
#[utoipa::path(post, path = "/organizations/{id}/restore", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The organization", body = Enveloped<OrganizationShape>)))]
pub(crate) async fn restore(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
) -> Answer<OrganizationShape> {
    let here = app.here();
    let restored = app.run(&caller, Restore { organization }).await;
    Answer::from(restored.map(|organization| OrganizationShape::new(organization, here)))
}
