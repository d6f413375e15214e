//! What a list of invitations can be filtered and sorted by, and the positions in it.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::sql::InvitationRow;
use super::{Delivery, Status};
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem};
use crate::id::{InvitationId, MembershipId, RoleId, WorkspaceId};
use crate::listing::Position;
use crate::search::SearchTerm;
use crate::time::Timestamp;

/// Only invitations to which all of these apply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub status: StatusFilter,
    /// Only invitations that have expired, or only those that have not.
    pub expired: Option<bool>,
    pub workspace: Option<WorkspaceId>,
    pub email: Option<EmailAddress>,
    /// A part of the address.
    pub search: Option<SearchTerm>,
    pub role: Option<RoleId>,
    pub inviter: Option<MembershipId>,
    pub delivery: Option<Delivery>,
    /// Inclusive. The time of the invitation, not of its last resend.
    pub sent_after: Option<Timestamp>,
    /// Exclusive.
    pub sent_before: Option<Timestamp>,
}

impl Filter {
    /// Whether the list has all invitations in its status.
    pub(super) fn is_by_status_only(&self) -> bool {
        *self == Self { status: self.status, ..Self::default() }
    }

    /// Whether the list shows this invitation, apart from the search.
    pub(super) fn admits(&self, row: &InvitationRow, now: Timestamp) -> bool {
        let is_status = match self.status {
            StatusFilter::All => true,
            StatusFilter::Only(status) => row.status == status,
        };
        is_status
            && self.expired.is_none_or(|expired| (row.expires_at <= now) == expired)
            && self.workspace.is_none_or(|workspace| row.workspace_id == Some(workspace))
            && self.email.as_ref().is_none_or(|email| row.email_key == email.key())
            && self.role.is_none_or(|role| row.role_id == role)
            && self.inviter.is_none_or(|inviter| row.inviter_membership_id == Some(inviter))
            && self.delivery.is_none_or(|delivery| row.delivery == delivery)
            && self.sent_after.is_none_or(|time| row.id >= InvitationId::first_at(time))
            && self.sent_before.is_none_or(|time| row.id < InvitationId::first_at(time))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    All,
    Only(Status),
}

impl Default for StatusFilter {
    /// Pending invitations, including expired ones: an admin has to see those to resend them.
    fn default() -> Self {
        Self::Only(Status::Pending)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Newest,
    Oldest,
    /// Those that expire first before others. Only for pending invitations: the others are sorted like `Oldest`.
    Expiry,
}

vestibule_db::text_enum!(Sort: Newest = "newest", Oldest = "oldest", Expiry = "expiry");

impl Sort {
    /// The order in a list with this status.
    pub(super) fn in_status(self, status: StatusFilter) -> Self {
        match (self, status) {
            (Self::Expiry, StatusFilter::Only(Status::Pending)) => Self::Expiry,
            (Self::Expiry | Self::Oldest, _) => Self::Oldest,
            (Self::Newest, _) => Self::Newest,
        }
    }

    /// The order of two rows in the list.
    pub(super) fn compare(self, row: &Cursor, other: &Cursor) -> Ordering {
        match self {
            Self::Newest => other.id.cmp(&row.id),
            Self::Oldest => row.id.cmp(&other.id),
            Self::Expiry => (row.expires_at, row.id).cmp(&(other.expires_at, other.id)),
        }
    }
}

/// A row of a list of invitations. It has what the list is sorted by, so that it remains a position when the invitation
/// changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(super) id: InvitationId,
    /// `None` for a list in the order of ids.
    pub(super) expires_at: Option<Timestamp>,
}

impl Cursor {
    pub(super) fn new(sort: Sort, row: &InvitationRow) -> Self {
        Self { id: row.id, expires_at: (sort == Sort::Expiry).then_some(row.expires_at) }
    }
}

/// The id, and the expiry in microseconds if the list is sorted by it.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)?;
        self.expires_at.map_or(Ok(()), |expires_at| write!(f, ".{}", expires_at.as_microseconds()))
    }
}

impl FromStr for Cursor {
    type Err = Problem;

    /// # Errors
    /// `INVALID_CURSOR`.
    fn from_str(text: &str) -> Result<Self, Problem> {
        let (id, expires_at) = match text.split_once('.') {
            None => (text, None),
            Some((id, expires_at)) => (id, Some(expires_at.parse().map_err(|_| Code::InvalidCursor)?)),
        };
        let id = id.parse().map_err(|_| Code::InvalidCursor)?;
        Ok(Self { id, expires_at: expires_at.map(Timestamp::from_microseconds) })
    }
}

/// Where a page of invitations is. Numbered pages other than the first are not supported, offsets are.
pub type InvitationPosition = Position<Cursor>;
