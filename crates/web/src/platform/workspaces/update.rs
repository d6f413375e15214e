//! `POST /organizations/{id}/workspaces`, `PATCH` and `DELETE /workspaces/{id}`

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::assurance::{Assurance, MfaChange};
use vestibule_core::id::{OrganizationId, WorkspaceId};
use vestibule_core::images::ImageOwner;
use vestibule_core::metadata::Metadata;
use vestibule_core::names::{Description, WorkspaceName};
use vestibule_core::workspace::{Create, Delete, Update};
use vestibule_core::{Code, Problem};

use super::WorkspaceResponse;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Body, FieldReader, FromFields, Path};
use crate::images::{self, ImageField};
use crate::mfa_fields;
use crate::platform::MAX_METADATA_BODY_BYTES;
use crate::platform::response::{Empty, PlatformResponse};

/// The fields of a new workspace.
#[derive(Debug, ToSchema)]
#[schema(as = NewWorkspace)]
pub(crate) struct CreateFields {
    #[schema(value_type = String, max_length = 100)]
    name: WorkspaceName,
    #[schema(value_type = Option<String>, max_length = 1000)]
    description: Description,
    /// A JSON object of up to 64 KiB; in a form its text.
    #[schema(value_type = Option<Object>)]
    public_metadata: Option<Metadata>,
    #[schema(value_type = Option<Object>)]
    private_metadata: Option<Metadata>,
    /// A PNG, JPEG or WebP file, at most 5 MiB. Send the fields as `multipart/form-data` then.
    #[schema(value_type = Option<String>, format = Binary)]
    workspace_image: ImageField,
}

impl FromFields for CreateFields {
    const ACCEPTS_IMAGE: bool = true;
    const MAX_BYTES: usize = MAX_METADATA_BODY_BYTES;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self {
            name: WorkspaceName::parse("name", &fields.required_text("name")?)?,
            description: Description::parse("description", &fields.text("description")?.unwrap_or_default())?,
            public_metadata: fields.metadata("public_metadata")?,
            private_metadata: fields.metadata("private_metadata")?,
            workspace_image: fields.image("workspace_image")?,
        })
    }
}

/// Creates a workspace, without members.
#[utoipa::path(post, path = "/organizations/{id}/workspaces", operation_id = "create_workspace", tag = "Workspaces",
    request_body = CreateFields, params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The workspace", body = WorkspaceResponse)))]
pub(crate) async fn create(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(fields): Body<CreateFields>,
) -> Result<PlatformResponse<WorkspaceResponse>, Refusal> {
    let owner = ImageOwner::NewWorkspace(organization);
    let image = images::store_upload(&app, &caller, owner, fields.workspace_image).await?;
    let create = Create {
        organization,
        name: fields.name,
        description: fields.description,
        image,
        public_metadata: fields.public_metadata,
        private_metadata: fields.private_metadata,
    };
    let reply = app.run(&caller, create).await;
    Ok(PlatformResponse::from(reply.map(|created| WorkspaceResponse::new(created.workspace, app.response_context()))))
}

/// The changes to a workspace. Missing fields remain unchanged.
#[derive(Debug, ToSchema)]
#[schema(as = WorkspaceChanges)]
pub(crate) struct UpdateFields {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    name: Option<WorkspaceName>,
    #[schema(value_type = Option<String>, max_length = 1000)]
    description: Option<Description>,
    /// A JSON object of up to 64 KiB; in a form its text. It replaces what was there.
    #[schema(value_type = Option<Object>)]
    public_metadata: Option<Metadata>,
    #[schema(value_type = Option<Object>)]
    private_metadata: Option<Metadata>,
    /// True to require a second factor of members. `enforce_mfa` is an alias.
    enforce_2fa: Option<bool>,
    /// How strong their sign-ins must be: `two_factors` (the default) or `phishing_resistant`, which is a passkey.
    #[schema(value_type = Option<String>)]
    minimum_assurance: Option<Assurance>,
    /// How many days they have to set up what they lack. It counts when the requirement is turned on or becomes stricter;
    /// 0 ends a grace period that has begun.
    #[schema(maximum = 90)]
    mfa_grace_days: Option<u8>,
    /// True to remove the image.
    remove_image: Option<bool>,
    /// A PNG, JPEG or WebP file, at most 5 MiB. Send the fields as `multipart/form-data` then.
    #[schema(value_type = Option<String>, format = Binary)]
    workspace_image: ImageField,
}

impl FromFields for UpdateFields {
    const ACCEPTS_IMAGE: bool = true;
    const MAX_BYTES: usize = MAX_METADATA_BODY_BYTES;
    // REQUIRED_FIELD for an empty name, and without any field.
    const ERRORS: &[Code] = &[Code::RequiredField];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        fields.require_any()?;
        let (name, description) = (fields.text("name")?, fields.text("description")?);
        let MfaChange { is_enforced, minimum, grace_days } =
            mfa_fields::read_change(fields, &["enforce_2fa", "enforce_mfa"])?;
        Ok(Self {
            name: name.map(|name| WorkspaceName::parse("name", &name)).transpose()?,
            description: description.map(|text| Description::parse("description", &text)).transpose()?,
            public_metadata: fields.metadata("public_metadata")?,
            private_metadata: fields.metadata("private_metadata")?,
            enforce_2fa: is_enforced,
            minimum_assurance: minimum,
            mfa_grace_days: grace_days,
            remove_image: fields.flag("remove_image")?,
            workspace_image: fields.image("workspace_image")?,
        })
    }
}

/// Changes a workspace.
#[utoipa::path(patch, path = "/workspaces/{id}", operation_id = "update_workspace", tag = "Workspaces",
    request_body = UpdateFields, params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "The workspace", body = WorkspaceResponse)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace,)): Path<(WorkspaceId,)>,
    Body(fields): Body<UpdateFields>,
) -> Result<PlatformResponse<WorkspaceResponse>, Refusal> {
    let field = fields.workspace_image.or_removed(fields.remove_image == Some(true));
    let image = images::store_upload(&app, &caller, ImageOwner::Workspace(workspace), field).await?;
    let update = Update {
        workspace,
        name: fields.name,
        description: fields.description,
        image,
        addresses: None,
        restricts_addresses: None,
        mfa: MfaChange {
            is_enforced: fields.enforce_2fa,
            minimum: fields.minimum_assurance,
            grace_days: fields.mfa_grace_days,
        },
        public_metadata: fields.public_metadata,
        private_metadata: fields.private_metadata,
    };
    let reply = app.run(&caller, update).await;
    Ok(PlatformResponse::from(reply.map(|changed| WorkspaceResponse::new(changed, app.response_context()))))
}

/// Deletes a workspace with its memberships and its own roles. Pending invitations to it are discarded.
#[utoipa::path(delete, path = "/workspaces/{id}", operation_id = "delete_workspace", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "Deleted", body = Empty)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace,)): Path<(WorkspaceId,)>,
) -> PlatformResponse<Empty> {
    app.run(&caller, Delete { workspace }).await.map(|()| Empty {}).into()
}
