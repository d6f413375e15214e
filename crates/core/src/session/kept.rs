//! What was read of a session before, and whether it still is so.
//!
//! Everything a session shows, and what its user may see in an organization, changes only by writes, and every command
//! that writes such a thing moves the session's revision or the organization's on ([`crate::revision`]). So what was read
//! at one pair of revisions holds while they are that, up to the first instant at which something of it runs out. Where
//! only this process writes, not even they need asking while it has committed nothing.

use std::sync::{Mutex, PoisonError};

use super::{CurrentSession, ShownSession, touch_after};
use crate::context::Context;
use crate::db::Cost;
use crate::error::Result;
use crate::id::{OrganizationId, SessionId};
use crate::revision::{self, Revision};
use crate::settings::Settings;
use crate::time::Timestamp;

/// How long something that was read of a session stays right.
#[derive(Clone, Copy, Debug)]
pub struct Holds {
    /// The session it was read of.
    pub(crate) session: SessionId,
    /// What that was at.
    pub(crate) at: i64,
    /// The organization it is about; 0 for none.
    pub(crate) organization: OrganizationId,
    /// What surrounds that organization's invitations was at.
    pub(crate) surroundings: i64,
    /// When it was read: a clock may be set back.
    pub(crate) from: Timestamp,
    /// From this instant on it is not right any more.
    pub(crate) until: Timestamp,
}

impl Holds {
    /// Whether it is still right as far as time goes.
    pub(crate) fn on_time(&self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }
}

/// From this instant on a session that nobody has used since `last_seen` is due to be noted as in use, or has ended.
pub(crate) fn unseen_until(last_seen: Timestamp, settings: &Settings) -> Timestamp {
    last_seen.plus(touch_after(settings))
}

/// How long a session that is shown stays as it is; `None` when that is not told from one organization and the time.
pub(super) async fn holds(cx: &mut Context<'_>, shown: &ShownSession) -> Result<Option<Holds>> {
    let CurrentSession { id, revision: at, expires_at, last_seen_at, .. } = shown.session;
    let mut organizations = shown.sign_ins.iter().filter_map(|shown| shown.sign_in.organization_id);
    let organization = organizations.next().unwrap_or_else(|| 0.into());
    if shown.session.attempts_until > cx.now || organizations.any(|other| other != organization) {
        return Ok(None);
    }
    let revision = revision::current(cx, organization).await?;
    let ends = shown.sign_ins.iter().map(|shown| shown.sign_in.expires_at);
    let until = ends.chain([expires_at, unseen_until(last_seen_at, &cx.service.settings)]).min().unwrap_or(cx.now);
    let surroundings = revision.surroundings;
    Ok(Some(Holds { session: id, at, organization, surroundings, from: cx.now, until }))
}

/// Something that was read of a session, as long as what it holds.
#[derive(Debug)]
pub struct Kept<T> {
    /// What was read, or made of it.
    pub what: T,
    pub(crate) holds: Holds,
    /// How often the database had committed when this was last known to hold, and what the organization was at then.
    held: Mutex<Option<(u64, Revision)>>,
}

impl<T> Kept<T> {
    /// Keeps it.
    pub const fn new(what: T, holds: Holds) -> Self {
        Self { what, holds, held: Mutex::new(None) }
    }

    /// What the organization was at, if it is known that this held when the database had committed as often as now.
    pub(crate) fn held_at(&self, commits: u64) -> Option<Revision> {
        let held = *self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.filter(|(then, _)| *then == commits).map(|(_, revision)| revision)
    }

    pub(crate) fn note_held_at(&self, commits: u64, revision: Revision) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some((commits, revision));
    }
}

/// What finding out costs that something holds, when the database was asked.
pub(crate) const ASKED: Cost = Cost { statements: 1, rows: 1 };
