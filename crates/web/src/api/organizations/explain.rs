//! `GET /organizations/{id}/explain`

use axum::extract::State;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::Problem;
use vestibule_core::id::{OrganizationId, RoleId};
use vestibule_core::organization::{ACTIONS, Action, Explain};

use crate::answer::Answer;
use crate::api::shape::NamedShape;
use crate::app::{App, Visitor};
use crate::extract::{FromFields, Path, Query, Reader};
use crate::openapi::Enveloped;

/// What is asked about.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct About {
    /// For example `invite`, `remove_member`, `define_role`, `update`, `delete` or `leave`.
    #[param(value_type = String)]
    action: Action,
}

impl FromFields for About {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        let name = fields.required_text("action")?;
        let names = || ACTIONS.iter().map(|action| action.name()).collect::<Vec<_>>().join(", ");
        let action =
            Action::named(&name).ok_or_else(|| Problem::field("action", format!("use one of {}.", names())))?;
        Ok(Self { action })
    }
}

/// Whether, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Explanation {
    action: &'static str,
    allowed: bool,
    /// The caller's roles that allow it.
    by: Vec<NamedShape<RoleId>>,
    /// The permission that would do.
    missing: Option<&'static str>,
    /// What it would be refused with.
    code: Option<&'static str>,
    message: &'static str,
}

/// Whether the caller may do something here, by which of their roles, or what they lack.
#[utoipa::path(get, path = "/organizations/{id}/explain", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization"), About),
    responses((status = 200, description = "Whether, and why", body = Enveloped<Explanation>)))]
pub(crate) async fn explain(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
    Query(About { action }): Query<About>,
) -> Answer<Explanation> {
    let reply = app.ask(&caller, Explain { organization, action }).await;
    Answer::from(reply.map(|explained| Explanation {
        action: action.name(),
        allowed: explained.refusal.is_none(),
        by: explained.by.into_iter().map(|role| NamedShape { id: role.id, name: role.name }).collect(),
        missing: explained.missing,
        code: explained.refusal.map(vestibule_core::Code::as_str),
        message: explained.refusal.map_or("", vestibule_core::Code::words),
    }))
}
