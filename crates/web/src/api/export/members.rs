//! `GET /organizations/{id}/members.csv`

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use futures_util::stream;
use vestibule_core::id::OrganizationId;
use vestibule_core::membership::{ExportMembers, MemberDetails};

use super::csv::Csv;
use super::respond;
use crate::api::organizations::members::MemberParams;
use crate::app::{App, CurrentCaller};
use crate::extract::{Path, Query};
use crate::links::rfc3339;

const COLUMNS: &[&str] =
    &["id", "user_id", "first_name", "last_name", "username", "email", "email_verified", "roles", "joined_at"];

/// Sends the members of an organization, newest first.
pub(super) async fn export(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Query(params): Query<MemberParams>,
) -> Response {
    let first = ExportMembers { organization, filter: params.filter(), before: None };
    let batches = stream::try_unfold(Some(first), move |export| {
        let (app, caller) = (app.clone(), Arc::clone(&caller));
        async move {
            let Some(export) = export else {
                return Ok(None);
            };
            let (filter, is_first) = (export.filter.clone(), export.before.is_none());
            let batch = app.query(&caller, export).await.result?;
            let mut csv = if is_first { Csv::with_header(COLUMNS) } else { Csv::without_header() };
            batch.members.iter().for_each(|details| write(&mut csv, details));
            let next = batch.next.map(|next| ExportMembers { organization, filter, before: Some(next) });
            Ok(Some((csv.into_bytes(), next)))
        }
    });
    respond("members.csv", batches).await
}

fn write(csv: &mut Csv, MemberDetails { member, roles }: &MemberDetails) {
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
    ]);
}
