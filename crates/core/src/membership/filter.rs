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
    pub second_factor: Option<SecondFactorFilter>,
    /// Inclusive.
    pub joined_after: Option<Timestamp>,
    /// Exclusive.
    pub joined_before: Option<Timestamp>,
}

impl MemberFilter {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// [`SecondFactorFilter::to_mask`]; 0 for every member.
    pub(super) fn factor_mask(&self) -> i64 {
        self.second_factor.map_or(0, SecondFactorFilter::to_mask)
    }
}

/// Which second factor members have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondFactorFilter {
    /// Neither an authenticator nor a passkey.
    None,
    /// An authenticator or a passkey.
    Any,
    Authenticator,
    Passkey,
}

vestibule_db::text_enum!(
    SecondFactorFilter: None = "none",
    Any = "any",
    Authenticator = "authenticator",
    Passkey = "passkey",
);

impl SecondFactorFilter {
    /// The form in statements: a sum as in `users.second_factors`, of which the user has a part; -1 for a user with none.
    pub(super) const fn to_mask(self) -> i64 {
        match self {
            Self::None => -1,
            Self::Authenticator => 1,
            Self::Passkey => 2,
            Self::Any => 3,
        }
    }
}

/// A position in a list of members.
pub type MemberCursor = NameCursor<MembershipId>;
