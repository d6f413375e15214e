//! `POST /workspaces/{id}/update` and `POST /workspaces/{id}/delete`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::assurance::{Assurance, MfaChange};
use vestibule_core::id::WorkspaceId;
use vestibule_core::images::ImageOwner;
use vestibule_core::names::{Description, WorkspaceName};
use vestibule_core::permission::AddressList;
use vestibule_core::workspace::{Delete, Update};
use vestibule_core::{Code, Problem};

use crate::api::response::{SuccessResponse, WorkspaceResponse};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Body, FieldReader, FromFields, Path};
use crate::images::{self, ImageField};
use crate::mfa_fields;
use crate::openapi::Enveloped;

/// The changes to a workspace. Missing fields remain unchanged.
#[derive(Debug, ToSchema)]
#[schema(as = WorkspaceChanges)]
pub(crate) struct Fields {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    name: Option<WorkspaceName>,
    #[schema(value_type = Option<String>, max_length = 1000)]
    description: Option<Description>,
    /// The text `null` removes the image.
    #[schema(value_type = Option<String>, example = "null")]
    image: ImageField,
    /// IP addresses and networks in CIDR notation. An empty text clears the list.
    #[schema(value_type = Option<Vec<String>>, max_items = 100)]
    whitelisted_ips: Option<AddressList>,
    /// True to restrict access to `whitelisted_ips`.
    enable_ip_restriction: Option<bool>,
    /// True to require a second factor of members. The caller must have signed in as strongly as that requires.
    /// `enforce_mfa` is an alias.
    enforce_2fa: Option<bool>,
    /// How strong their sign-ins must be: `two_factors` (the default) or `phishing_resistant`, which is a passkey.
    #[schema(value_type = Option<String>)]
    minimum_assurance: Option<Assurance>,
    /// How many days they have to set up what they lack. It counts when the requirement is turned on or becomes stricter;
    /// 0 ends a grace period that has begun.
    #[schema(maximum = 90)]
    mfa_grace_days: Option<u8>,
}

impl FromFields for Fields {
    const ACCEPTS_IMAGE: bool = true;
    // REQUIRED_FIELD for an empty name.
    const ERRORS: &[Code] = &[Code::RequiredField];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let name = fields.text("name")?.map(|name| WorkspaceName::parse("name", &name)).transpose()?;
        let description = fields.text("description")?;
        let addresses = fields.texts("whitelisted_ips")?;
        let MfaChange { is_enforced, minimum, grace_days } =
            mfa_fields::read_change(fields, &["enforce_2fa", "enforce_mfa"])?;
        Ok(Self {
            name,
            description: description.map(|text| Description::parse("description", &text)).transpose()?,
            image: fields.image("image")?,
            whitelisted_ips: addresses.map(|texts| AddressList::parse("whitelisted_ips", &texts)).transpose()?,
            enable_ip_restriction: fields.flag("enable_ip_restriction")?,
            enforce_2fa: is_enforced,
            minimum_assurance: minimum,
            mfa_grace_days: grace_days,
        })
    }
}

/// The changed workspace.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UpdatedWorkspace)]
pub(crate) struct Updated {
    workspace: WorkspaceResponse,
}

/// Changes a workspace's profile and access settings.
#[utoipa::path(post, path = "/workspaces/{id}/update",
    operation_id = "update_workspace", tag = "Workspaces", request_body = Fields,
    params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "The changed workspace", body = Enveloped<Updated>)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace,)): Path<(WorkspaceId,)>,
    Body(fields): Body<Fields>,
) -> Result<ApiResponse<Updated>, Refusal> {
    let image = images::store_upload(&app, &caller, ImageOwner::Workspace(workspace), fields.image).await?;
    let update = Update {
        workspace,
        name: fields.name,
        description: fields.description,
        image,
        addresses: fields.whitelisted_ips,
        restricts_addresses: fields.enable_ip_restriction,
        mfa: MfaChange {
            is_enforced: fields.enforce_2fa,
            minimum: fields.minimum_assurance,
            grace_days: fields.mfa_grace_days,
        },
        public_metadata: None,
        private_metadata: None,
    };
    let reply = app.run(&caller, update).await;
    Ok(ApiResponse::from(
        reply.map(|workspace| Updated { workspace: WorkspaceResponse::new(workspace, app.response_context()) }),
    ))
}

/// Deletes a workspace with its memberships and its own roles. Pending invitations to it are discarded.
#[utoipa::path(post, path = "/workspaces/{id}/delete", operation_id = "delete_workspace", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "Deleted", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace,)): Path<(WorkspaceId,)>,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, Delete { workspace }).await.map(|()| SuccessResponse::OK))
}
