//! `POST /workspaces`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::id::OrganizationId;
use vestibule_core::images::Subject;
use vestibule_core::names::{Description, WorkspaceName};
use vestibule_core::workspace::Create;

use crate::answer::Answer;
use crate::api::shape::{WorkspaceMembershipShape, WorkspaceShape};
use crate::app::{App, Visitor};
use crate::envelope::Refusal;
use crate::extract::{Body, FromFields, Reader};
use crate::images::{self, Sent};
use crate::openapi::Enveloped;

/// A new workspace.
#[derive(Debug, ToSchema)]
#[schema(as = NewWorkspace)]
pub(crate) struct Fields {
    organization_id: OrganizationId,
    #[schema(value_type = String, max_length = 100)]
    name: WorkspaceName,
    #[schema(value_type = Option<String>, max_length = 1000)]
    description: Description,
    /// A PNG, JPEG or WebP file in a multipart form; up to 5 MiB.
    #[schema(value_type = Option<String>, format = Binary)]
    image: Sent,
}

impl FromFields for Fields {
    const TAKES_IMAGE: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        let description = fields.text("description")?.unwrap_or_default();
        Ok(Self {
            organization_id: fields.required_id("organization_id")?,
            name: WorkspaceName::parse("name", &fields.required_text("name")?)?,
            description: Description::parse("description", &description)?,
            image: fields.image("image")?,
        })
    }
}

/// The workspace and its maker's membership.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedWorkspace)]
pub(crate) struct Created {
    workspace: WorkspaceShape,
    membership: WorkspaceMembershipShape,
}

/// Make a workspace in an organization one belongs to.
///
/// The caller becomes its first member and admin.
#[utoipa::path(post, path = "/workspaces", tag = "Workspaces", request_body = Fields,
    responses((status = 200, description = "The workspace", body = Enveloped<Created>)))]
pub(crate) async fn create(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Body(Fields { organization_id: organization, name, description, image }): Body<Fields>,
) -> Result<Answer<Created>, Refusal> {
    let image = images::received(&app, &caller, Subject::NewWorkspaceIn(organization), image).await?;
    let reply = app.run(&caller, Create { organization, name, description, image }).await;
    Ok(Answer::from(reply.map(|created| Created {
        workspace: WorkspaceShape::new(created.workspace, app.here()),
        membership: WorkspaceMembershipShape::from(&created.membership),
    })))
}
