//! `POST /organizations`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::images::Subject;
use vestibule_core::names::{Description, OrganizationName};
use vestibule_core::organization::Create;

use crate::answer::Answer;
use crate::api::shape::{MembershipShape, OrganizationShape};
use crate::app::{App, Visitor};
use crate::envelope::Refusal;
use crate::extract::{Body, FromFields, Reader};
use crate::images::{self, Sent};
use crate::openapi::Enveloped;

/// A new organization.
#[derive(Debug, ToSchema)]
#[schema(as = NewOrganization)]
pub(crate) struct Fields {
    #[schema(value_type = String, max_length = 100)]
    name: OrganizationName,
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
            name: OrganizationName::parse("name", &fields.required_text("name")?)?,
            description: Description::parse("description", &description)?,
            image: fields.image("image")?,
        })
    }
}

/// The organization and its founder's membership.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedOrganization)]
pub(crate) struct Created {
    organization: OrganizationShape,
    membership: MembershipShape,
}

/// Found an organization.
///
/// The caller becomes its first member and admin, and acts in it from here on.
#[utoipa::path(post, path = "/organizations", tag = "Organizations", request_body = Fields,
    responses((status = 200, description = "Organization created successfully", body = Enveloped<Created>)))]
pub(crate) async fn create(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Body(Fields { name, description, image }): Body<Fields>,
) -> Result<Answer<Created>, Refusal> {
    let image = images::received(&app, &caller, Subject::OfCaller, image).await?;
    let reply = app.run(&caller, Create { name, description, image }).await;
    Ok(Answer::from(reply.map(|created| Created {
        organization: OrganizationShape::new(created.organization, app.here()),
        membership: MembershipShape::from(&created.membership),
    })))
}
