//! `GET /organizations/{id}/audit-log.csv` and `/organizations/{id}/audit-log.jsonl`
//!
//! Entries are in the order of the chain, up to its end when the export begins. With JSON Lines, each line has what is
//! needed to verify the chain; `docs/audit-log.md` describes it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use vestibule_core::audit::{Entry, Export, ExportBatch, ExportFormat, ExportLine, StartExport, hex};
use vestibule_core::execution::Caller;
use vestibule_core::id::OrganizationId;

use super::csv::Csv;
use super::stream_file;
use crate::api::audit_log::AuditLogParams;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Path, Query};
use crate::links::rfc3339;

const COLUMNS: &[&str] = &[
    "id",
    "created_at",
    "action",
    "actor_type",
    "actor_id",
    "impersonator_id",
    "target_type",
    "target_id",
    "request_id",
    "data",
    "personal",
    "sequence",
    "hash",
];

pub(super) async fn csv(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Query(params): Query<AuditLogParams>,
) -> Response {
    export(app, caller, organization, params, ExportFormat::Csv).await
}

pub(super) async fn json_lines(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Query(params): Query<AuditLogParams>,
) -> Response {
    export(app, caller, organization, params, ExportFormat::JsonLines).await
}

async fn export(
    app: App,
    caller: Arc<Caller>,
    organization: OrganizationId,
    params: AuditLogParams,
    format: ExportFormat,
) -> Response {
    let until = match app.run(&caller, StartExport { organization, format }).await.result {
        Ok(until) => until,
        Err(problem) => return Refusal(problem).into_response(),
    };
    let first = Export { organization, filter: params.filter.to_filter(), after: 0, until };
    let batches = stream::try_unfold((Some(first), true), move |(query, is_first)| {
        let (app, caller) = (app.clone(), Arc::clone(&caller));
        async move {
            let Some(query) = query else { return Ok(None) };
            let batch = app.query(&caller, query.clone()).await.result?;
            let next = batch.next.map(|after| Export { after, ..query });
            Ok(Some((write(format, batch, is_first), (next, false))))
        }
    });
    match format {
        ExportFormat::Csv => stream_file(batches, "audit-log.csv", "text/csv; charset=utf-8").await,
        ExportFormat::JsonLines => stream_file(batches, "audit-log.jsonl", "application/jsonl").await,
    }
}

fn write(format: ExportFormat, batch: ExportBatch, is_first: bool) -> Bytes {
    match format {
        ExportFormat::Csv => {
            let mut csv = if is_first { Csv::with_header(COLUMNS) } else { Csv::without_header() };
            batch.entries.iter().for_each(|(entry, _)| write_row(&mut csv, entry));
            csv.into_bytes()
        }
        ExportFormat::JsonLines => {
            let mut lines = Vec::new();
            for (entry, previous) in batch.entries {
                // Writing to memory does not fail.
                let _ = serde_json::to_writer(&mut lines, &ExportLine::new(entry, &previous));
                lines.push(b'\n');
            }
            lines.into()
        }
    }
}

fn write_row(csv: &mut Csv, entry: &Entry) {
    let number = |number: Option<i64>| number.map_or_else(String::new, |number| number.to_string());
    csv.row(&[
        &entry.id.to_string(),
        &rfc3339(entry.created_at),
        &entry.action,
        &entry.actor_kind,
        &number(entry.actor_id),
        &number(entry.impersonator_id),
        &entry.target_kind,
        &entry.target_id.to_string(),
        &number(entry.request_id),
        entry.payload.as_deref().unwrap_or_default(),
        entry.personal.as_deref().unwrap_or_default(),
        &number(entry.sequence),
        &entry.hash.as_deref().map_or_else(String::new, hex),
    ]);
}
