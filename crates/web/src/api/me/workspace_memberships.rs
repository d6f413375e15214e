//! `GET /me/workspace-memberships`

use axum::extract::State;
use utoipa::IntoParams;
use vestibule_core::Problem;
use vestibule_core::id::OrganizationId;
use vestibule_core::workspace::Mine;

use crate::answer::Answer;
use crate::api::shape::OwnWorkspaceMembershipShape;
use crate::app::{App, Visitor};
use crate::extract::{FromFields, Query, Reader};
use crate::openapi::Enveloped;

/// What the list is narrowed to.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Narrowed {
    /// Only workspaces of this organization.
    org_id: Option<OrganizationId>,
}

impl FromFields for Narrowed {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self { org_id: fields.id("org_id")? })
    }
}

/// The workspaces one belongs to, the newest membership first.
#[utoipa::path(get, path = "/me/workspace-memberships", tag = "Me", params(Narrowed),
    responses((status = 200, description = "The memberships", body = Enveloped<Vec<OwnWorkspaceMembershipShape>>)))]
pub(crate) async fn workspace_memberships(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Query(narrowed): Query<Narrowed>,
) -> Answer<Vec<OwnWorkspaceMembershipShape>> {
    let here = app.here();
    let reply = app.ask(&caller, Mine { organization: narrowed.org_id }).await;
    Answer::from(reply.map(|own| own.into_iter().map(|own| OwnWorkspaceMembershipShape::new(own, here)).collect()))
}
