//! Running commands and queries on SQLite: commands by its one writer, queries right where they are asked.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::sync::oneshot;
use tracing::Span;

use super::Service;
use super::errand::{Done, Errand};
use crate::context::{Afterwards, Caller, Reply};
use crate::db::{Sqlite, Turn, Tx};
use crate::error::{Problem, Result};
use crate::id::OrganizationId;
use crate::revision::{self, Known, Revision};
use crate::secret::SessionToken;
use crate::session::{Holds, Kept};
use crate::time::Timestamp;

pub(super) async fn run(
    service: &Arc<Service>,
    sqlite: &Sqlite,
    caller: &Caller,
    command: Box<dyn Errand>,
) -> Reply<Done> {
    let (answer, heard) = oneshot::channel();
    let (service, caller, span) = (Arc::clone(service), caller.clone(), Span::current());
    let handed_in = sqlite.write(move |connection| {
        let _entered = span.enter();
        let (reply, afterwards) = at_once(service.turn(&caller, command.as_ref(), None, Tx::on_sqlite(connection)));
        let keep = reply.result.is_ok();
        let service = Arc::clone(&service);
        let settle = move |committed: Result<()>| {
            if committed.is_ok() {
                service.follow_up(afterwards, keep);
            }
            let result = match committed {
                Err(problem) if keep => Err(problem),
                _ => reply.result,
            };
            // Let go of before anybody hears: whoever closes the service next must be the last to hold it.
            drop(service);
            // A caller who hung up does not hear; what was done stays done.
            let _ = answer.send(Reply { result, ..reply });
        };
        Turn { keep, settle: Box::new(settle) }
    });
    if let Err(problem) = handed_in {
        return Reply::refused(problem);
    }
    heard.await.unwrap_or_else(|_| Reply::refused(Problem::internal("the command did not finish")))
}

/// Answered right here: it takes less time than handing it over.
pub(super) async fn ask(service: &Service, sqlite: &Sqlite, caller: &Caller, query: &dyn Errand) -> Reply<Done> {
    let mut connection = match sqlite.readers().take() {
        Ok(connection) => connection,
        Err(problem) => return Reply::refused(problem),
    };
    let reply = service.answer(caller, query, Tx::on_sqlite(&mut connection)).await;
    sqlite.readers().put_back(connection);
    reply
}

/// One statement sees one state by itself.
pub(super) async fn find_out(
    service: &Service,
    sqlite: &Sqlite,
    token: &SessionToken,
    organization: OrganizationId,
    now: Timestamp,
) -> Option<(Kept<Known>, Revision)> {
    let mut connection = sqlite.readers().glance().ok()?;
    let tx = &mut Tx::on_sqlite(&mut connection);
    let known = revision::find_out(token, organization, now, &service.settings, tx).await;
    sqlite.readers().keep(connection);
    known.ok().flatten()
}

/// The same.
pub(super) async fn still(sqlite: &Sqlite, holds: &Holds) -> Option<Revision> {
    let mut connection = sqlite.readers().glance().ok()?;
    let still = revision::still(holds, &mut Tx::on_sqlite(&mut connection)).await;
    sqlite.readers().keep(connection);
    still.ok().flatten()
}

/// The outcome of a future that never waits: on SQLite every statement answers at once.
fn at_once<T: Unready>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => T::unready(),
    }
}

/// What stands for the outcome of a command that waited for something inside its transaction, which none may.
trait Unready {
    fn unready() -> Self;
}

impl<T> Unready for (Reply<T>, Afterwards) {
    fn unready() -> Self {
        (Reply::refused(Problem::internal("a command waited inside its transaction")), Afterwards::default())
    }
}
