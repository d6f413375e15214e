//! Invitations: one email address is invited to one organization, optionally to one of its workspaces, with a role in
//! each.
//!
//! The life cycle is a state machine. Every transition is one conditional `UPDATE` in `sql.rs`, so concurrent callers
//! cannot both take it. An invitation has two secrets, and neither is stored: the `token` identifies it and is shown to
//! members who manage members; the mailed link carries a second one that proves access to the mailbox.

mod accept;
mod accept_context;
pub(crate) mod authority;
mod bulk;
mod count;
mod create;
mod create_for_backend;
mod decline;
mod details;
mod discard;
mod export;
mod filter;
mod find;
mod list;
mod list_own;
mod pending;
mod preview;
mod references;
mod renewal;
mod resend;
mod search;
mod seats;
mod show;
pub(crate) mod sql;
mod validate;

use crate::error::Result;
use crate::execution::Context;
use crate::outbox::InvitationMail;
use crate::secret::InvitationToken;
use crate::time::Timestamp;

pub use crate::outbox::Delivery;
pub use accept::{Accept, AcceptOutcome, NamedId};
pub(crate) use accept_context::may_reveal_account;
pub use authority::Suspension;
pub use bulk::{
    Bulk, BulkResult, BulkRow, BulkRowResult, IDEMPOTENCY_RETENTION, IdempotencyKey, MAX_ROWS, RequestedRoles,
};
pub use count::{CountByState, StateCounts};
pub(crate) use create::reissue_to_address;
pub use create::{Create, MAX_EXPIRY_DAYS};
pub use create_for_backend::{CreateForBackend, CreatedForBackend};
pub use decline::Decline;
pub use details::InvitationDetails;
pub use discard::Discard;
pub use export::{Batch, Export, StartExport};
pub use filter::{Cursor, Filter, InvitationPosition, Sort, StatusFilter};
pub use list::{List, ListValidity, MAX_PAGE_SIZE, Page};
pub use list_own::{ListOwn, OwnInvitation};
pub use preview::{InvitationPreview, Preview};
pub use references::Inviter;
pub use renewal::Renewal;
pub(crate) use renewal::{Replacement, find_replacement, is_for_member, is_unmailed, mail_again, renew, subscribe};
pub use resend::Resend;
pub(crate) use resend::UNSUBSCRIBED;
pub use show::Show;
pub use sql::references::{InvitedWorkspace, InvitedWorkspaceRole};
pub use sql::views::{OwnInvitationRow, PreviewRow};
pub use sql::{Invitation, InvitationRow};
pub use validate::{Validate, Validation};

/// The stored status. Expiry is not part of it: whether an invitation has expired depends on the time of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Pending,
    Accepted,
    /// Revoked by a member, or superseded by a new invitation after it had expired.
    Discarded,
    Declined,
}

/// What can be done with an invitation at one time: its status and its expiry together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationState {
    /// It can be accepted.
    Open,
    /// It is pending, but has expired.
    Expired,
    /// It was accepted, declined or discarded.
    Closed,
}

impl Invitation {
    /// Returns the state at `now`. At exactly `expires_at` it has expired.
    pub fn state(&self, now: Timestamp) -> InvitationState {
        match self.status {
            Status::Pending if now < self.expires_at => InvitationState::Open,
            Status::Pending => InvitationState::Expired,
            Status::Accepted | Status::Discarded | Status::Declined => InvitationState::Closed,
        }
    }
}

impl InvitationRow {
    /// The outbox job for the mail of this generation.
    pub(crate) fn mail(&self) -> InvitationMail {
        InvitationMail {
            organization: self.organization_id,
            invitation: self.id,
            generation: self.generation,
            expires_at: self.expires_at,
        }
    }
}

/// Finds the invitation of a token. Returns `None` unless every secret in the token is right; a resend replaces them.
pub(crate) async fn find_by_token(cx: &mut Context<'_>, token: &InvitationToken) -> Result<Option<Invitation>> {
    let invitation = cx.tx.optional(sql::BY_TOKEN, (token.invitation(),)).await?;
    let keys = &cx.executor.keys;
    Ok(invitation.filter(|invitation| token.matches(&keys.mailed_token(invitation.id, invitation.generation))))
}

vestibule_db::text_enum!(Status: Pending = "pending", Accepted = "accepted", Discarded = "discarded", Declined = "declined");
