//! `vestibule outbox`: lists, retries and drops mail that has not been delivered.

use vestibule_core::id::OutboxId;
use vestibule_core::outbox::{List, ListedJob};

use crate::cli::{OutboxArgs, OutboxCommand};
use crate::error::AppError;
use crate::operator::{self, DropMail, RetryMail};
use crate::output::{self, Printable};

/// Runs an outbox command, also while the server runs.
pub(crate) async fn run(args: &OutboxArgs) -> Result<(), AppError> {
    let loaded = operator::load(args.command.flags())?;
    match &args.command {
        OutboxCommand::List(_) => {
            let jobs = operator::query(&loaded, &List).await?;
            if jobs.is_empty() {
                output::print_line("The outbox is empty");
            }
            jobs.iter().for_each(print_job);
        }
        OutboxCommand::Retry { id, .. } => {
            let job = if id == "all" { None } else { Some(parse_id(id)?.to_string()) };
            let count = operator::run(&loaded, RetryMail { job }).await?.count;
            output::print_line(format_args!(
                "Messages scheduled for retry: {count}. A running server retries them immediately."
            ));
        }
        OutboxCommand::Drop { id, .. } => {
            operator::run(&loaded, DropMail { job: parse_id(id)? }).await?;
            output::print_line("Message deleted");
        }
    }
    Ok(())
}

fn parse_id(id: &str) -> Result<OutboxId, AppError> {
    let invalid =
        || AppError::CommandFailed(format!("{id:?} is not an outbox ID; list the IDs with: vestibule outbox list"));
    id.parse().map_err(|_| invalid())
}

fn print_job(job: &ListedJob) {
    let subject = match (job.organization_id, job.invitation_id) {
        (Some(organization), Some(invitation)) => format!(" {invitation} of organization {organization}"),
        (Some(organization), None) => format!(" of organization {organization}"),
        _ => String::new(),
    };
    let ListedJob { id, kind, state, attempts, reason, due_at, .. } = job;
    // The reason contains the response of a mail server.
    let reason = Printable(reason);
    output::print_line(format_args!("{id}  {state}  {kind}{subject}  attempts: {attempts}  next: {due_at}  {reason}"));
}
