//! Whether what was read before still holds.
//!
//! What a list of an organization shows changes only by writes, and so does what a session shows its caller. Every command
//! that writes such a thing moves the organization's revision on, or the session's, in its own transaction ([`crate::db`]
//! tells from the statements which it was), so an answer that was made at one revision is right for as long as that is the
//! revision, in every process, and without any message between them. The revisions are asked for each time anew, by one
//! statement on two keys.

mod known;
pub(crate) mod sql;

use crate::access::{AddressList, Need, PermissionSet};
use crate::context::{Caller, Context};
use crate::db::{Change, Question, Tx};
use crate::error::Result;
use crate::id::OrganizationId;
use crate::secret::SessionToken;
use crate::session::kept::unseen_until;
use crate::session::{Holds, Kept, SessionStub};
use crate::settings::Settings;
use crate::time::Timestamp;

pub(crate) use known::KnownCallers;
use sql::RevisionRow;

/// How far an organization's things have come. Two that are equal were read with nothing changed in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Its invitations.
    pub invitations: i64,
    /// What surrounds them: who is in the organization, and what there is to be in it.
    pub surroundings: i64,
}

impl Revision {
    /// What [`question`] was answered with.
    pub(crate) fn answered(rows: &[RevisionRow]) -> Self {
        let (invitations, surroundings) = rows.first().map_or((0, 0), |row| (row.invitations_at, row.surroundings_at));
        Self { invitations, surroundings }
    }
}

/// A caller who was allowed to see an organization's things, the instant that was, and the revision those were at.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Their session.
    pub session: SessionStub,
    /// When this was asked.
    pub now: Timestamp,
    /// The organization's revision.
    pub revision: Revision,
}

/// What a caller has in an organization.
#[derive(Debug)]
pub(crate) struct Known {
    session: SessionStub,
    restricts_addresses: bool,
    allowed_addresses: String,
    held: PermissionSet,
}

/// What is asked for it beside other questions.
pub(crate) fn question(organization: OrganizationId) -> Question<'static, (OrganizationId,), RevisionRow> {
    (sql::REVISION, (organization,))
}

/// The organization's revision at the state this transaction sees.
pub(crate) async fn current(cx: &mut Context<'_>, organization: OrganizationId) -> Result<Revision> {
    cx.tx.all(sql::REVISION, (organization,)).await.map(|rows| Revision::answered(&rows))
}

/// Moves on whatever the transaction has changed.
pub(crate) async fn revise(cx: &mut Context<'_>) -> Result<()> {
    for change in cx.tx.changes().to_vec() {
        let scope = match change {
            Change::Invitations(organization) => organization,
            Change::Surroundings(organization) => -organization,
            Change::Everybody => 0,
            Change::Session(session) => {
                cx.tx.execute(sql::REVISE_SESSION, (session.into(), cx.now)).await?;
                continue;
            }
            Change::User(user) => {
                cx.tx.execute(sql::REVISE_SESSIONS_OF_USER, (user.into(), cx.now)).await?;
                continue;
            }
        };
        let shard = cx.tx.shard();
        cx.tx.execute(sql::REVISE, (scope, shard, cx.now)).await?;
    }
    Ok(())
}

/// What the organization is at, if what was read of a session and of the organization's surroundings still is so, as far
/// as the database goes.
pub(crate) async fn still(holds: &Holds, tx: &mut Tx<'_>) -> Result<Option<Revision>> {
    let still = tx.optional(sql::STILL, (holds.session, holds.organization)).await?;
    let still = still.filter(|still| still.session == holds.at && still.surroundings_at == holds.surroundings);
    Ok(still.map(|still| Revision { invitations: still.invitations_at, surroundings: still.surroundings_at }))
}

/// Finds out what a caller has in an organization. `None` when anything is not as usual.
pub(crate) async fn find_out(
    token: &SessionToken,
    organization: OrganizationId,
    now: Timestamp,
    settings: &Settings,
    tx: &mut Tx<'_>,
) -> Result<Option<(Kept<Known>, Revision)>> {
    let asked = (&token.digest()[..], now, now.minus(settings.sessions.idle), organization);
    let rows = tx.all(sql::STANDING, asked).await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let ends = [first.session_ends, first.sign_in_ends, unseen_until(first.last_seen_at, settings)];
    let holds = Holds {
        session: first.session_id,
        at: first.session_revision,
        organization,
        surroundings: first.surroundings_at,
        from: now,
        until: ends.into_iter().min().unwrap_or(now),
    };
    let revision = Revision { invitations: first.invitations_at, surroundings: first.surroundings_at };
    let known = Known {
        session: SessionStub { id: first.session_id, created_at: first.created_at, updated_at: first.updated_at },
        restricts_addresses: first.restricts_addresses,
        allowed_addresses: first.allowed_addresses.clone(),
        held: PermissionSet::union(rows.into_iter().map(|row| row.permissions)),
    };
    Ok(Some((Kept::new(known, holds), revision)))
}

impl Kept<Known> {
    /// Where the caller stands, if what they have is what is needed. A session that is due to be noted as in use goes the
    /// whole way, which notes it.
    pub(crate) fn standing(&self, caller: &Caller, need: Need, now: Timestamp, revision: Revision) -> Option<Standing> {
        let Known { session, restricts_addresses, allowed_addresses, held } = &self.what;
        let lets_in = AddressList::lets_in(*restricts_addresses, allowed_addresses, caller.address);
        let may = lets_in && held.satisfies(need) && self.holds.on_time(now);
        may.then_some(Standing { session: *session, now, revision })
    }
}
