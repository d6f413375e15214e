//! What a write makes stale in a cache, declared beside each statement.
//!
//! A [`Scope`] is opaque here: the crate that declares the statements gives it a meaning, and bumps the revisions of
//! what its transaction has invalidated.

use super::Value;

/// A category of cached data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scope(u8);

impl Scope {
    /// The scope with this number.
    pub const fn new(number: u8) -> Self {
        Self(number)
    }
}

/// What a statement declares that it invalidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalidates {
    /// Nothing is declared, for statements that write to no table that a cached read depends on.
    Undeclared,
    /// The statement writes to such a table, but no cached value changes, for this reason.
    Nothing(&'static str),
    /// Everything of this scope.
    All(Scope),
    /// The entity of this scope whose id is the argument at this index (0 is `$1`).
    Argument(Scope, usize),
}

/// What a transaction has invalidated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalidation {
    pub scope: Scope,
    /// The id of the entity; 0 for everything of the scope.
    pub id: i64,
}

impl Invalidates {
    /// What a run of the statement with these values invalidates if it changed a row.
    pub(crate) fn resolve(self, values: &[Value<'_>]) -> Option<Invalidation> {
        match self {
            Self::Undeclared | Self::Nothing(_) => None,
            Self::All(scope) => Some(Invalidation { scope, id: 0 }),
            Self::Argument(scope, index) => match values.get(index) {
                Some(Value::Integer(id)) => Some(Invalidation { scope, id: *id }),
                _ => None,
            },
        }
    }
}

/// Returns the index of a named argument. `sql!` calls it in a constant, where an unknown name is a compile error.
#[expect(clippy::panic, clippy::missing_panics_doc, reason = "it is evaluated at compile time")]
pub const fn argument_index(name: &str, names: &[&str]) -> usize {
    let mut index = 0;
    while index < names.len() {
        if is_equal(name.as_bytes(), names[index].as_bytes()) {
            return index;
        }
        index += 1;
    }
    panic!("`invalidates` names an argument that the statement does not take")
}

const fn is_equal(left: &[u8], right: &[u8]) -> bool {
    let mut index = 0;
    while index < left.len() && index < right.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    left.len() == right.len()
}
