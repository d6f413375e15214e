//! Mail that came back after it had left.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Code, Result};
use crate::execution::Executor;
use crate::execution::{Caller, Command, Context};
use crate::mail::{Bounce, Verdict, read_report};
use crate::outbox::invitation_in;
use crate::outbox::sql;
use crate::permission::Requirement;

/// Reports read at a time, so that a full folder keeps no mail waiting.
const MOST_REPORTS: usize = 100;
/// The longest report, in bytes; what is longer is none.
const LONGEST_REPORT: u64 = 1024 * 1024;

/// Notes what became of a mail after it had left; false when it is about no invitation of ours. A complaint keeps further
/// mail of the organization from the invitee.
#[derive(Debug)]
pub struct Returned {
    /// The report.
    pub bounce: Bounce,
}

impl Command for Returned {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = bool;

    async fn run(&self, cx: &mut Context<'_>) -> Result<bool> {
        let Some((invitation, generation)) = invitation_in(&self.bounce.message_id) else {
            return Ok(false);
        };
        match self.bounce.verdict {
            Verdict::Fine => Ok(cx.tx.optional(sql::FIND_BY_GENERATION, (invitation, generation)).await?.is_some()),
            Verdict::Bounced => {
                let reason = if self.bounce.reason.is_empty() { "it came back" } else { &self.bounce.reason };
                Ok(cx.tx.optional(sql::BOUNCED, (invitation, generation, reason, cx.now)).await?.is_some())
            }
            Verdict::Complained => {
                let reason = "the invitee said that they do not want it";
                let found = cx.tx.optional(sql::BOUNCED, (invitation, generation, reason, cx.now)).await?.is_some();
                if found {
                    cx.tx.optional(sql::REFUSE, (invitation, cx.now)).await?;
                }
                Ok(found)
            }
        }
    }
}

/// Reads the reports that a mail server has put into the folder of the settings, if there is one. Those that were
/// understood are removed; any other goes into its folder `unread`.
pub async fn read_reports(executor: &Arc<Executor>) {
    let Some(folder) = executor.settings.mail.bounce_dir.clone() else {
        return;
    };
    let listed = folder.clone();
    let reports = match tokio::task::spawn_blocking(move || take(&listed)).await {
        Ok(Ok(reports)) => reports,
        Ok(Err(error)) => return tracing::warn!(%error, "the folder of mail.bounce_dir cannot be read"),
        Err(error) => return tracing::warn!(%error, "the folder of mail.bounce_dir cannot be read"),
    };
    for (file, bounce) in reports {
        let understood = match bounce {
            None => false,
            Some(bounce) => match executor.run(&Caller::anonymous(), Returned { bounce }).await.result {
                Ok(is_ours) => is_ours,
                // It stays where it is, and is read again.
                Err(problem) => return tracing::warn!(cause = problem.cause(), "a report could not be noted"),
            },
        };
        let folder = folder.clone();
        let moved = tokio::task::spawn_blocking(move || put_away(&folder, &file, understood)).await;
        if let Ok(Err(error)) = moved {
            tracing::warn!(%error, "a report in the folder of mail.bounce_dir cannot be put away");
        }
    }
}

type Reports = Vec<(PathBuf, Option<Bounce>)>;

fn take(folder: &Path) -> std::io::Result<Reports> {
    let mut reports = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (file, about) = (entry.path(), entry.metadata()?);
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !about.is_file() || is_hidden || reports.len() >= MOST_REPORTS {
            continue;
        }
        let bounce = if about.len() <= LONGEST_REPORT { read_report(&std::fs::read(&file)?) } else { None };
        reports.push((file, bounce));
    }
    Ok(reports)
}

fn put_away(folder: &Path, file: &Path, understood: bool) -> std::io::Result<()> {
    if understood {
        return std::fs::remove_file(file);
    }
    let unread = folder.join("unread");
    std::fs::create_dir_all(&unread)?;
    std::fs::rename(file, unread.join(file.file_name().unwrap_or_default()))
}
