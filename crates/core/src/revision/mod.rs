//! Whether what was read before still holds.
//!
//! What a list of an organization shows changes only by writes, and so does what a session shows its caller. Every command
//! that writes such a thing moves the organization's revision on, or the session's, in its own transaction ([`crate::db`]
//! tells from the statements which it was), so an answer that was made at one revision is right for as long as that is the
//! revision, in every process, and without any message between them. The revisions are asked for each time anew, by one
//! statement on two keys.
//!
//! A command that runs serializable keeps nothing and asks for no revision: who reads it there is in the way of everybody who
//! moves it on.

mod asked;
mod known;
pub(crate) mod sql;

use std::sync::Arc;

use crate::access::{Holding, Need, PermissionSet};
use crate::context::{Caller, Context};
use crate::db::{Along, Arguments, Change, Statement, Tx};
use crate::error::Result;
use crate::id::OrganizationId;
use crate::secret::SessionToken;
use crate::session::kept::unseen_until;
use crate::session::{CurrentSession, Holds, Kept, SessionStub};
use crate::settings::Settings;
use crate::time::Timestamp;

pub(crate) use asked::Asked;
pub(crate) use known::{CallerKey, KnownCallers};

/// How far an organization's things have come. Two that are equal were read with nothing changed in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Its invitations.
    pub invitations: i64,
    /// What surrounds them: who is in the organization, and what there is to be in it.
    pub surroundings: i64,
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
    session: CurrentSession,
    holding: Holding,
}

/// A caller in a transaction that is about an organization: what they have there, and what it is at.
#[derive(Debug)]
pub(crate) struct Found {
    known: Arc<Kept<Known>>,
    revision: Revision,
}

impl Found {
    pub(crate) const fn new(known: Arc<Kept<Known>>, revision: Revision) -> Self {
        Self { known, revision }
    }

    /// Their session.
    pub(crate) fn session(&self) -> &CurrentSession {
        &self.known.what.session
    }

    /// What they have in this organization, if it is the one.
    pub(crate) fn holding(&self, organization: OrganizationId) -> Option<&Holding> {
        (self.known.holds.organization == organization).then_some(&self.known.what.holding)
    }
}

/// The organization's revision at the state this transaction sees.
pub(crate) async fn current(cx: &mut Context<'_>, organization: OrganizationId) -> Result<Revision> {
    if let Some(found) = cx.found.as_ref().filter(|found| found.known.holds.organization == organization) {
        return Ok(found.revision);
    }
    asked_again(cx, organization).await
}

/// The same once more, for a transaction that sees what others have committed since.
pub(crate) async fn asked_again(cx: &mut Context<'_>, organization: OrganizationId) -> Result<Revision> {
    let row = cx.tx.one(sql::REVISION, (organization,)).await?;
    Ok(Revision { invitations: row.invitations_at, surroundings: row.surroundings_at })
}

/// Moves on whatever the transaction has changed.
pub(crate) fn revise(cx: &mut Context<'_>) -> Result<()> {
    let (changes, shard, now) = (cx.tx.changes().to_vec(), cx.tx.shard(), cx.now);
    let is_whole = |organization| {
        changes.contains(&Change::Invitations(organization)) && changes.contains(&Change::Surroundings(organization))
    };
    for change in &changes {
        match *change {
            Change::Invitations(organization) if is_whole(organization) => {
                cx.tx.without_waiting(sql::REVISE_WHOLE, (organization, shard, now))?;
            }
            // With its invitations.
            Change::Surroundings(organization) if is_whole(organization) => {}
            Change::Invitations(organization) => cx.tx.without_waiting(sql::REVISE, (organization, shard, now))?,
            Change::Surroundings(organization) => cx.tx.without_waiting(sql::REVISE, (-organization, shard, now))?,
            Change::Everybody => cx.tx.without_waiting(sql::REVISE, (0, shard, now))?,
            Change::Session(session) => cx.tx.without_waiting(sql::REVISE_SESSION, (session.into(), now))?,
            Change::User(user) => cx.tx.without_waiting(sql::REVISE_SESSIONS_OF_USER, (user.into(), now))?,
        }
    }
    Ok(())
}

/// Has a statement change an organization's invitations as all that its transaction does, with what goes along with it; says
/// whether it changed anything. See [`Tx::execute_alone`].
pub(crate) async fn change_alone<A: Arguments>(
    cx: &mut Context<'_>,
    statement: Statement<A, ()>,
    given: A::Given<'_>,
    along: Vec<Along>,
) -> Result<bool> {
    // That the session is in use is noted by the same transaction, when it is time.
    let is_all = !cx.session.as_ref().is_some_and(|session| session.is_stale(cx.now, &cx.service.settings));
    let now = cx.now;
    let revised = |change, shard| match change {
        Change::Invitations(organization) if is_all => Some(sql::REVISE_IF_CHANGED.along((organization, shard, now))),
        _ => None,
    };
    cx.tx.execute_alone(statement, given, along, revised).await
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
        session: CurrentSession {
            id: first.session_id,
            created_at: first.created_at,
            updated_at: first.updated_at,
            last_seen_at: first.last_seen_at,
            sign_in_id: Some(first.sign_in_id),
            user_id: Some(first.user_id),
            attempts_until: first.attempts_until,
            expires_at: first.session_ends,
            revision: first.session_revision,
        },
        holding: Holding {
            membership: first.membership_id,
            restricts_addresses: first.restricts_addresses,
            allowed_addresses: first.allowed_addresses.clone(),
            held: PermissionSet::union(rows.into_iter().map(|row| row.permissions)),
        },
    };
    Ok(Some((Kept::new(known, holds), revision)))
}

impl Kept<Known> {
    /// Where the caller stands, if what they have is what is needed. A session that is due to be noted as in use goes the
    /// whole way, which notes it.
    pub(crate) fn standing(&self, caller: &Caller, need: Need, now: Timestamp, revision: Revision) -> Option<Standing> {
        let Known { session, holding } = &self.what;
        let may = holding.lets_in(caller.address) && holding.held.satisfies(need) && self.holds.on_time(now);
        may.then(|| Standing { session: session.stub(), now, revision })
    }
}
