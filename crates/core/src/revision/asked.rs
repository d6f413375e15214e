//! Many callers ask at once whether what they have still holds, and one statement asks for all of them.
//!
//! On a server nearly all that such a question costs is the way there and back, and beginning to run. Who asks while a
//! statement is under way waits until it is back, and then asks together with everybody who came meanwhile: so each is
//! answered by a statement that was sent after they asked, and by nothing older.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Mutex as Turns, oneshot};

use super::Revision;
use super::sql::{self, At};
use crate::db::{Postgres, Tx};
use crate::id::{OrganizationId, SessionId};
use crate::session::Holds;

/// Questions one statement asks at the most: it has this many places, whoever is in them.
const PLACES: usize = 10;

/// Who is waiting to ask.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    waiting: Mutex<Vec<Waiting>>,
    turns: Turns<()>,
}

#[derive(Debug)]
struct Waiting {
    session: SessionId,
    organization: OrganizationId,
    answer: oneshot::Sender<Now>,
}

/// What a session and an organization are at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Now {
    session: i64,
    revision: Revision,
}

impl Asked {
    /// What the organization is at, if what holds still does. `None` also when it could not be found out.
    pub(crate) async fn still(&self, holds: &Holds, postgres: &Postgres) -> Option<Revision> {
        let (answer, mut heard) = oneshot::channel();
        self.waiting().push(Waiting { session: holds.session, organization: holds.organization, answer });
        let _turn = tokio::select! {
            biased;
            found = &mut heard => return found.ok().and_then(|found| found.unless_moved(holds)),
            turn = self.turns.lock() => turn,
        };
        loop {
            let next: Vec<_> = {
                let mut waiting = self.waiting();
                let next = waiting.len().min(PLACES);
                waiting.drain(..next).collect()
            };
            if !next.is_empty() {
                let questions: Vec<_> = next.iter().map(|one| (one.session, one.organization)).collect();
                // Who could not be answered goes the whole way by themselves.
                if let Some(rows) = ask(&questions, postgres).await {
                    answer_each(next, &rows);
                }
            }
            match heard.try_recv() {
                Ok(found) => return found.unless_moved(holds),
                Err(oneshot::error::TryRecvError::Closed) => return None,
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Now {
    fn unless_moved(self, holds: &Holds) -> Option<Revision> {
        let still = self.session == holds.at && self.revision.surroundings == holds.surroundings;
        still.then_some(self.revision)
    }
}

fn answer_each(asked: Vec<Waiting>, rows: &[At]) {
    let of = |is_session: i64| {
        let rows = rows.iter().filter(move |row| row.is_session == is_session);
        rows.map(|row| (row.id, row.revision)).collect::<HashMap<_, _>>()
    };
    let (sessions, scopes) = (of(1), of(0));
    let at = |scope: i64| scopes.get(&scope).copied().unwrap_or(0);
    for Waiting { session, organization, answer } in asked {
        let organization = organization.get();
        let around = if organization == 0 { 0 } else { at(-organization) };
        let revision = Revision { invitations: at(organization), surroundings: at(0) + around };
        // A session that is gone gets no answer; neither does who has hung up.
        if let Some(session) = sessions.get(&session.get()) {
            let _ = answer.send(Now { session: *session, revision });
        }
    }
}

/// Asks these, no more than there are places for.
async fn ask(questions: &[(SessionId, OrganizationId)], postgres: &Postgres) -> Option<Vec<At>> {
    let session = |place: usize| questions.get(place).map_or_else(|| 0.into(), |(session, _)| *session);
    let scope = |place: usize| questions.get(place).map_or_else(|| 0.into(), |(_, organization)| *organization);
    #[rustfmt::skip]
    let places = (
        session(0), session(1), session(2), session(3), session(4), session(5), session(6), session(7), session(8), session(9),
        scope(0), scope(1), scope(2), scope(3), scope(4), scope(5), scope(6), scope(7), scope(8), scope(9),
    );
    let mut glance = postgres.glance().await?;
    Tx::on_postgres(&mut glance).all(sql::STILL_TOGETHER, places).await.ok()
}
