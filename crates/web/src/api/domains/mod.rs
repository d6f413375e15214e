//! An organization's domains, and how users with an address of a verified domain may join.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::domain::{Add, Delete, Domain, DomainName, JoinPolicy, List, Update, verify as verify_domain};
use vestibule_core::id::{DomainId, OrganizationId};
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem};

use crate::api::response::SuccessResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Path};
use crate::openapi::Enveloped;

pub(crate) mod requests;

/// An organization's domain.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Domain)]
pub(crate) struct DomainResponse {
    id: DomainId,
    organization_id: OrganizationId,
    domain: String,
    fqdn: String,
    verified: bool,
    /// The required content of the TXT record.
    verification_token: String,
    verification_dns_record_type: &'static str,
    verification_dns_record_name: String,
    verification_dns_record_data: String,
    verification_attempts: i64,
    verified_at: Option<Timestamp>,
    /// How users with a verified address of the domain may join: `none`, `request`, `join` or `auto`.
    joining: &'static str,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl DomainResponse {
    fn new(app: &App, domain: Domain) -> Self {
        let record_value = app.service().domain_proof(domain.organization_id, domain.id);
        Self {
            id: domain.id,
            organization_id: domain.organization_id,
            fqdn: domain.domain.clone(),
            verified: domain.verified_at.is_some(),
            verification_token: record_value.clone(),
            verification_dns_record_type: "TXT",
            verification_dns_record_name: DomainName::record_name(&domain.domain),
            verification_dns_record_data: record_value,
            verification_attempts: domain.attempts,
            verified_at: domain.verified_at,
            joining: domain.joining.as_str(),
            created_at: domain.created_at,
            updated_at: domain.updated_at,
            domain: domain.domain,
        }
    }
}

/// Lists an organization's domains, oldest first.
#[utoipa::path(get, path = "/organizations/{id}/domains", operation_id = "list_organization_domains", tag = "Domains",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The domains", body = Enveloped<Vec<DomainResponse>>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
) -> ApiResponse<Vec<DomainResponse>> {
    let reply = app.query(&caller, List { organization }).await;
    ApiResponse::from(
        reply.map(|domains| domains.into_iter().map(|domain| DomainResponse::new(&app, domain)).collect()),
    )
}

/// The fields of a new domain.
#[derive(Debug, ToSchema)]
#[schema(as = NewDomain)]
pub(crate) struct Fields {
    #[schema(value_type = String)]
    domain: DomainName,
    /// `none`, `request`, `join` or `auto`. The default is the setting `domains.default_joining`, or `none` for a
    /// caller without `organization:manage_members`.
    #[schema(value_type = Option<String>)]
    joining: Option<JoinPolicy>,
}

impl FromFields for Fields {
    const ERRORS: &[Code] = &[Code::InvalidDomain, Code::DomainIsPublic];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let joining = fields.text("joining")?.filter(|text| !text.is_empty());
        Ok(Self {
            domain: DomainName::parse(&fields.required_text("domain")?)?,
            joining: joining.map(|text| JoinPolicy::parse("joining", &text)).transpose()?,
        })
    }
}

/// Adds a domain to an organization.
///
/// The domain has no effect until it is verified.
#[utoipa::path(post, path = "/organizations/{id}/domains",
    operation_id = "add_organization_domain", tag = "Domains", request_body = Fields,
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Domain added successfully", body = Enveloped<DomainResponse>)))]
pub(crate) async fn add(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(Fields { domain, joining }): Body<Fields>,
) -> ApiResponse<DomainResponse> {
    let reply = app.run(&caller, Add { organization, domain, joining }).await;
    ApiResponse::from(reply.map(|domain| DomainResponse::new(&app, domain)))
}

/// The changes to a domain.
#[derive(Debug, ToSchema)]
#[schema(as = DomainChanges)]
pub(crate) struct UpdateFields {
    /// `none`, `request`, `join` or `auto`.
    #[schema(value_type = String)]
    joining: JoinPolicy,
}

impl FromFields for UpdateFields {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { joining: JoinPolicy::parse("joining", &fields.required_text("joining")?)? })
    }
}

type Ids = Path<(OrganizationId, DomainId)>;

/// Changes how users with an address of a domain may join.
#[utoipa::path(post, path = "/organizations/{id}/domains/{domainId}/update",
    operation_id = "update_organization_domain", tag = "Domains", request_body = UpdateFields,
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("domainId" = DomainId, Path, description = "The domain")),
    responses((status = 200, description = "The domain", body = Enveloped<DomainResponse>)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, domain)): Ids,
    Body(UpdateFields { joining }): Body<UpdateFields>,
) -> ApiResponse<DomainResponse> {
    let reply = app.run(&caller, Update { organization, domain, joining }).await;
    ApiResponse::from(reply.map(|domain| DomainResponse::new(&app, domain)))
}

/// The verified domain.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VerifiedDomain)]
pub(crate) struct VerifyResponse {
    domain: DomainResponse,
}

/// The optional fields of a domain verification.
#[derive(Debug, ToSchema)]
#[schema(as = DomainField)]
#[expect(dead_code, reason = "only for the OpenAPI document")]
pub(crate) struct VerifyFields {
    /// Ignored; the path identifies the domain.
    #[schema(value_type = Option<String>)]
    domain: Option<String>,
}

impl FromFields for VerifyFields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { domain: fields.text("domain")? })
    }
}

/// Verifies a domain by looking up its TXT record.
#[utoipa::path(post, path = "/organizations/{id}/domains/{domainId}/verify",
    operation_id = "verify_organization_domain", tag = "Domains",
    request_body = Option<VerifyFields>,
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("domainId" = DomainId, Path, description = "The domain")),
    responses((status = 200, description = "Domain verified successfully", body = Enveloped<VerifyResponse>)))]
pub(crate) async fn verify(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, domain)): Ids,
    Body(VerifyFields { domain: _ }): Body<VerifyFields>,
) -> ApiResponse<VerifyResponse> {
    let reply = verify_domain(app.service(), &caller, organization, domain).await;
    ApiResponse::from(reply.map(|domain| VerifyResponse { domain: DomainResponse::new(&app, domain) }))
}

/// Deletes a domain.
///
/// Members who joined by it remain members.
#[utoipa::path(post, path = "/organizations/{id}/domains/{domainId}/delete",
    operation_id = "delete_organization_domain", tag = "Domains",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("domainId" = DomainId, Path, description = "The domain")),
    responses((status = 200, description = "Deleted", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, domain)): Ids,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, Delete { organization, domain }).await.map(|()| SuccessResponse::OK))
}
