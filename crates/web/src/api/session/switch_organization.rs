//! `POST /session/switch-organization`, and `PUT` of the same.

use axum::extract::State;
use vestibule_core::session::SwitchOrganization;

use super::OrganizationParameter;
use crate::answer::Answer;
use crate::api::shape::SessionShape;
use crate::app::{App, Visitor};
use crate::extract::{Body, Query};
use crate::openapi::Enveloped;

/// Choose the organization the active sign-in acts in.
///
/// Without an id it acts in none. The active workspace is cleared either way.
#[utoipa::path(post, path = "/session/switch-organization", tag = "Session", params(OrganizationParameter), request_body = Option<OrganizationParameter>,
    responses((status = 200, description = "Switched", body = Enveloped<SessionShape>)))]
pub(crate) async fn switch_organization(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Query(query): Query<OrganizationParameter>,
    Body(body): Body<OrganizationParameter>,
) -> Answer<SessionShape> {
    let organization = query.organization_id.or(body.organization_id);
    let reply = app.run(&caller, SwitchOrganization { organization }).await;
    Answer::from(reply.map(|shown| SessionShape::new(&shown, app.here())))
}
