//! One job carried out: the mail of an invitation, made at the moment it is sent.

use std::sync::Arc;
use std::time::Duration;

use super::MOST_ATTEMPTS;
use super::sql::{self, Job};
use crate::context::{Caller, Command, Context, Query};
use crate::email_address::EmailAddress;
use crate::error::{Problem, Result};
use crate::invitation::sql::{DELIVERED, FOR_MAIL, Mailed};
use crate::invitation::{Delivery, Status};
use crate::mail::{Carrier, InvitationMail, Message, Undelivered};
use crate::service::Service;

/// Sends the mail and writes down what became of it. A job that a resend, a discard or an answer has overtaken is done
/// without sending anything.
pub(super) async fn carry_out(service: &Arc<Service>, carrier: &dyn Carrier, job: Job) -> Result<()> {
    let mailed = service.ask(&Caller::nobody(), &Find(&job)).await.result?;
    let now = service.clock.now();
    let is_wanted = |mailed: &Mailed| {
        mailed.status == Status::Pending && mailed.generation == job.generation && now < mailed.expires_at
    };
    let outcome = match mailed.filter(is_wanted) {
        None => Ok(false),
        Some(mailed) => match message(service, &job, &mailed) {
            Ok(message) => carrier.send(&message).await.map(|()| true),
            // A mail that cannot be made today cannot be made tomorrow.
            Err(problem) => {
                tracing::error!(cause = problem.cause(), "a mail could not be made");
                Err(Undelivered { reason: "the mail could not be made".to_owned(), retry: false })
            }
        },
    };
    #[cfg(feature = "test-hooks")]
    crate::db::hooks::point("sent");
    service.run(&Caller::nobody(), Settle { job, outcome }).await.result
}

fn message(service: &Service, job: &Job, mailed: &Mailed) -> Result<Message> {
    let settings = &service.settings;
    let page = settings.mail.invitation_page.clone();
    let page = page.unwrap_or_else(|| format!("{}/invite", settings.public_url.as_str()));
    // In the fragment, which no browser sends to any server: not to this one, not to a proxy, not as a Referer.
    let link = format!("{page}#token={}", service.keys.mailed_token(job.invitation_id, job.generation).reveal());
    let now = service.clock.now();
    let inviter = inviter(mailed);
    let days = mailed.expires_at.since(now).as_secs().div_ceil(24 * 3600);
    let rendered = InvitationMail {
        app: &settings.name,
        organization: &mailed.organization_name,
        inviter: inviter.as_deref(),
        workspace: mailed.workspace_name.as_deref(),
        role: Some(&mailed.role_name),
        link: &link,
        expires_at: mailed.expires_at,
        days: u32::try_from(days).unwrap_or(u32::MAX),
    }
    .render()
    .map_err(Problem::internal)?;
    Ok(Message {
        to: EmailAddress::from_stored(mailed.email.clone(), mailed.email_key.clone()),
        from: settings.mail.from.clone(),
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        message_id: format!("{}.{}@vestibule", job.id, job.generation.cast_unsigned()),
        date: now,
    })
}

fn inviter(mailed: &Mailed) -> Option<String> {
    let first = mailed.inviter_first_name.as_deref().unwrap_or_default();
    let last = mailed.inviter_last_name.as_deref().unwrap_or_default();
    let name = format!("{first} {last}").trim().to_owned();
    Some(name).filter(|name| !name.is_empty()).or_else(|| mailed.inviter_username.clone())
}

struct Find<'a>(&'a Job);

impl Query for Find<'_> {
    type Out = Option<Mailed>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<Mailed>> {
        cx.tx.optional(FOR_MAIL, (self.0.organization_id, self.0.invitation_id)).await
    }
}

/// What came of a job: sent, or overtaken, or not delivered.
#[derive(Debug)]
struct Settle {
    job: Job,
    outcome: Result<bool, Undelivered>,
}

impl Command for Settle {
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let job = &self.job;
        let (delivery, reason) = match &self.outcome {
            Ok(sent) => {
                cx.tx.execute(sql::DONE, (job.id,)).await?;
                if *sent { (Delivery::Sent, "") } else { (Delivery::NotSent, "nobody waited for it any more") }
            }
            Err(undelivered) if undelivered.retry && job.attempts < MOST_ATTEMPTS => {
                let due_at = cx.now.plus(pause(job.attempts));
                cx.tx.execute(sql::LATER, (job.id, &undelivered.reason, due_at)).await?;
                (Delivery::Deferred, undelivered.reason.as_str())
            }
            Err(undelivered) => {
                cx.tx.execute(sql::DEAD, (job.id, &undelivered.reason)).await?;
                (Delivery::Failed, undelivered.reason.as_str())
            }
        };
        let told = (job.organization_id, job.invitation_id, job.generation, delivery, reason, job.attempts, cx.now);
        cx.tx.execute(DELIVERED, told).await?;
        Ok(())
    }
}

/// A minute after the first attempt, twice as long after each further one.
fn pause(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, MOST_ATTEMPTS) - 1).unwrap_or(0);
    Duration::from_mins(1) * 2_u32.pow(doublings)
}
