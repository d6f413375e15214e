//! An invitation asks one e-mail address into one organization, perhaps into one of its workspaces, with a role in each.
//!
//! Its life is a small state machine; every step is one conditional statement in `sql.rs`, so that two callers cannot
//! both take it. Its two secrets are never stored: the `token` names it and may be shown to those who manage members, the
//! mailed link carries another that proves the mailbox (decisions 12 and 13).

mod accept;
mod accept_context;
pub(crate) mod authority;
mod bulk;
mod create;
mod decline;
mod details;
mod discard;
mod list;
mod list_own;
mod preview;
mod references;
mod resend;
mod seats;
pub(crate) mod sql;
mod validate;

use crate::error::Result;
use crate::execution::Context;
use crate::outbox::InvitationMail;
use crate::secret::InvitationToken;
use crate::time::Timestamp;

pub use crate::outbox::Delivery;
pub use accept::{Accept, Named, Outcome};
pub use authority::Suspension;
pub use bulk::{ANSWERS_KEPT, As, Bulk, BulkResult, IdempotencyKey, JudgedRow, MOST_ROWS, Row};
pub(crate) use create::readdress;
pub use create::{Create, MAX_EXPIRY_DAYS};
pub use decline::Decline;
pub use details::InvitationDetails;
pub use discard::Discard;
pub use list::{Filter, LARGEST_PAGE, List, ListValidity, Page, StatusFilter};
pub use list_own::{ListOwn, OwnInvitation};
pub use preview::{InvitationPreview, Preview};
pub use references::Inviter;
pub use resend::Resend;
pub use sql::references::{GivenRole, InvitedInto};
pub use sql::{InHand, Invitation, InvitationRow, Received};
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

/// What can be done with an invitation at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationState {
    /// It can be accepted.
    Open,
    /// It could be, had it not run out.
    Expired,
    /// Somebody has accepted, declined or discarded it.
    Over,
}

impl Invitation {
    /// What can be done with it at `now`. The second of expiry itself is too late.
    pub fn state(&self, now: Timestamp) -> InvitationState {
        match self.status {
            Status::Pending if now < self.expires_at => InvitationState::Open,
            Status::Pending => InvitationState::Expired,
            Status::Accepted | Status::Discarded | Status::Declined => InvitationState::Over,
        }
    }
}

impl InvitationRow {
    /// Its mail, for the outbox.
    pub(crate) fn mail(&self) -> InvitationMail {
        InvitationMail {
            organization: self.organization_id,
            invitation: self.id,
            generation: self.generation,
            expires_at: self.expires_at,
        }
    }
}

/// The invitation that a token names, if both its secrets are right. A token that was replaced by a resend names none.
pub(crate) async fn by_token(cx: &mut Context<'_>, token: &InvitationToken) -> Result<Option<Invitation>> {
    let found = cx.tx.optional(sql::BY_TOKEN, (token.invitation(),)).await?;
    let keys = &cx.executor.keys;
    Ok(found.filter(|found| token.matches(&keys.mailed_token(found.id, found.generation))))
}

vestibule_db::text_enum!(Status: Pending = "pending", Accepted = "accepted", Discarded = "discarded", Declined = "declined");
