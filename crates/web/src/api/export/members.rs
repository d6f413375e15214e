//! `GET /organizations/{id}/members.csv`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use vestibule_core::assurance::SecondFactors;
use vestibule_core::id::OrganizationId;
use vestibule_core::membership::{ExportMembers, MemberDetails, MembersBatch, StartMemberExport};

use super::csv::Csv;
use super::{File, respond};
use crate::api::organizations::members::MemberParams;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Path, Query};
use crate::links::rfc3339;

const COLUMNS: &[&str] = &[
    "id",
    "user_id",
    "first_name",
    "last_name",
    "username",
    "email",
    "email_verified",
    "roles",
    "joined_at",
    "second_factors",
];

/// Sends the members of an organization, newest first.
pub(super) async fn export(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Query(params): Query<MemberParams>,
) -> Response {
    let filter = params.filter();
    let start = StartMemberExport { organization, filter: filter.clone() };
    if let Err(problem) = app.run(&caller, start).await.result {
        return Refusal(problem).into_response();
    }
    let first = ExportMembers { organization, filter, before: None };
    respond(app, caller, first, File { name: "members.csv", columns: COLUMNS, write: write_batch }).await
}

fn write_batch(csv: &mut Csv, query: &ExportMembers, batch: &MembersBatch) -> Option<ExportMembers> {
    batch.members.iter().for_each(|details| write(csv, details));
    batch.next.map(|next| ExportMembers { before: Some(next), ..query.clone() })
}

fn write(csv: &mut Csv, MemberDetails { member, roles, second_factors }: &MemberDetails) {
    let roles: Vec<_> = roles.iter().map(|role| role.name.as_str()).collect();
    csv.row(&[
        &member.id.to_string(),
        &member.user_id.to_string(),
        &member.first_name,
        &member.last_name,
        member.username.as_deref().unwrap_or_default(),
        member.email.as_deref().unwrap_or_default(),
        if member.email_verified_at.is_some() { "true" } else { "false" },
        &roles.join("; "),
        &rfc3339(member.created_at),
        &second_factors.map(SecondFactors::names).unwrap_or_default().join("; "),
    ]);
}
