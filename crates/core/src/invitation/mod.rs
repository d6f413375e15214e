//! An invitation asks one e-mail address into one organization, perhaps into one of its workspaces, with a role in each.
//!
//! Its life is a small state machine; every step is one conditional statement in `sql.rs`, so that two callers cannot
//! both take it. Its two secrets are never stored: the `token` names it and may be shown to those who manage members, the
//! mailed link carries another that proves the mailbox (decisions 12 and 13).

mod accept;
pub(crate) mod authority;
mod bulk;
mod create;
mod decline;
mod discard;
mod entrance;
mod list;
mod look;
mod mine;
mod resend;
mod seats;
mod shown;
pub(crate) mod sql;
mod surroundings;
mod validate;

use crate::context::Context;
use crate::error::Result;
use crate::secret::InvitationToken;
use crate::time::Timestamp;

pub use accept::{Accept, Named, Outcome};
pub use authority::Suspension;
pub use bulk::{ANSWERS_KEPT, As, Bulk, IdempotencyKey, Judged, JudgedRow, MOST_ROWS, Row};
pub(crate) use create::readdress;
pub use create::{Create, LONGEST_LIFE};
pub use decline::Decline;
pub use discard::Discard;
pub use list::{Filter, Holds, LARGEST_PAGE, List, Page, StatusFilter};
pub use look::{Look, Looked};
pub use mine::{Mine, OwnInvitation};
pub use resend::Resend;
pub use shown::Shown;
pub use sql::surroundings::{GivenRole, InvitedInto};
pub use sql::{Entry, InHand, Invitation, Received};
pub use surroundings::Inviter;
pub(crate) use surroundings::{KnownSurroundings, Surroundings};
pub use validate::{Validate, Validation};

/// How far an invitation has come. That it has expired is not stored: it is a question put to a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Waiting for the invitee.
    Pending,
    /// The invitee has joined.
    Accepted,
    /// Taken back, or superseded by a new one after it had expired.
    Discarded,
    /// The invitee has said no.
    Declined,
}

/// How far its mail has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// In the outbox.
    Queued,
    /// Handed to the transport.
    Sent,
    /// Refused for now; it will be tried again.
    Deferred,
    /// Given up.
    Failed,
    /// Taken by the transport, and returned later: a mail server further on would not have it.
    Bounced,
    /// No transport is set. The token can be handed on to somebody whose address is proved.
    NotSent,
}

/// What can be done with an invitation at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can be accepted.
    Open,
    /// It could be, had it not run out.
    Expired,
    /// Somebody has accepted, declined or discarded it.
    Over,
}

impl Invitation {
    /// What can be done with it at `now`. The second of expiry itself is too late.
    pub fn standing(&self, now: Timestamp) -> Standing {
        match self.status {
            Status::Pending if now < self.expires_at => Standing::Open,
            Status::Pending => Standing::Expired,
            Status::Accepted | Status::Discarded | Status::Declined => Standing::Over,
        }
    }
}

/// The invitation that a token names, if both its secrets are right. A token that was replaced by a resend names none.
pub(crate) async fn by_token(cx: &mut Context<'_>, token: &InvitationToken) -> Result<Option<Invitation>> {
    let found = cx.tx.optional(sql::BY_TOKEN, (token.invitation(),)).await?;
    let keys = &cx.service.keys;
    Ok(found.filter(|found| token.matches(&keys.mailed_token(found.id, found.generation))))
}

crate::db::words!(Status: Pending = "pending", Accepted = "accepted", Discarded = "discarded", Declined = "declined");
crate::db::words!(
    Delivery: Queued = "queued",
    Sent = "sent",
    Deferred = "deferred",
    Failed = "failed",
    Bounced = "bounced",
    NotSent = "not_sent",
);
