//! `POST /organizations/{id}/update`

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::assurance::{Assurance, MfaChange};
use vestibule_core::id::{OrganizationId, WorkspaceId};
use vestibule_core::images::ImageOwner;
use vestibule_core::names::{Description, OrganizationName};
use vestibule_core::organization::Update;
use vestibule_core::permission::AddressList;
use vestibule_core::{Code, Problem};

use crate::api::response::OrganizationResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Body, FieldReader, FromFields, Path};
use crate::images::{self, ImageField};
use crate::mfa_fields;
use crate::openapi::Enveloped;

/// The changes to an organization. Missing fields remain unchanged.
#[derive(Debug, ToSchema)]
#[schema(as = OrganizationChanges)]
pub(crate) struct Fields {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    name: Option<OrganizationName>,
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
    /// `enforce_mfa_setup` is an alias.
    enforce_mfa: Option<bool>,
    /// How strong their sign-ins must be: `two_factors` (the default) or `phishing_resistant`, which is a passkey.
    #[schema(value_type = Option<String>)]
    minimum_assurance: Option<Assurance>,
    /// How many days they have to set up what they lack. It counts when the requirement is turned on or becomes stricter;
    /// 0 ends a grace period that has begun.
    #[schema(maximum = 90)]
    mfa_grace_days: Option<u8>,
    /// The workspace that new members are added to; "0" for none.
    #[schema(value_type = Option<String>)]
    auto_assigned_workspace_id: Option<WorkspaceId>,
}

impl FromFields for Fields {
    const ACCEPTS_IMAGE: bool = true;
    // REQUIRED_FIELD for an empty name.
    const ERRORS: &[Code] = &[Code::RequiredField, Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let name = fields.text("name")?.map(|name| OrganizationName::parse("name", &name)).transpose()?;
        let description = fields.text("description")?;
        let addresses = fields.texts("whitelisted_ips")?;
        let MfaChange { is_enforced, minimum, grace_days } =
            mfa_fields::read_change(fields, &["enforce_mfa", "enforce_mfa_setup"])?;
        Ok(Self {
            name,
            description: description.map(|text| Description::parse("description", &text)).transpose()?,
            image: fields.image("image")?,
            whitelisted_ips: addresses.map(|texts| AddressList::parse("whitelisted_ips", &texts)).transpose()?,
            enable_ip_restriction: fields.flag("enable_ip_restriction")?,
            enforce_mfa: is_enforced,
            minimum_assurance: minimum,
            mfa_grace_days: grace_days,
            auto_assigned_workspace_id: fields.id_or_zero("auto_assigned_workspace_id")?,
        })
    }
}

/// Changes an organization's profile and access settings.
#[utoipa::path(post, path = "/organizations/{id}/update",
    operation_id = "update_organization", tag = "Organizations", request_body = Fields,
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The changed organization", body = Enveloped<OrganizationResponse>)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(fields): Body<Fields>,
) -> Result<ApiResponse<OrganizationResponse>, Refusal> {
    let image = images::store_upload(&app, &caller, ImageOwner::Organization(organization), fields.image).await?;
    let update = Update {
        organization,
        name: fields.name,
        description: fields.description,
        image,
        addresses: fields.whitelisted_ips,
        restricts_addresses: fields.enable_ip_restriction,
        mfa: MfaChange {
            is_enforced: fields.enforce_mfa,
            minimum: fields.minimum_assurance,
            grace_days: fields.mfa_grace_days,
        },
        auto_assigned_workspace: fields.auto_assigned_workspace_id,
    };
    let reply = app.run(&caller, update).await;
    Ok(ApiResponse::from(reply.map(|organization| OrganizationResponse::new(organization, app.response_context()))))
}
