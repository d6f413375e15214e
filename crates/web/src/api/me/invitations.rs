//! `GET /me/invitations`

use axum::extract::State;
use vestibule_core::invitation::Mine;

use crate::answer::Answer;
use crate::api::shape::OwnInvitationShape;
use crate::app::{App, Visitor};
use crate::openapi::Enveloped;

/// What one is invited to, over all organizations.
///
/// Only invitations for addresses that one has proved: an address that is merely claimed shows nothing. Those that ran
/// out are among them, marked `expired`.
#[utoipa::path(get, path = "/me/invitations", tag = "Me",
    responses((status = 200, description = "The invitations, the newest first", body = Enveloped<Vec<OwnInvitationShape>>)))]
pub(crate) async fn invitations(State(app): State<App>, Visitor(caller): Visitor) -> Answer<Vec<OwnInvitationShape>> {
    Answer::from(
        app.ask(&caller, Mine)
            .await
            .map(|own| own.into_iter().map(|own| OwnInvitationShape::new(own, app.here())).collect()),
    )
}
