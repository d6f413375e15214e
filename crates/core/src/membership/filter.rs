//! What a list of members can be filtered by.

use crate::id::{MembershipId, RoleId, WorkspaceId};
use crate::listing::NameCursor;
use crate::search::SearchTerm;
use crate::time::Timestamp;

/// Only members to whom all of these apply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberFilter {
    /// A part of the name, user name or primary address.
    pub search: Option<SearchTerm>,
    pub role: Option<RoleId>,
    pub workspace: Option<WorkspaceId>,
    /// Inclusive.
    pub joined_after: Option<Timestamp>,
    /// Exclusive.
    pub joined_before: Option<Timestamp>,
}

impl MemberFilter {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A position in a list of members.
pub type MemberCursor = NameCursor<MembershipId>;
