//! `GET /organizations/{id}/explain`

use axum::extract::State;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::Problem;
use vestibule_core::id::{OrganizationId, RoleId};
use vestibule_core::organization::{ACTIONS, Action, Explain};

use crate::api::response::NamedResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{FieldReader, FromFields, Path, Query};
use crate::openapi::Enveloped;

/// The query of a permission check.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExplainParams {
    /// An action, such as `invite`, `remove_member`, `define_role`, `update`, `delete` or `leave`.
    #[param(value_type = String)]
    action: Action,
}

impl FromFields for ExplainParams {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let name = fields.required_text("action")?;
        let names = || ACTIONS.iter().map(|action| action.name()).collect::<Vec<_>>().join(", ");
        let action =
            Action::parse(&name).ok_or_else(|| Problem::field("action", format!("use one of {}.", names())))?;
        Ok(Self { action })
    }
}

/// The result of a permission check.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Explanation {
    action: &'static str,
    allowed: bool,
    /// The caller's roles that allow the action.
    by: Vec<NamedResponse<RoleId>>,
    /// The missing permission.
    missing: Option<&'static str>,
    /// The error code that the action would return.
    code: Option<&'static str>,
    message: &'static str,
}

/// Explains whether the caller may perform an action in an organization.
///
/// The response names the roles that allow the action, or the missing permission.
#[utoipa::path(get, path = "/organizations/{id}/explain", operation_id = "explain_permission", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization"), ExplainParams),
    responses((status = 200, description = "The result", body = Enveloped<Explanation>)))]
pub(crate) async fn explain(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Query(ExplainParams { action }): Query<ExplainParams>,
) -> ApiResponse<Explanation> {
    let reply = app.query(&caller, Explain { organization, action }).await;
    ApiResponse::from(reply.map(|explained| Explanation {
        action: action.name(),
        allowed: explained.refusal.is_none(),
        by: explained.granted_by.into_iter().map(|role| NamedResponse { id: role.id, name: role.name }).collect(),
        missing: explained.missing_permission,
        code: explained.refusal.map(vestibule_core::Code::as_str),
        message: explained.refusal.map_or("", vestibule_core::Code::message),
    }))
}
