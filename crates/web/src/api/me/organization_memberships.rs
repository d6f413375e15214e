//! `GET /me/organization-memberships`

use axum::extract::State;
use vestibule_core::membership::Mine;

use crate::answer::Answer;
use crate::api::shape::OwnMembershipShape;
use crate::app::{App, Visitor};
use crate::openapi::Enveloped;

/// The organizations one belongs to, the newest membership first.
#[utoipa::path(get, path = "/me/organization-memberships", tag = "Me",
    responses((status = 200, description = "The memberships", body = Enveloped<Vec<OwnMembershipShape>>)))]
pub(crate) async fn organization_memberships(
    State(app): State<App>,
    Visitor(caller): Visitor,
) -> Answer<Vec<OwnMembershipShape>> {
    let here = app.here();
    let reply = app.ask(&caller, Mine).await;
    Answer::from(reply.map(|own| own.into_iter().map(|own| OwnMembershipShape::own(own, here)).collect()))
}
