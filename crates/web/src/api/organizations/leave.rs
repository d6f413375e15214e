//! `POST /organizations/{id}/leave`, and `DELETE` of the same.

use axum::extract::State;
use vestibule_core::id::OrganizationId;
use vestibule_core::membership::Leave;

use crate::answer::Answer;
use crate::api::shape::Done;
use crate::app::{App, Visitor};
use crate::extract::Path;
use crate::openapi::Enveloped;

/// Leave an organization and all its workspaces. Its last admin cannot.
#[utoipa::path(post, path = "/organizations/{id}/leave", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Left", body = Enveloped<Done>)))]
pub(crate) async fn leave(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
) -> Answer<Done> {
    Answer::from(app.run(&caller, Leave { organization }).await.map(|()| Done::DONE))
}
