//! `POST /organizations/{id}/members/{memberId}/remove`, and `DELETE /organizations/{id}/members/{memberId}`.

use axum::extract::State;
use vestibule_core::id::{MemberId, OrganizationId};
use vestibule_core::membership::Remove;

use crate::answer::Answer;
use crate::api::shape::Done;
use crate::app::{App, Visitor};
use crate::extract::Path;
use crate::openapi::Enveloped;

/// Remove a member. They have no access from now on, whatever sessions they have.
///
/// The invitations they sent stay, and are suspended if nobody with the same rights could have sent them.
#[utoipa::path(post, path = "/organizations/{id}/members/{memberId}/remove", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("memberId" = MemberId, Path, description = "The membership, or its user")),
    responses((status = 200, description = "Removed", body = Enveloped<Done>)))]
pub(crate) async fn remove_member(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization, member)): Path<(OrganizationId, MemberId)>,
) -> Answer<Done> {
    Answer::from(app.run(&caller, Remove { organization, member }).await.map(|()| Done::DONE))
}
