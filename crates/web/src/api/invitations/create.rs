//! `POST /organizations/{id}/invitations`

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::{OrganizationId, RoleId, WorkspaceId, WorkspaceRoleId};
use vestibule_core::invitation::Create;
use vestibule_core::language::Language;

use super::expiry_days;
use crate::answer::Answer;
use crate::api::shape::InvitationShape;
use crate::app::{App, Visitor};
use crate::extract::{Body, FromFields, Path, Reader};
use crate::openapi::Enveloped;

/// Whom to invite, as what.
#[derive(Debug, ToSchema)]
#[schema(as = NewInvitation)]
pub(crate) struct Fields {
    #[schema(value_type = String, format = Email)]
    email: EmailAddress,
    /// The deployment's member role when left out.
    role_id: Option<RoleId>,
    /// Into one of the organization's workspaces as well.
    workspace_id: Option<WorkspaceId>,
    /// Only with a workspace; the deployment's workspace member role when left out.
    workspace_role_id: Option<WorkspaceRoleId>,
    /// Days until it expires.
    #[schema(minimum = 1, maximum = 90)]
    expiry_days: Option<u16>,
    /// The language of the mail: `en` or `de`; the invitee's own when left out, where that is known.
    #[schema(value_type = Option<String>, example = "de")]
    locale: Option<Language>,
}

impl FromFields for Fields {
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        let read = Self {
            email: EmailAddress::parse(&fields.required_text("email")?)?,
            role_id: fields.id("role_id")?,
            workspace_id: fields.id("workspace_id")?,
            workspace_role_id: fields.id("workspace_role_id")?,
            expiry_days: expiry_days(fields)?,
            locale: locale(fields)?,
        };
        if read.workspace_role_id.is_some() && read.workspace_id.is_none() {
            return Err(Problem::field("workspace_role_id", "name the workspace_id it is for."));
        }
        Ok(read)
    }
}

fn locale(fields: &mut Reader) -> Result<Option<Language>, Problem> {
    let tag = fields.text("locale")?.filter(|tag| !tag.is_empty());
    tag.map(|tag| tag.parse().map_err(|_| Problem::field("locale", "write en or de."))).transpose()
}

/// Invite somebody by e-mail.
#[utoipa::path(post, path = "/organizations/{id}/invitations", tag = "Invitations", request_body = Fields,
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Invitation sent successfully", body = Enveloped<InvitationShape>)))]
pub(crate) async fn create(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(fields): Body<Fields>,
) -> Answer<InvitationShape> {
    let create = Create {
        organization,
        invitee: fields.email,
        role: fields.role_id,
        workspace: fields.workspace_id.map(|workspace| (workspace, fields.workspace_role_id)),
        days: fields.expiry_days,
        language: fields.locale,
    };
    Answer::from(app.run(&caller, create).await.map(InvitationShape::from))
}
