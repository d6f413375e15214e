//! An organization's domains: contract B.5, and ours: what its people may do with them.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::domain::{Add, Delete, Domain, DomainName, Joining, List, Update, verify as prove};
use vestibule_core::id::{DomainId, OrganizationId};
use vestibule_core::time::Timestamp;

use crate::answer::Answer;
use crate::api::shape::Done;
use crate::app::{App, Visitor};
use crate::extract::{Body, FromFields, Path, Reader};
use crate::openapi::Enveloped;

pub(crate) mod requests;

/// A domain of an organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Domain)]
pub(crate) struct DomainShape {
    id: DomainId,
    organization_id: OrganizationId,
    domain: String,
    fqdn: String,
    verified: bool,
    /// What the TXT record has to hold.
    verification_token: String,
    verification_dns_record_type: &'static str,
    verification_dns_record_name: String,
    verification_dns_record_data: String,
    verification_attempts: i64,
    verified_at: Option<Timestamp>,
    /// What people with a verified address of it may do who are no members: `none`, `request`, `join` or `auto`.
    joining: &'static str,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl DomainShape {
    fn new(app: &App, domain: Domain) -> Self {
        let proof = app.service().domain_proof(domain.organization_id, domain.id);
        Self {
            id: domain.id,
            organization_id: domain.organization_id,
            fqdn: domain.domain.clone(),
            verified: domain.verified_at.is_some(),
            verification_token: proof.clone(),
            verification_dns_record_type: "TXT",
            verification_dns_record_name: DomainName::record_name(&domain.domain),
            verification_dns_record_data: proof,
            verification_attempts: domain.attempts,
            verified_at: domain.verified_at,
            joining: domain.joining.as_str(),
            created_at: domain.created_at,
            updated_at: domain.updated_at,
            domain: domain.domain,
        }
    }
}

/// The domains of an organization, the oldest first.
#[utoipa::path(get, path = "/organizations/{id}/domains", tag = "Domains",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The domains", body = Enveloped<Vec<DomainShape>>)))]
pub(crate) async fn list(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
) -> Answer<Vec<DomainShape>> {
    let reply = app.ask(&caller, List { organization }).await;
    Answer::from(reply.map(|domains| domains.into_iter().map(|domain| DomainShape::new(&app, domain)).collect()))
}

/// A domain, and what its people may do once it is proved.
#[derive(Debug, ToSchema)]
#[schema(as = NewDomain)]
pub(crate) struct Fields {
    #[schema(value_type = String)]
    domain: DomainName,
    /// `none` when left out.
    #[schema(value_type = Option<String>)]
    joining: Joining,
}

impl FromFields for Fields {
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        let joining = fields.text("joining")?.filter(|text| !text.is_empty());
        Ok(Self {
            domain: DomainName::parse(&fields.required_text("domain")?)?,
            joining: joining.map_or(Ok(Joining::None), |text| Joining::parse("joining", &text))?,
        })
    }
}

/// Say that a domain is the organization's. Nothing follows from that before it is verified.
#[utoipa::path(post, path = "/organizations/{id}/domains", tag = "Domains", request_body = Fields,
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Domain added successfully", body = Enveloped<DomainShape>)))]
pub(crate) async fn add(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(Fields { domain, joining }): Body<Fields>,
) -> Answer<DomainShape> {
    let reply = app.run(&caller, Add { organization, domain, joining }).await;
    Answer::from(reply.map(|domain| DomainShape::new(&app, domain)))
}

/// What its people may do.
#[derive(Debug, ToSchema)]
#[schema(as = DomainChanges)]
pub(crate) struct Changes {
    /// `none`, `request`, `join` or `auto`.
    #[schema(value_type = String)]
    joining: Joining,
}

impl FromFields for Changes {
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self { joining: Joining::parse("joining", &fields.required_text("joining")?)? })
    }
}

type Ids = Path<(OrganizationId, DomainId)>;

/// Change what people with a verified address of a domain may do.
#[utoipa::path(post, path = "/organizations/{id}/domains/{domainId}/update", tag = "Domains", request_body = Changes,
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("domainId" = DomainId, Path, description = "The domain")),
    responses((status = 200, description = "Changed", body = Enveloped<DomainShape>)))]
pub(crate) async fn update(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization, domain)): Ids,
    Body(Changes { joining }): Body<Changes>,
) -> Answer<DomainShape> {
    let reply = app.run(&caller, Update { organization, domain, joining }).await;
    Answer::from(reply.map(|domain| DomainShape::new(&app, domain)))
}

/// A domain that was looked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VerifiedDomain)]
pub(crate) struct Verified {
    domain: DomainShape,
}

/// The same domain once more, as earlier clients send it.
#[derive(Debug, ToSchema)]
#[schema(as = DomainField)]
#[expect(dead_code, reason = "for the description; what it says is known already")]
pub(crate) struct Repeated {
    /// Not needed.
    #[schema(value_type = Option<String>)]
    domain: Option<String>,
}

impl FromFields for Repeated {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self { domain: fields.text("domain")? })
    }
}

/// Look for the TXT record that proves a domain.
#[utoipa::path(post, path = "/organizations/{id}/domains/{domainId}/verify", tag = "Domains",
    request_body = Option<Repeated>,
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("domainId" = DomainId, Path, description = "The domain")),
    responses((status = 200, description = "Domain verified successfully", body = Enveloped<Verified>)))]
pub(crate) async fn verify(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization, domain)): Ids,
    Body(Repeated { domain: _ }): Body<Repeated>,
) -> Answer<Verified> {
    let reply = prove(app.service(), &caller, organization, domain).await;
    Answer::from(reply.map(|domain| Verified { domain: DomainShape::new(&app, domain) }))
}

/// Take a domain back. Whoever came in by it stays.
#[utoipa::path(post, path = "/organizations/{id}/domains/{domainId}/delete", tag = "Domains",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("domainId" = DomainId, Path, description = "The domain")),
    responses((status = 200, description = "Deleted", body = Enveloped<Done>)))]
pub(crate) async fn delete(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization, domain)): Ids,
) -> Answer<Done> {
    Answer::from(app.run(&caller, Delete { organization, domain }).await.map(|()| Done::DONE))
}
