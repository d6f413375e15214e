//! `POST /organizations/{id}/update`, and `PATCH /organizations/{id}`.

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::access::AddressList;
use vestibule_core::id::{OrganizationId, WorkspaceId};
use vestibule_core::images::Subject;
use vestibule_core::names::{Description, OrganizationName};
use vestibule_core::organization::Update;

use crate::answer::Answer;
use crate::api::shape::OrganizationShape;
use crate::app::{App, Visitor};
use crate::envelope::Refusal;
use crate::extract::{Body, FromFields, Path, Reader};
use crate::images::{self, Sent};
use crate::openapi::Enveloped;

/// What is to be changed; what is left out stays.
#[derive(Debug, ToSchema)]
#[schema(as = OrganizationChanges)]
pub(crate) struct Fields {
    #[schema(value_type = Option<String>, max_length = 100)]
    name: Option<OrganizationName>,
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
    /// Refused as long as there is no second factor.
    enforce_mfa: Option<bool>,
    /// New members come into this workspace as well; "0" for none.
    #[schema(value_type = Option<String>)]
    auto_assigned_workspace_id: Option<WorkspaceId>,
}

impl FromFields for Fields {
    const TAKES_IMAGE: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        let name = fields.text("name")?.map(|name| OrganizationName::parse("name", &name)).transpose()?;
        let description = fields.text("description")?;
        let addresses = fields.texts("whitelisted_ips")?;
        Ok(Self {
            name,
            description: description.map(|text| Description::parse("description", &text)).transpose()?,
            image: fields.image("image")?,
            whitelisted_ips: addresses.map(|texts| AddressList::parse("whitelisted_ips", &texts)).transpose()?,
            enable_ip_restriction: fields.flag("enable_ip_restriction")?,
            enforce_mfa: fields.flag("enforce_mfa")?,
            auto_assigned_workspace_id: fields.id_or_zero("auto_assigned_workspace_id")?,
        })
    }
}

/// Change what an organization is called, and from where its members may come in.
#[utoipa::path(post, path = "/organizations/{id}/update", tag = "Organizations", request_body = Fields,
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The organization as it is now", body = Enveloped<OrganizationShape>)))]
pub(crate) async fn update(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(fields): Body<Fields>,
) -> Result<Answer<OrganizationShape>, Refusal> {
    let image = images::received(&app, &caller, Subject::Organization(organization), fields.image).await?;
    let update = Update {
        organization,
        name: fields.name,
        description: fields.description,
        image,
        addresses: fields.whitelisted_ips,
        restricts_addresses: fields.enable_ip_restriction,
        demands_mfa: fields.enforce_mfa,
        auto_assigned_workspace: fields.auto_assigned_workspace_id,
    };
    let reply = app.run(&caller, update).await;
    Ok(Answer::from(reply.map(|updated| OrganizationShape::new(updated, app.here()))))
}
