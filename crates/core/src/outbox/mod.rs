//! The outbox: mail jobs, enqueued in the transaction of the change that they announce. The mailer runs them.
//!
//! It consists of two queues: urgent mail never waits behind ordinary mail.

mod delivery;
mod job;
mod operate;
pub(crate) mod sql;
mod status;

use std::time::Duration;

use vestibule_db::DependentStatement;

use self::sql::NewJob;
use crate::error::Result;
use crate::execution::Context;
use crate::id::{AttemptId, DeploymentInvitationId, InvitationId, NoticeId, OrganizationId, UserId};
use crate::time::Timestamp;

pub(crate) use delivery::update_delivery;
pub use job::{Delivery, JobState, MailKind};
pub(crate) use job::{Job, Queue, Subject, parse_message_id};
pub use operate::{Drop, List, Retry};
pub use sql::ListedJob;
pub use status::{MAX_COUNTED, QueueStatus, ShowStatus, Status};

const DAY: Duration = Duration::from_hours(24);

/// The mail of one generation of an invitation, and the reminders before it expires.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InvitationMail {
    pub(crate) organization: OrganizationId,
    pub(crate) invitation: InvitationId,
    pub(crate) generation: i64,
    pub(crate) expires_at: Timestamp,
}

/// Enqueues the mails of these invitations and their reminders, if a mail transport is configured. A reminder for an
/// invitation that was accepted or declined in the meantime is skipped when it is due.
pub(crate) async fn enqueue_invitations(cx: &mut Context<'_>, mails: &[InvitationMail]) -> Result<()> {
    let jobs = invitation_jobs(cx, mails);
    cx.tx.execute_each(sql::INSERT, &jobs).await?;
    Ok(())
}

/// Enqueues the mail of an invitation once more. Its reminders are enqueued already.
pub(crate) async fn enqueue_invitation_again(cx: &mut Context<'_>, mail: InvitationMail) -> Result<()> {
    let InvitationMail { organization, invitation, generation, .. } = mail;
    let job = new_job(cx, MailKind::Invitation);
    let subject = NewJob { organization: Some(organization), invitation: Some(invitation), generation, ..job };
    enqueue(cx, subject).await
}

/// Returns the statements that enqueue them, to be run with the change that they depend on.
pub(crate) fn dependent_invitation_jobs(cx: &mut Context<'_>, mails: &[InvitationMail]) -> Vec<DependentStatement> {
    invitation_jobs(cx, mails).into_iter().map(|job| sql::INSERT.dependent(job)).collect()
}

fn invitation_jobs(cx: &mut Context<'_>, mails: &[InvitationMail]) -> Vec<NewJob<'static>> {
    if cx.executor.mail_transport.is_none() || mails.is_empty() {
        return Vec::new();
    }
    let mut jobs = Vec::with_capacity(mails.len());
    for mail in mails {
        let mut add = |kind, due_at| {
            jobs.push(NewJob {
                organization: Some(mail.organization),
                invitation: Some(mail.invitation),
                generation: mail.generation,
                due_at,
                ..new_job(cx, kind)
            });
        };
        add(MailKind::Invitation, cx.now);
        for days in &cx.executor.settings.invitations.reminder_days {
            let due_at = mail.expires_at.minus(DAY * u32::from(*days));
            if due_at > cx.now {
                add(MailKind::Reminder, due_at);
            }
        }
    }
    cx.after_commit.on_success(|executor| Queue::Ordinary.wake_up(executor).notify_one());
    jobs
}

/// Enqueues the mail of an invitation to sign up.
pub(crate) async fn enqueue_deployment_invitation(
    cx: &mut Context<'_>,
    invitation: DeploymentInvitationId,
) -> Result<()> {
    let job = NewJob { deployment_invitation: Some(invitation), ..new_job(cx, MailKind::SignUpInvitation) };
    enqueue(cx, job).await
}

/// Enqueues the mail of one generation of a verification.
pub(crate) async fn enqueue_verification(cx: &mut Context<'_>, attempt: AttemptId, generation: i64) -> Result<()> {
    let job = NewJob { attempt: Some(attempt), generation, ..new_job(cx, MailKind::Verification) };
    enqueue(cx, job).await
}

/// Enqueues the mail of a security notice.
pub(crate) async fn enqueue_security_notice(cx: &mut Context<'_>, notice: NoticeId) -> Result<()> {
    let job = NewJob { notice: Some(notice), ..new_job(cx, MailKind::SecurityNotice) };
    enqueue(cx, job).await
}

/// Enqueues the denial of a request for a new invitation.
pub(crate) async fn enqueue_renewal_denied(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    invitation: InvitationId,
) -> Result<()> {
    let job = new_job(cx, MailKind::RenewalDenied);
    enqueue(cx, NewJob { organization: Some(organization), invitation: Some(invitation), ..job }).await
}

/// Enqueues a mail to a user about what happens in a period that begins at `since`.
pub(crate) async fn enqueue_digest(
    cx: &mut Context<'_>,
    kind: MailKind,
    (organization, user): (OrganizationId, UserId),
    (since, due_at): (Timestamp, Timestamp),
) -> Result<()> {
    let generation = since.as_microseconds();
    let job = new_job(cx, kind);
    enqueue(cx, NewJob { organization: Some(organization), user: Some(user), generation, due_at, ..job }).await
}

/// Enqueues a mail to a user about their membership, or their wish for one.
pub(crate) async fn enqueue_member_notice(
    cx: &mut Context<'_>,
    kind: MailKind,
    organization: OrganizationId,
    user: UserId,
) -> Result<()> {
    let job = NewJob { organization: Some(organization), user: Some(user), ..new_job(cx, kind) };
    enqueue(cx, job).await
}

/// Enqueues a mail to an admin about something of their organization, whose id is `about`; 0 for nothing else.
pub(crate) async fn enqueue_admin_notice(
    cx: &mut Context<'_>,
    kind: MailKind,
    (organization, user): (OrganizationId, UserId),
    about: i64,
) -> Result<()> {
    let job = new_job(cx, kind);
    enqueue(cx, NewJob { organization: Some(organization), user: Some(user), generation: about, ..job }).await
}

/// A job that is due now.
fn new_job(cx: &Context<'_>, kind: MailKind) -> NewJob<'static> {
    NewJob {
        id: cx.id(),
        kind,
        organization: None,
        invitation: None,
        attempt: None,
        user: None,
        generation: 0,
        due_at: cx.now,
        now: cx.now,
        is_urgent: kind.queue().is_urgent(),
        notice: None,
        deployment_invitation: None,
    }
}

async fn enqueue(cx: &mut Context<'_>, job: NewJob<'static>) -> Result<()> {
    if cx.executor.mail_transport.is_some() {
        let queue = job.kind.queue();
        cx.tx.execute(sql::INSERT, job).await?;
        cx.after_commit.on_success(move |executor| queue.wake_up(executor).notify_one());
    }
    Ok(())
}
