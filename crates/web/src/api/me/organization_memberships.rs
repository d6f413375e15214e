//! `GET /me/organization-memberships`

use axum::extract::State;
use vestibule_core::membership::ListOwn;

use crate::api::response::DetailedMembershipResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::openapi::Enveloped;

/// Lists the caller's organization memberships, newest first.
#[utoipa::path(get, path = "/me/organization-memberships",
    operation_id = "list_own_organization_memberships", tag = "Me",
    responses((status = 200, description = "The memberships", body = Enveloped<Vec<DetailedMembershipResponse>>)))]
pub(crate) async fn organization_memberships(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
) -> ApiResponse<Vec<DetailedMembershipResponse>> {
    let context = app.response_context();
    let reply = app.query(&caller, ListOwn).await;
    ApiResponse::from(
        reply.map(|own| own.into_iter().map(|own| DetailedMembershipResponse::from_own(own, context)).collect()),
    )
}
