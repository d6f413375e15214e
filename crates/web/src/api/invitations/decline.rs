//! `POST /organizations/invitations/decline`

use axum::extract::State;
use vestibule_core::invitation::Decline;

use super::accept::Fields;
use crate::answer::Answer;
use crate::api::shape::Done;
use crate::app::{App, Visitor};
use crate::extract::Body;
use crate::openapi::Enveloped;

/// Say no to an invitation.
///
/// With the token from the mail, nobody needs an account for it. With the bare token it takes the invitee, signed in with
/// the address proved.
#[utoipa::path(post, path = "/organizations/invitations/decline", tag = "Invitations", request_body = Fields, security(()),
    responses((status = 200, description = "Declined", body = Enveloped<Done>)))]
pub(crate) async fn decline(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Body(Fields { token }): Body<Fields>,
) -> Answer<Done> {
    Answer::from(app.run(&caller, Decline { token }).await.map(|()| Done::DONE))
}
