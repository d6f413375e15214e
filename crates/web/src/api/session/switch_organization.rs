//! `POST /session/switch-organization`

use axum::extract::State;
use vestibule_core::session::SwitchOrganization;

use super::OrganizationParameter;
use crate::api::response::SessionResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, Query};
use crate::openapi::Enveloped;

/// Sets the active organization of the active sign-in.
///
/// Without an id, no organization is active. The active workspace is cleared in both cases.
#[utoipa::path(post, path = "/session/switch-organization",
    operation_id = "switch_organization", tag = "Session", params(OrganizationParameter), request_body = Option<OrganizationParameter>,
    responses((status = 200, description = "Switched", body = Enveloped<SessionResponse>)))]
pub(crate) async fn switch_organization(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(query): Query<OrganizationParameter>,
    Body(body): Body<OrganizationParameter>,
) -> ApiResponse<SessionResponse> {
    let organization = query.organization_id.or(body.organization_id);
    let reply = app.run(&caller, SwitchOrganization { organization }).await;
    ApiResponse::from(reply.map(|session| SessionResponse::new(&session, app.response_context())))
}
