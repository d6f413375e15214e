//! Organizations.

use axum::extract::State;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::assurance::{Assurance, MfaChange};
use vestibule_core::id::OrganizationId;
use vestibule_core::images::ImageOwner;
use vestibule_core::metadata::Metadata;
use vestibule_core::names::{Description, OrganizationName};
use vestibule_core::organization;
use vestibule_core::organization::management::{Create, List, ManagedOrganization, Show, Update};
use vestibule_core::time::Timestamp;

use super::MAX_METADATA_BODY_BYTES;
use super::page::{ListQuery, Page};
use super::response::{Empty, PlatformResponse, stored_json};
use super::roles::RoleResponse;
use super::workspaces::WorkspaceResponse;
use crate::api::organizations::mfa::MfaStatusResponse;
use crate::app::{App, CurrentCaller, ResponseContext};
use crate::envelope::Refusal;
use crate::extract::{Body, FieldReader, FromFields, Path, Query};
use crate::images::{self, ImageField};
use crate::mfa_fields;

/// An organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Organization)]
pub(crate) struct OrganizationResponse {
    id: OrganizationId,
    created_at: Timestamp,
    updated_at: Timestamp,
    name: String,
    description: String,
    /// Empty without an image.
    image_url: String,
    member_count: i64,
    enforce_mfa: bool,
    /// What `enforce_mfa` requires: `two_factors` or `phishing_resistant`. Null without it.
    #[schema(value_type = Option<String>)]
    minimum_assurance: Option<Assurance>,
    /// The end of the grace period. Null without `enforce_mfa`.
    mfa_enforced_from: Option<Timestamp>,
    /// Its members see it.
    #[schema(value_type = Object)]
    public_metadata: Box<RawValue>,
    /// Only API keys see it.
    #[schema(value_type = Object)]
    private_metadata: Box<RawValue>,
}

impl OrganizationResponse {
    pub(crate) fn new(organization: ManagedOrganization, context: ResponseContext<'_>) -> Self {
        let mfa = organization.mfa();
        Self {
            id: organization.id,
            created_at: organization.created_at,
            updated_at: organization.updated_at,
            name: organization.name,
            description: organization.description,
            image_url: context.image_url(&organization.image_url),
            member_count: organization.member_count,
            enforce_mfa: mfa.is_enforced,
            minimum_assurance: mfa.minimum_if_enforced(),
            mfa_enforced_from: mfa.start_if_enforced(),
            public_metadata: stored_json(organization.public_metadata),
            private_metadata: stored_json(organization.private_metadata),
        }
    }
}

/// An organization with its roles and workspaces.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationDetails)]
pub(crate) struct OrganizationDetailsResponse {
    #[serde(flatten)]
    organization: OrganizationResponse,
    roles: Vec<RoleResponse>,
    /// Newest first, at most 50. `GET /workspaces` lists all.
    workspaces: Vec<WorkspaceResponse>,
    /// Always empty: segments are not supported.
    #[schema(value_type = Vec<Object>)]
    segments: [(); 0],
}

/// Lists all organizations, newest first unless `sort_key` says otherwise: `created_at` or `name`.
///
/// A key that is bound to an organization sees that one only. A search compares up to 20,000 names for a page. A page
/// may therefore have fewer organizations than `limit` although `has_more` is true.
#[utoipa::path(get, path = "/organizations", operation_id = "list_organizations", tag = "Organizations",
    params(ListQuery),
    responses((status = 200, description = "A page of organizations", body = Page<OrganizationResponse>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(query): Query<ListQuery>,
) -> Result<PlatformResponse<Page<OrganizationResponse>>, Refusal> {
    let (sort, start) = (query.sort()?, query.start()?);
    let list = List { search: query.search_term(), sort, start, limit: query.limit };
    let reply = app.query(&caller, list).await;
    let context = app.response_context();
    Ok(reply
        .map(|page| {
            let organizations = page.organizations.into_iter();
            let data = organizations.map(|organization| OrganizationResponse::new(organization, context)).collect();
            Page::new(data, page.total, page.next, &query)
        })
        .into())
}

/// The fields of a new organization.
#[derive(Debug, ToSchema)]
#[schema(as = NewOrganization)]
pub(crate) struct CreateFields {
    #[schema(value_type = String, max_length = 100)]
    name: OrganizationName,
    #[schema(value_type = Option<String>, max_length = 1000)]
    description: Description,
    /// A JSON object of at most 64 KiB, nested at most 32 levels; in a form, its text.
    #[schema(value_type = Option<Object>)]
    public_metadata: Option<Metadata>,
    #[schema(value_type = Option<Object>)]
    private_metadata: Option<Metadata>,
    #[schema(value_type = Option<String>, format = Binary)]
    organization_image: ImageField,
}

impl FromFields for CreateFields {
    const ACCEPTS_IMAGE: bool = true;
    const MAX_BYTES: usize = MAX_METADATA_BODY_BYTES;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let description = fields.text("description")?.unwrap_or_default();
        Ok(Self {
            name: OrganizationName::parse("name", &fields.required_text("name")?)?,
            description: Description::parse("description", &description)?,
            public_metadata: fields.metadata("public_metadata")?,
            private_metadata: fields.metadata("private_metadata")?,
            organization_image: fields.image("organization_image")?,
        })
    }
}

/// Creates an organization without members.
///
/// Add its first admin with `POST /organizations/{id}/members`, or invite them. A key can give a role that grants
/// `organization:admin` if it has the scopes to write organizations, members, invitations, roles and workspaces.
#[utoipa::path(post, path = "/organizations", operation_id = "create_organization", tag = "Organizations",
    request_body = CreateFields,
    responses((status = 200, description = "The organization", body = OrganizationResponse)))]
