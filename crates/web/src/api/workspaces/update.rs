//! `POST /workspaces/{id}/update`, which was `PUT /workspaces/{id}`, and `POST /workspaces/{id}/delete`, which was `DELETE`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::access::AddressList;
use vestibule_core::id::WorkspaceId;
use vestibule_core::images::Subject;
use vestibule_core::names::{Description, WorkspaceName};
use vestibule_core::workspace::{Delete, Update};

use crate::answer::Answer;
use crate::api::shape::{Done, WorkspaceShape};
use crate::app::{App, Visitor};
use crate::envelope::Refusal;
use crate::extract::{Body, FromFields, Path, Reader};
use crate::images::{self, Sent};
use crate::openapi::Enveloped;

/// What is to be changed; what is left out stays.
#[derive(Debug, ToSchema)]
#[schema(as = WorkspaceChanges)]
pub(crate) struct Fields {
    #[schema(value_type = Option<String>, max_length = 100)]
    name: Option<WorkspaceName>,
    #[schema(value_type = Option<String>, max_length = 1000)]
    description: Option<Description>,
    /// A PNG, JPEG or WebP file in a multipart form, up to 5 MiB; the text `null` for none.
    #[schema(value_type = Option<String>, format = Binary)]
    image: Sent,
    /// Addresses and networks in CIDR form; an empty one empties the list.
    #[schema(value_type = Option<Vec<String>>, max_items = 100)]
    whitelisted_ips: Option<AddressList>,
    /// Whether only those may come in.
    enable_ip_restriction: Option<bool>,
    /// Refused as long as there is no second factor; `enforce_mfa` is the same.
    enforce_2fa: Option<bool>,
}

impl FromFields for Fields {
    const TAKES_IMAGE: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        let name = fields.text("name")?.map(|name| WorkspaceName::parse("name", &name)).transpose()?;
        let description = fields.text("description")?;
        let addresses = fields.texts("whitelisted_ips")?;
        let (later, earlier) = (fields.flag("enforce_2fa")?, fields.flag("enforce_mfa")?);
        Ok(Self {
            name,
            description: description.map(|text| Description::parse("description", &text)).transpose()?,
            image: fields.image("image")?,
            whitelisted_ips: addresses.map(|texts| AddressList::parse("whitelisted_ips", &texts)).transpose()?,
            enable_ip_restriction: fields.flag("enable_ip_restriction")?,
            enforce_2fa: later.or(earlier),
        })
    }
}

/// The workspace as it is now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UpdatedWorkspace)]
pub(crate) struct Updated {
    workspace: WorkspaceShape,
}

/// Change what a workspace is called, and from where its members may come in.
#[utoipa::path(post, path = "/workspaces/{id}/update", tag = "Workspaces", request_body = Fields,
    params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "The workspace as it is now", body = Enveloped<Updated>)))]
pub(crate) async fn update(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((workspace,)): Path<(WorkspaceId,)>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Updated>, Refusal> {
    let image = images::received(&app, &caller, Subject::Workspace(workspace), fields.image).await?;
    let update = Update {
        workspace,
        name: fields.name,
        description: fields.description,
        image,
        addresses: fields.whitelisted_ips,
        restricts_addresses: fields.enable_ip_restriction,
        demands_mfa: fields.enforce_2fa,
    };
    let reply = app.run(&caller, update).await;
    Ok(Answer::from(reply.map(|workspace| Updated { workspace: WorkspaceShape::new(workspace, app.here()) })))
}

/// Delete a workspace, with its memberships, its own roles, and the invitations into it.
#[utoipa::path(post, path = "/workspaces/{id}/delete", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "Deleted", body = Enveloped<Done>)))]
pub(crate) async fn delete(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((workspace,)): Path<(WorkspaceId,)>,
) -> Answer<Done> {
    Answer::from(app.run(&caller, Delete { workspace }).await.map(|()| Done::DONE))
}
