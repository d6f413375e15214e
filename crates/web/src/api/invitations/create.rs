//! `POST /organizations/{id}/invitations`

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::{OrganizationId, RoleId, WorkspaceId, WorkspaceRoleId};
use vestibule_core::invitation::Create;
use vestibule_core::language::Language;
use vestibule_core::names::InvitationMessage;
use vestibule_core::{Code, Problem};

use super::{expiry_days, locale, message};
use crate::api::response::InvitationResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Path};
use crate::openapi::Enveloped;

/// The fields of a new invitation.
#[derive(Debug, ToSchema)]
#[schema(as = NewInvitation)]
pub(crate) struct Fields {
    #[schema(value_type = String, format = Email)]
    email: EmailAddress,
    /// The organization role. The default is the deployment's member role.
    role_id: Option<RoleId>,
    /// A workspace to invite to as well.
    workspace_id: Option<WorkspaceId>,
    /// The workspace role; requires `workspace_id`. The default is the deployment's workspace member role.
    workspace_role_id: Option<WorkspaceRoleId>,
    /// Days until the invitation expires.
    #[schema(minimum = 1, maximum = 90)]
    expiry_days: Option<u16>,
    /// The language of the mail: `en` or `de`. The default is the invitee's language, if known.
    #[schema(value_type = Option<String>, example = "de")]
    locale: Option<Language>,
    /// A personal message in the mail and on the invitation page: plain text.
    #[schema(value_type = Option<String>, max_length = 500)]
    message: Option<InvitationMessage>,
}

impl FromFields for Fields {
    const ERRORS: &[Code] = &[Code::InvalidEmail, Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let parsed = Self {
            email: EmailAddress::parse(&fields.required_text("email")?)?,
            role_id: fields.id("role_id")?,
            workspace_id: fields.id("workspace_id")?,
            workspace_role_id: fields.id("workspace_role_id")?,
            expiry_days: expiry_days(fields)?,
            locale: locale(fields)?,
            message: message(fields)?,
        };
        if parsed.workspace_role_id.is_some() && parsed.workspace_id.is_none() {
            return Err(Problem::field("workspace_role_id", "name the workspace_id it is for."));
        }
        Ok(parsed)
    }
}

/// Invites a person to an organization by email.
#[utoipa::path(post, path = "/organizations/{id}/invitations",
    operation_id = "create_organization_invitation", tag = "Invitations", request_body = Fields,
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Invitation sent successfully", body = Enveloped<InvitationResponse>)))]
pub(crate) async fn create(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(fields): Body<Fields>,
) -> ApiResponse<InvitationResponse> {
    let create = Create {
        is_mailed: true,
        organization,
        invitee: fields.email,
        role: fields.role_id,
        workspace: fields.workspace_id.map(|workspace| (workspace, fields.workspace_role_id)),
        expiry_days: fields.expiry_days,
        language: fields.locale,
        message: fields.message,
    };
    ApiResponse::from(app.run(&caller, create).await.map(InvitationResponse::from))
}
