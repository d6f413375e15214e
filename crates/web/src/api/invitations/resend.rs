//! `POST /organizations/{id}/invitations/{invitationId}/resend`

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::id::{InvitationId, OrganizationId};
use vestibule_core::invitation::Resend;

use super::expiry_days;
use crate::answer::Answer;
use crate::api::shape::InvitationShape;
use crate::app::{App, Visitor};
use crate::extract::{Body, FromFields, Path, Reader};
use crate::openapi::Enveloped;

/// How long it is to live now.
#[derive(Debug, ToSchema)]
#[schema(as = ResentInvitation)]
pub(crate) struct Fields {
    /// Days until it expires.
    #[schema(minimum = 1, maximum = 90)]
    expiry_days: Option<u16>,
}

impl FromFields for Fields {
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self { expiry_days: expiry_days(fields)? })
    }
}

/// Send an invitation again.
///
/// It gets a new token and a new end, and every older link is dead. This also revives one that has expired, and takes
/// over one whose inviter may no longer grant it.
#[utoipa::path(post, path = "/organizations/{id}/invitations/{invitationId}/resend", tag = "Invitations",
    request_body = Option<Fields>,
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("invitationId" = InvitationId, Path, description = "The invitation")),
    responses((status = 200, description = "The invitation", body = Enveloped<InvitationShape>)))]
pub(crate) async fn resend(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization, invitation)): Path<(OrganizationId, InvitationId)>,
    Body(Fields { expiry_days }): Body<Fields>,
) -> Answer<InvitationShape> {
    let resend = Resend { organization, invitation, days: expiry_days };
    Answer::from(app.run(&caller, resend).await.map(InvitationShape::from))
}
