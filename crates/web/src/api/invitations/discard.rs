//! `POST /organizations/{id}/invitations/{invitationId}/discard`, and `DELETE /organizations/{id}/invitations/{invitationId}`.

use axum::extract::State;
use vestibule_core::id::{InvitationId, OrganizationId};
use vestibule_core::invitation::Discard;

use crate::answer::Answer;
use crate::api::shape::Done;
use crate::app::{App, Visitor};
use crate::extract::Path;
use crate::openapi::Enveloped;

/// Take an invitation back. Its links are dead at once.
#[utoipa::path(post, path = "/organizations/{id}/invitations/{invitationId}/discard", tag = "Invitations",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("invitationId" = InvitationId, Path, description = "The invitation")),
    responses((status = 200, description = "Discarded", body = Enveloped<Done>)))]
pub(crate) async fn discard(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization, invitation)): Path<(OrganizationId, InvitationId)>,
) -> Answer<Done> {
    Answer::from(app.run(&caller, Discard { organization, invitation }).await.map(|()| Done::DONE))
}
