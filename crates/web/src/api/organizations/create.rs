//! `POST /organizations`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::names::{Description, OrganizationName};
use vestibule_core::organization::Create;
use vestibule_core::{Code, Problem};

use crate::answer::Answer;
use crate::api::shape::{MembershipShape, OrganizationShape};
use crate::app::{App, Visitor};
use crate::extract::{Body, FromFields, Reader};
use crate::openapi::Enveloped;

/// A new organization.
#[derive(Debug, ToSchema)]
#[schema(as = NewOrganization)]
pub(crate) struct Fields {
    #[schema(value_type = String, max_length = 100)]
    name: OrganizationName,
    #[schema(value_type = Option<String>, max_length = 1000)]
    description: Description,
}

impl FromFields for Fields {
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        refuse_image(fields)?;
        let description = fields.text("description")?.unwrap_or_default();
        Ok(Self {
            name: OrganizationName::parse("name", &fields.required_text("name")?)?,
            description: Description::parse("description", &description)?,
        })
    }
}

/// Says so rather than lose a picture that somebody sends.
pub(crate) fn refuse_image(fields: &mut Reader) -> Result<(), Problem> {
    if fields.holds("image") {
        return Err(Code::ImagesNotAvailable.into());
    }
    fields.ignore("image");
    Ok(())
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
    Body(Fields { name, description }): Body<Fields>,
) -> Answer<Created> {
    let deployment = app.deployment();
    let reply = app.run(&caller, Create { name, description }).await;
    Answer::from(reply.map(|created| Created {
        organization: OrganizationShape::new(created.organization, deployment),
        membership: MembershipShape::from(&created.membership),
    }))
}
