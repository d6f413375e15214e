//! `GET /organizations/{id}/invitations.csv`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use vestibule_core::id::OrganizationId;
use vestibule_core::invitation::{Batch, Export, InvitationDetails, StartExport, Status};
use vestibule_core::names::full_name;

use super::csv::Csv;
use super::{File, respond};
use crate::api::invitations::list::ListParams;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Path, Query};
use crate::links::rfc3339;

const COLUMNS: &[&str] = &[
    "id",
    "email",
    "status",
    "role",
    "workspace",
    "workspace_role",
    "inviter",
    "inviter_email",
    "delivery",
    "delivery_reason",
    "delivery_at",
    "created_at",
    "expires_at",
];

/// Sends the invitations of an organization, newest first.
pub(super) async fn export(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Query(params): Query<ListParams>,
) -> Response {
    if let Err(problem) = app.run(&caller, StartExport { organization }).await.result {
        return Refusal(problem).into_response();
    }
    let first = Export { organization, filter: params.list(organization).filter, before: None };
    respond(app, caller, first, File { name: "invitations.csv", columns: COLUMNS, write: write_batch }).await
}

fn write_batch(csv: &mut Csv, query: &Export, batch: &Batch) -> Option<Export> {
    batch.invitations.iter().for_each(|details| write(csv, details));
    batch.next.map(|next| Export { before: Some(next), ..query.clone() })
}

fn write(csv: &mut Csv, details: &InvitationDetails) {
    let row = &details.row;
    let status = if row.status == Status::Pending && details.expired { "expired" } else { row.status.as_str() };
    let inviter = details.inviter.as_deref();
    csv.row(&[
        &row.id.to_string(),
        &row.email_key,
        status,
        &details.role.name,
        details.workspace.as_deref().map_or("", |workspace| &workspace.name),
        details.workspace_role.as_deref().map_or("", |role| &role.name),
        &inviter.map_or_else(String::new, |inviter| full_name(&inviter.first_name, &inviter.last_name)),
        inviter.and_then(|inviter| inviter.email.as_deref()).unwrap_or_default(),
        row.delivery.as_str(),
        &row.delivery_reason,
        &rfc3339(row.delivery_at),
        &rfc3339(row.created_at),
        &rfc3339(row.expires_at),
    ]);
}
