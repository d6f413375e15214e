//! Revalidates the cached values of concurrent callers with one statement.
//!
//! On PostgreSQL, most of the cost of a revalidation is the round trip. While one statement is in flight, further
//! callers queue, and the next statement revalidates all of them. Each caller's statement is therefore sent after the
//! call, and its result is never older than the call.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, oneshot};
use vestibule_db::{Postgres, Tx};

use super::sql::{self, CounterRow, RevalidateBatch};
use super::{Revision, Validity};
use crate::id::{OrganizationId, SessionId};

/// Callers per statement. It has this number of placeholders for each kind of id.
const BATCH_SIZE: usize = 10;

/// Callers that may wait. Those who have hung up count until the next batch is sent.
const MAX_WAITING: usize = 4096;

/// Queues the callers that wait for a revalidation.
#[derive(Debug, Default)]
pub(crate) struct RevalidationBatcher {
    queue: Mutex<Vec<Waiting>>,
    /// Held by the caller that sends statements for the others.
    sender: AsyncMutex<()>,
}

#[derive(Debug)]
struct Waiting {
    session: SessionId,
    organization: OrganizationId,
    reply: oneshot::Sender<CurrentRevisions>,
}

/// The revisions of a session and an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CurrentRevisions {
    session: i64,
    organization: Revision,
}

impl RevalidationBatcher {
    /// Returns the organization's revision if a value with this validity is still current. `None` also when the
    /// database did not answer.
    pub(crate) async fn revalidate(&self, validity: &Validity, postgres: &Postgres) -> Option<Revision> {
        let (reply, mut response) = oneshot::channel();
        {
            let mut queue = self.queue();
            if queue.len() >= MAX_WAITING {
                return None;
            }
            queue.push(Waiting { session: validity.session, organization: validity.organization, reply });
        }
        let _sender = tokio::select! {
            biased;
            current = &mut response => return current.ok().and_then(|current| current.if_matches(validity)),
            sender = self.sender.lock() => sender,
        };
        loop {
            let batch: Vec<_> = {
                let mut queue = self.queue();
                let size = queue.len().min(BATCH_SIZE);
                queue.drain(..size).collect()
            };
            if !batch.is_empty() {
                let pairs: Vec<_> = batch.iter().map(|caller| (caller.session, caller.organization)).collect();
                // On failure the senders are dropped, and each caller loads what it needs itself.
                if let Some(rows) = load_counters(&pairs, postgres).await {
                    reply_to_each(batch, &rows);
                }
            }
            match response.try_recv() {
                Ok(current) => return current.if_matches(validity),
                Err(oneshot::error::TryRecvError::Closed) => return None,
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CurrentRevisions {
    fn if_matches(self, validity: &Validity) -> Option<Revision> {
        let is_current = self.session == validity.session_revision
            && self.organization.organization == validity.organization_revision;
        is_current.then_some(self.organization)
    }
}

fn reply_to_each(batch: Vec<Waiting>, rows: &[CounterRow]) {
    let counters = |is_session: i64| {
        let rows = rows.iter().filter(move |row| row.is_session == is_session);
        rows.map(|row| (row.id, row.revision)).collect::<HashMap<_, _>>()
    };
    let (sessions, scopes) = (counters(1), counters(0));
    let scope_revision = |scope: i64| scopes.get(&scope).copied().unwrap_or(0);
    for Waiting { session, organization, reply } in batch {
        let id = organization.get();
        let own = if id == 0 { 0 } else { scope_revision(-id) };
        let revision = Revision { invitations: scope_revision(id), organization: scope_revision(0) + own };
        // A deleted session has no row: its caller gets no reply.
        if let Some(session) = sessions.get(&session.get()) {
            // The caller may have hung up.
            let _ = reply.send(CurrentRevisions { session: *session, organization: revision });
        }
    }
}

/// Loads the counters of at most [`BATCH_SIZE`] sessions and organizations.
async fn load_counters(pairs: &[(SessionId, OrganizationId)], postgres: &Postgres) -> Option<Vec<CounterRow>> {
    let session = |index: usize| pairs.get(index).map_or_else(|| 0.into(), |(session, _)| *session);
    let organization = |index: usize| pairs.get(index).map_or_else(|| 0.into(), |(_, organization)| *organization);
    let arguments = RevalidateBatch {
        session_1: session(0),
        session_2: session(1),
        session_3: session(2),
        session_4: session(3),
        session_5: session(4),
        session_6: session(5),
        session_7: session(6),
        session_8: session(7),
        session_9: session(8),
        session_10: session(9),
        organization_1: organization(0),
        organization_2: organization(1),
        organization_3: organization(2),
        organization_4: organization(3),
        organization_5: organization(4),
        organization_6: organization(5),
        organization_7: organization(6),
        organization_8: organization(7),
        organization_9: organization(8),
        organization_10: organization(9),
    };
    let mut transaction = postgres.autocommit().await?;
    Tx::on_postgres(&mut transaction).all(sql::REVALIDATE_BATCH, arguments).await.ok()
}
