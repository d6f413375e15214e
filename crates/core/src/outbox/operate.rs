//! The operator's commands on the outbox: list, retry and drop jobs.

use super::delivery::update_delivery;
use super::job::{Delivery, Job, Queue};
use super::sql::{self, ListedJob};
use crate::error::{Code, Result};
use crate::event::{MailDropped, MailRetried};
use crate::execution::{Command, Context, Query};
use crate::id::OutboxId;
use crate::permission::Requirement;
use crate::security_log::{Audit, Change};

const MAX_LISTED: i64 = 1000;

/// Lists up to 1,000 jobs: dead ones first, then waiting ones by due time.
#[derive(Debug)]
pub struct List;

impl Query for List {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<ListedJob>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<ListedJob>> {
        Ok(cx.tx.all(sql::LIST, (MAX_LISTED,)).await?)
    }
}

/// Makes a job due at once and resets its attempts. Returns how many jobs were affected.
///
/// # Errors
/// `JOB_NOT_FOUND`.
#[derive(Debug)]
pub struct Retry {
    /// `None` for all dead jobs.
    pub job: Option<OutboxId>,
}

impl Command for Retry {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::JobNotFound];
    type Out = usize;

    fn audit(&self) -> Audit {
        Audit::Change(Change::MailRetried)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<usize> {
        let jobs = match self.job {
            Some(job) => vec![job],
            None => cx.tx.all(sql::DEAD_JOBS, ()).await?.into_iter().map(|(job,)| job).collect(),
        };
        for job in &jobs {
            let row = cx.tx.optional(sql::RETRY, (*job, cx.now)).await?.ok_or(Code::JobNotFound)?;
            let (organization_id, mail_kind) = (row.organization_id, row.kind.as_str());
            cx.emit(MailRetried { organization_id, mail_id: *job, mail_kind });
            update_delivery(cx, &Job::try_from(row)?, Delivery::Queued, "", None).await?;
        }
        cx.subject.is_unchanged = jobs.is_empty();
        cx.after_commit.on_success(|executor| {
            Queue::Urgent.wake_up(executor).notify_one();
            Queue::Ordinary.wake_up(executor).notify_one();
        });
        Ok(jobs.len())
    }
}

/// Deletes a job. The invitation that its mail is about shows that it was not sent.
///
/// # Errors
/// `JOB_NOT_FOUND`.
#[derive(Debug)]
pub struct Drop {
    pub job: OutboxId,
}

impl Command for Drop {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::JobNotFound];
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::MailDropped)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let row = cx.tx.optional(sql::DROP, (self.job,)).await?.ok_or(Code::JobNotFound)?;
        let (organization_id, mail_kind) = (row.organization_id, row.kind.as_str());
        cx.emit(MailDropped { organization_id, mail_id: self.job, mail_kind });
        let reason = "an operator removed it from the outbox";
        update_delivery(cx, &Job::try_from(row)?, Delivery::NotSent, reason, None).await
    }
}
