//! Revalidates the cached values of concurrent callers with one statement.
//!
//! On PostgreSQL, most of the cost of a revalidation is the round trip. While one statement is in flight, further
//! callers queue, and the next statement revalidates all of them. Each caller's statement is therefore sent after the
//! call, and its result is never older than the call.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, oneshot};
use vestibule_db::{Postgres, Tx};

use super::sql::{self, CounterRow, RevalidateApiKeyBatch, RevalidateBatch};
use super::{Credential, Revision, Validity};
use crate::id::OrganizationId;
use crate::secret::ApiKeyDigest;

/// Callers per statement. It has this number of placeholders for each kind of id, and one for an API key.
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
    credential: Credential,
    organization: OrganizationId,
    reply: oneshot::Sender<CurrentRevisions>,
}

/// The revisions of a session or an API key, and of an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CurrentRevisions {
    credential: i64,
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
            queue.push(Waiting { credential: validity.credential, organization: validity.organization, reply });
        }
        let _sender = tokio::select! {
            biased;
            current = &mut response => return current.ok().and_then(|current| current.if_matches(validity)),
            sender = self.sender.lock() => sender,
        };
        loop {
            let batch = take_batch(&mut self.queue());
            // On failure the senders are dropped, and each caller loads what it needs itself.
            if let Some(rows) = load_counters(&batch, postgres).await {
                reply_to_each(batch, &rows);
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
        let is_current = self.credential == validity.credential_revision
            && self.organization.organization == validity.organization_revision;
        is_current.then_some(self.organization)
    }
}

/// Takes those who waited longest and whom one statement can serve: sessions, or one API key.
fn take_batch(queue: &mut Vec<Waiting>) -> Vec<Waiting> {
    let Some(first) = queue.first().map(|waiting| waiting.credential) else { return Vec::new() };
    let mut free = BATCH_SIZE;
    let fits = |waiting: &mut Waiting| {
        let fits = match (first, waiting.credential) {
            (Credential::Session(_), Credential::Session(_)) => true,
            (first, credential) => first == credential,
        };
        let is_taken = fits && free > 0;
        free -= usize::from(is_taken);
        is_taken
    };
    queue.extract_if(.., fits).collect()
}

fn reply_to_each(batch: Vec<Waiting>, rows: &[CounterRow]) {
    let counters = |is_credential: i64| {
        let rows = rows.iter().filter(move |row| row.is_credential == is_credential);
        rows.map(|row| (row.id, row.revision)).collect::<HashMap<_, _>>()
    };
    let (credentials, scopes) = (counters(1), counters(0));
    let scope_revision = |scope: i64| scopes.get(&scope).copied().unwrap_or(0);
    for Waiting { credential, organization, reply } in batch {
        let id = organization.get();
        let own = if id == 0 { 0 } else { scope_revision(-id) };
        let revision = Revision { invitations: scope_revision(id), organization: scope_revision(0) + own };
        let credential = match credential {
            Credential::Session(session) => credentials.get(&session.get()),
            // The statement was for this key alone.
            Credential::ApiKey(_) => credentials.values().next(),
        };
        // A deleted session or key has no row: its caller gets no reply.
        if let Some(credential) = credential {
            // The caller may have hung up.
            let _ = reply.send(CurrentRevisions { credential: *credential, organization: revision });
        }
    }
}

/// Loads the counters of a batch. `None` if it is empty.
async fn load_counters(batch: &[Waiting], postgres: &Postgres) -> Option<Vec<CounterRow>> {
    match batch.first()?.credential {
        Credential::Session(_) => load_session_counters(batch, postgres).await,
        Credential::ApiKey(key) => load_api_key_counters(&key, batch, postgres).await,
    }
}

fn organization(batch: &[Waiting], index: usize) -> OrganizationId {
    batch.get(index).map_or_else(|| 0.into(), |waiting| waiting.organization)
}

async fn load_api_key_counters(key: &ApiKeyDigest, batch: &[Waiting], postgres: &Postgres) -> Option<Vec<CounterRow>> {
    let organization = |index: usize| organization(batch, index);
    let arguments = RevalidateApiKeyBatch {
        digest: key.as_bytes(),
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
    Tx::on_postgres(&mut transaction).all(sql::REVALIDATE_API_KEY_BATCH, arguments).await.ok()
}

async fn load_session_counters(batch: &[Waiting], postgres: &Postgres) -> Option<Vec<CounterRow>> {
    let organization = |index: usize| organization(batch, index);
    let session = |index: usize| match batch.get(index).map(|waiting| waiting.credential) {
        Some(Credential::Session(session)) => session,
        Some(Credential::ApiKey(_)) | None => 0.into(),
    };
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
