//! Delivery reports: bounces and complaints about mail that was sent.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::spawn_blocking;
use vestibule_db::create_private_dir;

use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor};
use crate::mail::{DeliveryOutcome, DeliveryReport, parse_report};
use crate::outbox::{parse_message_id, sql};
use crate::permission::Requirement;

/// Reports that are read per pass of the worker, so that a full folder does not delay the outbox.
const MAX_REPORTS: usize = 100;
/// In bytes. Larger files are not parsed.
const MAX_REPORT_SIZE: u64 = 1024 * 1024;

/// Stores a delivery report on the invitation whose mail it is about. A complaint also unsubscribes the invitee.
/// Returns whether the report is about an invitation of this deployment.
#[derive(Debug)]
pub struct RecordDeliveryReport {
    pub report: DeliveryReport,
}

impl Command for RecordDeliveryReport {
    // The web endpoint verifies the report's signature.
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = bool;

    async fn run(&self, cx: &mut Context<'_>) -> Result<bool> {
        let Some((invitation, generation)) = parse_message_id(&self.report.message_id) else {
            return Ok(false);
        };
        match self.report.outcome {
            DeliveryOutcome::Other => {
                Ok(cx.tx.optional(sql::FIND_BY_GENERATION, (invitation, generation)).await?.is_some())
            }
            DeliveryOutcome::Bounced => {
                let reason = if self.report.reason.is_empty() { "the mail bounced" } else { &self.report.reason };
                Ok(cx.tx.optional(sql::MARK_BOUNCED, (invitation, generation, reason, cx.now)).await?.is_some())
            }
            DeliveryOutcome::Complained => {
                let reason = "the invitee reported the mail as spam";
                let bounced = cx.tx.optional(sql::MARK_BOUNCED, (invitation, generation, reason, cx.now)).await?;
                if bounced.is_some() {
                    cx.tx.optional(sql::UNSUBSCRIBE, (invitation, cx.now)).await?;
                }
                Ok(bounced.is_some())
            }
        }
    }
}

/// Processes the reports in the folder of `mail.bounce_dir`, if one is configured. Reports about a mail of this
/// deployment are deleted; other files are moved to its subfolder `unread`.
pub async fn process_reports(executor: &Arc<Executor>) {
    let Some(folder) = executor.settings.mail.bounce_dir.clone() else {
        return;
    };
    let reading = folder.clone();
    let reports = match spawn_blocking(move || read_reports(&reading)).await {
        Ok(Ok(reports)) => reports,
        Ok(Err(error)) => return tracing::warn!(%error, "cannot read the folder of mail.bounce_dir"),
        Err(error) => return tracing::warn!(%error, "cannot read the folder of mail.bounce_dir"),
    };
    for (file, report) in reports {
        let is_processed = match report {
            None => false,
            Some(report) => {
                match executor.run(&Caller::anonymous(), RecordDeliveryReport { report }).await.result {
                    Ok(is_known) => is_known,
                    // The file stays where it is, and is read again in the next pass.
                    Err(problem) => {
                        return tracing::warn!(cause = problem.cause(), "cannot store a delivery report");
                    }
                }
            }
        };
        let folder = folder.clone();
        let moved = spawn_blocking(move || remove_report(&folder, &file, is_processed)).await;
        if let Ok(Err(error)) = moved {
            tracing::warn!(%error, "cannot remove a report from the folder of mail.bounce_dir");
        }
    }
}

type Reports = Vec<(PathBuf, Option<DeliveryReport>)>;

fn read_reports(folder: &Path) -> io::Result<Reports> {
    let mut reports = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (file, metadata) = (entry.path(), entry.metadata()?);
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !metadata.is_file() || is_hidden || reports.len() >= MAX_REPORTS {
            continue;
        }
        let report = if metadata.len() <= MAX_REPORT_SIZE { parse_report(&std::fs::read(&file)?) } else { None };
        reports.push((file, report));
    }
    Ok(reports)
}

fn remove_report(folder: &Path, file: &Path, is_processed: bool) -> io::Result<()> {
    if is_processed {
        return std::fs::remove_file(file);
    }
    let unread = folder.join("unread");
    create_private_dir(&unread)?;
    std::fs::rename(file, unread.join(file.file_name().unwrap_or_default()))
}
