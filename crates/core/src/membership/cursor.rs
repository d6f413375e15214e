//! What a list of members can be filtered and sorted by, and the positions in it.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::sql::Member;
use super::sql::lists::MemberKey;
use crate::error::{Code, Problem};
use crate::id::{MembershipId, RoleId, WorkspaceId};
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemberSort {
    #[default]
    Newest,
    Oldest,
    /// Without case and accents. Members without a name by user name or address.
    Name,
    NameDescending,
}

vestibule_db::text_enum!(MemberSort: Newest = "newest", Oldest = "oldest", Name = "name", NameDescending = "-name");

impl MemberSort {
    pub(super) const fn is_by_name(self) -> bool {
        matches!(self, Self::Name | Self::NameDescending)
    }

    /// The order of two rows in the list.
    pub(super) fn compare(
        self,
        (name, id): (&str, MembershipId),
        (other_name, other): (&str, MembershipId),
    ) -> Ordering {
        match self {
            Self::Newest => other.cmp(&id),
            Self::Oldest => id.cmp(&other),
            Self::Name => (name, id).cmp(&(other_name, other)),
            Self::NameDescending => (other_name, other).cmp(&(name, id)),
        }
    }
}

/// A row of a list of members. It has what the list is sorted by, so that it remains a position when the member leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberCursor {
    pub(super) id: MembershipId,
    /// Empty for a list in the order of ids.
    pub(super) name: String,
}

impl MemberCursor {
    pub(super) fn new(sort: MemberSort, member: &Member) -> Self {
        Self { id: member.id, name: if sort.is_by_name() { member.sort_name.clone() } else { String::new() } }
    }

    /// The order of a row and the cursor.
    pub(super) fn compare(&self, sort: MemberSort, key: &MemberKey) -> Ordering {
        sort.compare((&key.sort_name, key.id), (&self.name, self.id))
    }
}

/// The id, and the name in base64url if there is one.
impl fmt::Display for MemberCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)?;
        if self.name.is_empty() { Ok(()) } else { write!(f, ".{}", URL_SAFE_NO_PAD.encode(&self.name)) }
    }
}

impl FromStr for MemberCursor {
    type Err = Problem;

    /// # Errors
    /// `INVALID_CURSOR`.
    fn from_str(text: &str) -> Result<Self, Problem> {
        let (id, name) = text.split_once('.').unwrap_or((text, ""));
        let name = URL_SAFE_NO_PAD.decode(name).ok().and_then(|name| String::from_utf8(name).ok());
        let name = name.filter(|name| !name.contains('\0')).ok_or(Code::InvalidCursor)?;
        Ok(Self { id: id.parse().map_err(|_| Code::InvalidCursor)?, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_keeps_id_and_name() {
        for (id, name) in [(7, ""), (i64::MAX, "ada lovelace"), (1, "алена")] {
            let cursor = MemberCursor { id: id.into(), name: name.to_owned() };
            assert_eq!(cursor.to_string().parse::<MemberCursor>().unwrap(), cursor);
        }
        for text in ["", "0", "x", "7.!", "7.AA", "-1"] {
            assert!(text.parse::<MemberCursor>().is_err(), "{text}");
        }
    }
}
