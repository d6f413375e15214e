//! `GET /me/workspace-memberships`

use axum::extract::State;
use utoipa::IntoParams;
use vestibule_core::id::OrganizationId;
use vestibule_core::workspace::ListOwn;
use vestibule_core::{Code, Problem};

use crate::api::response::DetailedWorkspaceMembershipResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{FieldReader, FromFields, Query};
use crate::openapi::Enveloped;

/// The query of the list of workspace memberships.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Only workspaces of this organization.
    org_id: Option<OrganizationId>,
}

impl FromFields for ListParams {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { org_id: fields.id("org_id")? })
    }
}

/// Lists the caller's workspace memberships, newest first.
#[utoipa::path(get, path = "/me/workspace-memberships",
    operation_id = "list_own_workspace_memberships", tag = "Me", params(ListParams),
    responses((status = 200, description = "The memberships", body = Enveloped<Vec<DetailedWorkspaceMembershipResponse>>)))]
pub(crate) async fn workspace_memberships(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(params): Query<ListParams>,
) -> ApiResponse<Vec<DetailedWorkspaceMembershipResponse>> {
    let context = app.response_context();
    let reply = app.query(&caller, ListOwn { organization: params.org_id }).await;
    ApiResponse::from(
        reply.map(|own| own.into_iter().map(|own| DetailedWorkspaceMembershipResponse::new(own, context)).collect()),
    )
}
