//! Setup links: `GET` and `POST /organizations/{id}/setup-links`, and `POST /organizations/{id}/setup-links/{linkId}/revoke`
//!
//! The holder of a link uses the pages under `/setup`. No call of the API takes its token.

use std::time::Duration;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::id::{OrganizationId, SetupLinkId, UserId};
use vestibule_core::names::SetupRecipient;
use vestibule_core::settings::Settings;
use vestibule_core::setup_link::{
    Create, DEFAULT_LIFETIME, List, NewSetupLink, Revoke, SetupLink, SetupPurpose, SetupPurposes,
};
use vestibule_core::time::Timestamp;

use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Path};
use crate::openapi::Enveloped;

const MAX_HOURS: u64 = 720;

/// The fields of a new setup link.
#[derive(Debug, ToSchema)]
#[schema(as = NewSetupLinkFields)]
pub(crate) struct Fields {
    /// What it opens: `sso` (connections), `domains`, or both.
    #[schema(value_type = Vec<String>, example = json!(["sso", "domains"]))]
    purposes: SetupPurposes,
    /// For whom it is, up to 100 characters.
    #[schema(value_type = String, example = "IT department of Example Inc.")]
    recipient: SetupRecipient,
    /// Hours until it expires, 1 to 720. The default is 168.
    #[schema(value_type = u64, required = false, minimum = 1, maximum = 720)]
    expires_in_hours: Duration,
}

impl FromFields for Fields {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let purposes = fields.texts("purposes")?.unwrap_or_default();
        if purposes.is_empty() {
            return Err(Problem::required("purposes"));
        }
        let unknown = || Problem::field("purposes", "use sso, domains, or both.");
        let purposes: Result<Vec<_>, _> = purposes.iter().map(|name| name.parse::<SetupPurpose>()).collect();
        let purposes = purposes.ok().and_then(SetupPurposes::new).ok_or_else(unknown)?;
        let hours = fields.number_within("expires_in_hours", 1..=MAX_HOURS)?;
        Ok(Self {
            purposes,
            recipient: SetupRecipient::parse("recipient", &fields.required_text("recipient")?)?,
            expires_in_hours: hours.map_or(DEFAULT_LIFETIME, Duration::from_hours),
        })
    }
}

/// The admin who made a link.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SetupLinkCreator)]
pub(crate) struct CreatorResponse {
    id: UserId,
    first_name: String,
    last_name: String,
}

/// A setup link, without its token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SetupLink)]
pub(crate) struct SetupLinkResponse {
    id: SetupLinkId,
    organization_id: OrganizationId,
    /// `sso`, `domains`
    #[schema(value_type = Vec<String>, example = json!(["sso", "domains"]))]
    purposes: Vec<&'static str>,
    /// For whom it is.
    recipient: String,
    /// `active`, `suspended` (its creator is not an admin at the moment), `expired` or `revoked`.
    #[schema(example = "active")]
    state: &'static str,
    created_by: CreatorResponse,
    /// How often it was opened.
    uses: i64,
    last_used_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    expires_at: Timestamp,
    created_at: Timestamp,
}

impl SetupLinkResponse {
    fn new(link: SetupLink, now: Timestamp) -> Self {
        Self {
            id: link.id,
            organization_id: link.organization_id,
            purposes: link.purposes.names(),
            state: link.state(now).as_str(),
            created_by: CreatorResponse {
                id: link.creator_id,
                first_name: link.creator_first_name,
                last_name: link.creator_last_name,
            },
            recipient: link.recipient,
            uses: link.uses,
            last_used_at: link.last_used_at,
            revoked_at: link.revoked_at,
            expires_at: link.expires_at,
            created_at: link.created_at,
        }
    }
}

/// A new setup link. Its URL is shown here only.
#[derive(Serialize, ToSchema)]
#[schema(as = SetupLinkWithUrl)]
pub(crate) struct SetupLinkWithUrlResponse {
    #[serde(flatten)]
    link: SetupLinkResponse,
    /// Opens the setup pages for everyone who has it. Pass it on by a channel that nobody else reads.
    #[schema(example = "https://login.example.com/setup#token=vsl_…")]
    url: String,
}

impl SetupLinkWithUrlResponse {
    fn new(created: NewSetupLink, settings: &Settings, now: Timestamp) -> Self {
        Self { url: created.url(settings), link: SetupLinkResponse::new(created.link, now) }
    }
}

/// Lists the setup links, newest first, with those that have ended.
#[utoipa::path(get, path = "/organizations/{id}/setup-links", operation_id = "list_setup_links", tag = "Single sign-on",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The links", body = Enveloped<Vec<SetupLinkResponse>>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
) -> ApiResponse<Vec<SetupLinkResponse>> {
    let now = app.service().now();
    let reply = app.query(&caller, List { organization }).await;
    ApiResponse::from(reply.map(|links| links.into_iter().map(|link| SetupLinkResponse::new(link, now)).collect()))
}

/// Creates a link with which a person without an account sets up single sign-on or domains.
///
/// It lets its holder list, add and verify domains, or list, create, change and test connections, and nothing else. Every use
/// of it is in the audit log. It works as long as the caller is an admin.
#[utoipa::path(post, path = "/organizations/{id}/setup-links", operation_id = "create_setup_link", tag = "Single sign-on",
    request_body = Fields,
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The link, with its URL", body = Enveloped<SetupLinkWithUrlResponse>)))]
pub(crate) async fn create(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(Fields { purposes, recipient, expires_in_hours: lifetime }): Body<Fields>,
) -> ApiResponse<SetupLinkWithUrlResponse> {
    let reply = app.run(&caller, Create { organization, purposes, recipient, lifetime }).await;
    let now = app.service().now();
    ApiResponse::from(reply.map(|created| SetupLinkWithUrlResponse::new(created, app.settings(), now)))
}

/// Revokes a setup link. What was set up with it stays.
#[utoipa::path(post, path = "/organizations/{id}/setup-links/{linkId}/revoke", operation_id = "revoke_setup_link", tag = "Single sign-on",
    params(("id" = OrganizationId, Path, description = "The organization"), ("linkId" = SetupLinkId, Path, description = "The link")),
    responses((status = 200, description = "The revoked link", body = Enveloped<SetupLinkResponse>)))]
pub(crate) async fn revoke(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, link)): Path<(OrganizationId, SetupLinkId)>,
) -> ApiResponse<SetupLinkResponse> {
    let reply = app.run(&caller, Revoke { organization, link }).await;
    let now = app.service().now();
    ApiResponse::from(reply.map(|link| SetupLinkResponse::new(link, now)))
}
