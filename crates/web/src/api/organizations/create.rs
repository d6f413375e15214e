//! `POST /organizations`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::images::ImageOwner;
use vestibule_core::names::{Description, OrganizationName};
use vestibule_core::organization::Create;

use crate::api::response::{MembershipResponse, OrganizationResponse};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Body, FieldReader, FromFields};
use crate::images::{self, ImageField};
use crate::openapi::Enveloped;

/// The fields of a new organization.
#[derive(Debug, ToSchema)]
#[schema(as = NewOrganization)]
pub(crate) struct Fields {
    #[schema(value_type = String, max_length = 100)]
    name: OrganizationName,
    #[schema(value_type = Option<String>, max_length = 1000)]
    description: Description,
    #[schema(ignore)]
    image: ImageField,
}

impl FromFields for Fields {
    const ACCEPTS_IMAGE: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let description = fields.text("description")?.unwrap_or_default();
        Ok(Self {
            name: OrganizationName::parse("name", &fields.required_text("name")?)?,
            description: Description::parse("description", &description)?,
            image: fields.image("image")?,
        })
    }
}

/// The new organization and the caller's membership.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedOrganization)]
pub(crate) struct Created {
    organization: OrganizationResponse,
    membership: MembershipResponse,
}

/// Creates an organization.
///
/// The caller becomes its admin, and it becomes the active organization of the sign-in.
#[utoipa::path(post, path = "/organizations",
    operation_id = "create_organization", tag = "Organizations", request_body = Fields,
    responses((status = 200, description = "Organization created successfully", body = Enveloped<Created>)))]
pub(crate) async fn create(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(Fields { name, description, image }): Body<Fields>,
) -> Result<ApiResponse<Created>, Refusal> {
    let image = images::store_upload(&app, &caller, ImageOwner::NewOrganization, image).await?;
    let reply = app.run(&caller, Create { name, description, image }).await;
    Ok(ApiResponse::from(reply.map(|created| Created {
        organization: OrganizationResponse::new(created.organization, app.response_context()),
        membership: MembershipResponse::from(&created.membership),
    })))
}
