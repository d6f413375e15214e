//! `POST /workspaces/{id}/update`, which was `PUT /workspaces/{id}`, and `POST /workspaces/{id}/delete`, which was `DELETE`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::access::AddressList;
use vestibule_core::id::WorkspaceId;
use vestibule_core::names::{Description, WorkspaceName};
use vestibule_core::workspace::{Delete, Update};

use crate::answer::Answer;
use crate::api::organizations::create::refuse_image;
use crate::api::shape::{Done, WorkspaceShape};
use crate::app::{App, Visitor};
use crate::extract::{Body, FromFields, Path, Reader};
use crate::openapi::Enveloped;

/// What is to be changed; what is left out stays.
#[derive(Debug, ToSchema)]
#[schema(as = WorkspaceChanges)]
pub(crate) struct Fields {
    #[schema(value_type = Option<String>, max_length = 100)]
    name: Option<WorkspaceName>,
    #[schema(value_type = Option<String>, max_length = 1000)]
    description: Option<Description>,
    /// Addresses and networks in CIDR form; an empty one empties the list.
    #[schema(value_type = Option<Vec<String>>, max_items = 100)]
    whitelisted_ips: Option<AddressList>,
    /// Whether only those may come in.
    enable_ip_restriction: Option<bool>,
    /// Refused as long as there is no second factor; `enforce_mfa` is the same.
    enforce_2fa: Option<bool>,
}

impl FromFields for Fields {
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        refuse_image(fields)?;
        let name = fields.text("name")?.map(|name| WorkspaceName::parse("name", &name)).transpose()?;
        let description = fields.text("description")?;
        let addresses = fields.texts("whitelisted_ips")?;
        let (later, earlier) = (fields.flag("enforce_2fa")?, fields.flag("enforce_mfa")?);
        Ok(Self {
            name,
            description: description.map(|text| Description::parse("description", &text)).transpose()?,
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
) -> Answer<Updated> {
    let update = Update {
        workspace,
        name: fields.name,
        description: fields.description,
        addresses: fields.whitelisted_ips,
        restricts_addresses: fields.enable_ip_restriction,
        demands_mfa: fields.enforce_2fa,
    };
    Answer::from(app.run(&caller, update).await.map(|workspace| Updated { workspace: workspace.into() }))
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
