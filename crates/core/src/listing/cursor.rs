//! The order of a list by time or by name, and positions in it.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::{Code, Problem};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListSort {
    #[default]
    Newest,
    Oldest,
    /// Without case and accents. Members without a name by user name or address.
    Name,
    NameDescending,
}

vestibule_db::text_enum!(ListSort: Newest = "newest", Oldest = "oldest", Name = "name", NameDescending = "-name");

impl ListSort {
    pub const fn is_by_name(self) -> bool {
        matches!(self, Self::Name | Self::NameDescending)
    }

    /// The order of two rows in the list, of their folded names and ids.
    pub fn compare<I: Ord>(self, (name, id): (&str, I), (other_name, other): (&str, I)) -> Ordering {
        match self {
            Self::Newest => other.cmp(&id),
            Self::Oldest => id.cmp(&other),
            Self::Name => (name, id).cmp(&(other_name, other)),
            Self::NameDescending => (other_name, other).cmp(&(name, id)),
        }
    }
}

/// A row of a list. It has what the list is sorted by, so that it remains a position when the row is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameCursor<I> {
    pub(crate) id: I,
    /// Folded; empty for a list in the order of ids.
    pub(crate) name: String,
}

impl<I: Ord + Copy> NameCursor<I> {
    pub fn new(sort: ListSort, name: &str, id: I) -> Self {
        Self { id, name: if sort.is_by_name() { name.to_owned() } else { String::new() } }
    }

    /// The order of a row and the cursor.
    pub fn compare(&self, sort: ListSort, (name, id): (&str, I)) -> Ordering {
        sort.compare((name, id), (&self.name, self.id))
    }
}

/// The id, and the name in base64url if there is one.
impl<I: fmt::Display> fmt::Display for NameCursor<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)?;
        if self.name.is_empty() { Ok(()) } else { write!(f, ".{}", URL_SAFE_NO_PAD.encode(&self.name)) }
    }
}

impl<I: FromStr> FromStr for NameCursor<I> {
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
    use crate::id::MembershipId;

    #[test]
    fn cursor_keeps_id_and_name() {
        for (id, name) in [(7, ""), (i64::MAX, "ada lovelace"), (1, "алена")] {
            let cursor = NameCursor::<MembershipId> { id: id.into(), name: name.to_owned() };
            assert_eq!(cursor.to_string().parse::<NameCursor<MembershipId>>().unwrap(), cursor);
        }
        for text in ["", "0", "x", "7.!", "7.AA", "-1"] {
            assert!(text.parse::<NameCursor<MembershipId>>().is_err(), "{text}");
        }
    }
}
