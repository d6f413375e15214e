//! `POST /workspaces`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::OrganizationId;
use vestibule_core::images::ImageOwner;
use vestibule_core::names::{Description, WorkspaceName};
use vestibule_core::workspace::Create;
use vestibule_core::{Code, Problem};

use crate::api::response::{WorkspaceMembershipResponse, WorkspaceResponse};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Body, FieldReader, FromFields};
use crate::images::{self, ImageField};
use crate::openapi::Enveloped;

/// The fields of a new workspace.
#[derive(Debug, ToSchema)]
#[schema(as = NewWorkspace)]
pub(crate) struct Fields {
    organization_id: OrganizationId,
    #[schema(value_type = String, max_length = 100)]
    name: WorkspaceName,
    #[schema(value_type = Option<String>, max_length = 1000)]
    description: Description,
    #[schema(ignore)]
    image: ImageField,
}

impl FromFields for Fields {
    const ACCEPTS_IMAGE: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let description = fields.text("description")?.unwrap_or_default();
        Ok(Self {
            organization_id: fields.required_id("organization_id")?,
            name: WorkspaceName::parse("name", &fields.required_text("name")?)?,
            description: Description::parse("description", &description)?,
            image: fields.image("image")?,
        })
    }
}

/// The new workspace and the caller's membership.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedWorkspace)]
pub(crate) struct Created {
    workspace: WorkspaceResponse,
    /// The caller is its first member.
    #[schema(value_type = WorkspaceMembershipResponse)]
    membership: Option<WorkspaceMembershipResponse>,
}

/// Creates a workspace in one of the caller's organizations.
///
/// The caller becomes its admin.
#[utoipa::path(post, path = "/workspaces", operation_id = "create_workspace", tag = "Workspaces", request_body = Fields,
    responses((status = 200, description = "The workspace", body = Enveloped<Created>)))]
pub(crate) async fn create(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(Fields { organization_id: organization, name, description, image }): Body<Fields>,
) -> Result<ApiResponse<Created>, Refusal> {
    let image = images::store_upload(&app, &caller, ImageOwner::NewWorkspace(organization), image).await?;
    let reply = app
        .run(&caller, Create { organization, name, description, image, public_metadata: None, private_metadata: None })
        .await;
    Ok(ApiResponse::from(reply.map(|created| Created {
        workspace: WorkspaceResponse::new(created.workspace, app.response_context()),
        membership: created.membership.as_ref().map(WorkspaceMembershipResponse::from),
    })))
}
