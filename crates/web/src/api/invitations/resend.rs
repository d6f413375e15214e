//! `POST /organizations/{id}/invitations/{invitationId}/resend`

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::id::{InvitationId, OrganizationId};
use vestibule_core::invitation::Resend;

use super::expiry_days;
use crate::api::response::InvitationResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Path};
use crate::openapi::Enveloped;

/// The fields of a resent invitation.
#[derive(Debug, ToSchema)]
#[schema(as = ResentInvitation)]
pub(crate) struct Fields {
    /// Days until the invitation expires.
    #[schema(minimum = 1, maximum = 90)]
    expiry_days: Option<u16>,
}

impl FromFields for Fields {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { expiry_days: expiry_days(fields)? })
    }
}

/// Resends an invitation.
///
/// The invitation gets a new token and expiry, and earlier links stop working. Expired invitations become valid again.
/// If the invitation is suspended or its inviter has left, the caller becomes its inviter.
#[utoipa::path(post, path = "/organizations/{id}/invitations/{invitationId}/resend",
    operation_id = "resend_organization_invitation", tag = "Invitations",
    request_body = Option<Fields>,
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("invitationId" = InvitationId, Path, description = "The invitation")),
    responses((status = 200, description = "The invitation", body = Enveloped<InvitationResponse>)))]
pub(crate) async fn resend(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, invitation)): Path<(OrganizationId, InvitationId)>,
    Body(Fields { expiry_days }): Body<Fields>,
) -> ApiResponse<InvitationResponse> {
    let resend = Resend { organization, invitation, expiry_days };
    ApiResponse::from(app.run(&caller, resend).await.map(InvitationResponse::from))
}
