//! `vestibule outbox`: mail that does not leave, for whoever runs the server.

use vestibule_core::context::Caller;
use vestibule_core::id::OutboxId;
use vestibule_core::outbox::{Drop, List, Listed, Retry};

use crate::cli::{Outbox, OutboxTask};
use crate::open::open;
use crate::settings::{self, Surroundings};
use crate::start_error::StartError;
use crate::{say, telemetry};

/// Shows the outbox, or does something about it. On SQLite the server must not be running meanwhile.
pub(crate) async fn run(outbox: &Outbox) -> Result<(), StartError> {
    let mut loaded =
        settings::load(outbox.task.flags(), &Surroundings::of_this_process()).map_err(StartError::Settings)?;
    "error".clone_into(&mut loaded.log);
    telemetry::start(&loaded);
    let service = open(&loaded).await?;
    let nobody = Caller::nobody();
    let failed = |problem: vestibule_core::Problem| StartError::Found(problem.to_string());
    match &outbox.task {
        OutboxTask::List(_) => {
            let jobs = service.ask(&nobody, &List).await.result.map_err(failed)?;
            if jobs.is_empty() {
                say::line("The outbox is empty: every mail has left");
            }
            jobs.iter().for_each(show);
        }
        OutboxTask::Retry { id, .. } => {
            let job = if id == "all" { None } else { Some(read(id)?) };
            let tried = service.run(&nobody, Retry { job }).await.result.map_err(failed)?;
            say::line(format_args!("{tried} will be tried again at once by a running server"));
        }
        OutboxTask::Drop { id, .. } => {
            service.run(&nobody, Drop { job: read(id)? }).await.result.map_err(failed)?;
            say::line("It is not sent any more");
        }
    }
    Ok(())
}

fn read(id: &str) -> Result<OutboxId, StartError> {
    let wrong = || StartError::Found(format!("{id:?} is no id of the outbox; `vestibule outbox list` names them"));
    id.parse().map_err(|_| wrong())
}

fn show(job: &Listed) {
    let about = match (job.organization_id, job.invitation_id) {
        (Some(organization), Some(invitation)) => format!(" {invitation} of organization {organization}"),
        (Some(organization), None) => format!(" of organization {organization}"),
        _ => String::new(),
    };
    let Listed { id, kind, state, attempts, reason, due_at, .. } = job;
    say::line(format_args!("{id}  {state}  {kind}{about}  tried {attempts} times  next {due_at}  {reason}"));
}