pub(crate) async fn create(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(fields): Body<CreateFields>,
) -> Result<PlatformResponse<OrganizationResponse>, Refusal> {
    let CreateFields { name, description, public_metadata, private_metadata, organization_image } = fields;
    let image = images::store_upload(&app, &caller, ImageOwner::NewOrganization, organization_image).await?;
    let reply = app.run(&caller, Create { name, description, image, public_metadata, private_metadata }).await;
    Ok(reply.map(|organization| OrganizationResponse::new(organization, app.response_context())).into())
}

/// Shows an organization with its roles and workspaces.
#[utoipa::path(get, path = "/organizations/{id}", operation_id = "get_organization", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The organization", body = OrganizationDetailsResponse)))]
pub(crate) async fn show(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
) -> PlatformResponse<OrganizationDetailsResponse> {
    let reply = app.query(&caller, Show { organization }).await;
    let context = app.response_context();
    reply
        .map(|details| OrganizationDetailsResponse {
            organization: OrganizationResponse::new(details.organization, context),
            roles: details.roles.into_iter().map(RoleResponse::from).collect(),
            workspaces: details.workspaces.into_iter().map(|found| WorkspaceResponse::new(found, context)).collect(),
            segments: [],
        })
        .into()
}

/// The changes to an organization. Missing fields remain unchanged; metadata is replaced as a whole.
#[derive(Debug, ToSchema)]
#[schema(as = OrganizationChanges)]
pub(crate) struct UpdateFields {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    name: Option<OrganizationName>,
    #[schema(value_type = Option<String>, max_length = 1000)]
    description: Option<Description>,
    /// A JSON object of at most 64 KiB, nested at most 32 levels; in a form, its text.
    #[schema(value_type = Option<Object>)]
    public_metadata: Option<Metadata>,
    #[schema(value_type = Option<Object>)]
    private_metadata: Option<Metadata>,
    /// True to require a second factor of members.
    enforce_mfa: Option<bool>,
    /// How strong their sign-ins must be: `two_factors` (the default) or `phishing_resistant`, which is a passkey.
    #[schema(value_type = Option<String>)]
    minimum_assurance: Option<Assurance>,
    /// How many days they have to set up what they lack. It counts when the requirement is turned on or becomes stricter;
    /// 0 ends a grace period that has begun.
    #[schema(maximum = 90)]
    mfa_grace_days: Option<u8>,
    /// True to remove the image. Ignored together with a new one.
    #[schema(required = false)]
    remove_image: bool,
    #[schema(value_type = Option<String>, format = Binary)]
    organization_image: ImageField,
}

impl FromFields for UpdateFields {
    const ACCEPTS_IMAGE: bool = true;
    // REQUIRED_FIELD for an empty name, and without any field.
    const ERRORS: &[vestibule_core::Code] = &[vestibule_core::Code::RequiredField];
    const MAX_BYTES: usize = MAX_METADATA_BODY_BYTES;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        fields.require_any()?;
        let name = fields.text("name")?.map(|name| OrganizationName::parse("name", &name)).transpose()?;
        let description = fields.text("description")?;
        let MfaChange { is_enforced, minimum, grace_days } = mfa_fields::read_change(fields, &["enforce_mfa"])?;
        Ok(Self {
            name,
            description: description.map(|text| Description::parse("description", &text)).transpose()?,
            public_metadata: fields.metadata("public_metadata")?,
            private_metadata: fields.metadata("private_metadata")?,
            enforce_mfa: is_enforced,
            minimum_assurance: minimum,
            mfa_grace_days: grace_days,
            remove_image: fields.flag("remove_image")?.unwrap_or(false),
            organization_image: fields.image("organization_image")?,
        })
    }
}

/// Changes an organization.
#[utoipa::path(patch, path = "/organizations/{id}", operation_id = "update_organization", tag = "Organizations",
    request_body = UpdateFields, params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The organization", body = OrganizationResponse)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(fields): Body<UpdateFields>,
) -> Result<PlatformResponse<OrganizationResponse>, Refusal> {
    let field = fields.organization_image.or_removed(fields.remove_image);
    let image = images::store_upload(&app, &caller, ImageOwner::Organization(organization), field).await?;
    let (name, description) = (fields.name, fields.description);
    let mfa = MfaChange {
        is_enforced: fields.enforce_mfa,
        minimum: fields.minimum_assurance,
        grace_days: fields.mfa_grace_days,
    };
    let update = Update {
        settings: organization::Update { name, description, image, mfa, ..organization::Update::new(organization) },
        public_metadata: fields.public_metadata,
        private_metadata: fields.private_metadata,
    };
    let reply = app.run(&caller, update).await;
    Ok(reply.map(|organization| OrganizationResponse::new(organization, app.response_context())).into())
}

/// Shows what an organization requires of sign-ins, and how many members have a second factor.
#[utoipa::path(get, path = "/organizations/{id}/mfa", operation_id = "get_organization_mfa", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The requirement and the numbers", body = MfaStatusResponse)))]
pub(crate) async fn mfa(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
) -> PlatformResponse<MfaStatusResponse> {
    app.query(&caller, organization::ShowMfaStatus { organization }).await.map(MfaStatusResponse::from).into()
}

/// Deletes an organization.
///
/// It is hidden at once, and erased after the grace period of the settings, in which one of its admins can restore it.
#[utoipa::path(delete, path = "/organizations/{id}", operation_id = "delete_organization", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Deleted", body = Empty)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
) -> PlatformResponse<Empty> {
    app.run(&caller, organization::Delete { organization }).await.map(|()| Empty {}).into()
}
