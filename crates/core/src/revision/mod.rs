//! Whether what was read before still holds.
//!
//! What a list of an organization shows changes only by writes. Every command that writes such a thing moves the
//! organization's revision on in its own transaction ([`crate::db`] tells from the statements which it was), so an answer
//! that was made at one revision is right for as long as that is the revision, in every process, and without any message
//! between them. What else an answer depends on (who asks, what they may see, what time it is) is asked anew each time,
//! in the same statement that reads the revision.

pub(crate) mod sql;

use crate::access::{AddressList, Need, PermissionSet};
use crate::context::{Caller, Context};
use crate::db::{Change, Tx};
use crate::error::Result;
use crate::id::OrganizationId;
use crate::service::Service;
use crate::session::{self, SessionStub};
use crate::time::Timestamp;

/// How far an organization's things have come. Two that are equal were read with nothing changed in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision(i64);

impl Revision {
    /// The number behind it, for an entity tag.
    pub const fn get(self) -> i64 {
        self.0
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

/// The organization's revision at the state this transaction sees.
pub(crate) async fn current(cx: &mut Context<'_>, organization: OrganizationId) -> Result<Revision> {
    cx.tx.one(sql::REVISION, (organization,)).await.map(|(number,)| Revision(number))
}

/// Moves on whatever the transaction has changed.
pub(crate) async fn revise(cx: &mut Context<'_>) -> Result<()> {
    for change in cx.tx.changes().to_vec() {
        let scope = match change {
            Change::Organization(organization) => organization,
            Change::Everybody => 0,
        };
        let shard = cx.tx.shard();
        cx.tx.execute(sql::REVISE, (scope, shard, cx.now)).await?;
    }
    Ok(())
}

/// What is asked before something that was made earlier is shown again. `None` when anything is not as usual: whoever
/// asks then goes the whole way, which knows the words for it.
pub(crate) async fn standing(
    service: &Service,
    caller: &Caller,
    organization: OrganizationId,
    need: Need,
    tx: &mut Tx<'_>,
) -> Result<Option<Standing>> {
    let Some(token) = &caller.token else {
        return Ok(None);
    };
    let (now, settings) = (service.now(), &service.settings);
    let asked = (&token.digest()[..], now, now.minus(settings.sessions.idle), organization);
    let rows = tx.all(sql::STANDING, asked).await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let lets_in = AddressList::lets_in(first.restricts_addresses, &first.allowed_addresses, caller.address);
    // A session that is due to be noted as in use goes the whole way, which notes it.
    let is_stale = session::is_stale(first.last_seen_at, now, settings);
    let session = SessionStub { id: first.session_id, created_at: first.created_at, updated_at: first.updated_at };
    let revision = Revision(first.revision);
    let held = PermissionSet::union(rows.into_iter().map(|row| row.permissions));
    Ok((lets_in && !is_stale && held.satisfies(need)).then_some(Standing { session, now, revision }))
}
