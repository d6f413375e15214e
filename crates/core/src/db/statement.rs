//! Statements and rows with types: `sql!` declares what goes in, `record!` what comes out.

use std::marker::PhantomData;

use super::column::{Argument, Cell, Column, Kind, Subject, Value};
use crate::error::{Problem, Result};

/// One statement: its name, its text for each engine, what it takes and what it gives.
#[derive(Debug)]
pub struct Statement<A, R> {
    declaration: Declaration,
    types: PhantomData<fn(A) -> R>,
}

/// A statement without its types: what the registry's tests look at.
#[derive(Clone, Copy, Debug)]
pub struct Declaration {
    /// The room and the constant's name, as logs show it.
    pub name: &'static str,
    /// The text as it was written, with `$1` for the first argument.
    pub text: &'static str,
    /// The same text with `?1`: SQLite counts `$1` by first appearance, and `?1` by its number.
    pub sqlite: &'static str,
    /// What it takes, in order.
    pub arguments: &'static [Kind],
    /// Whose things each of them names, if any's.
    pub subjects: &'static [Option<Subject>],
    /// The columns it gives, by name and in order; `None` when it gives an unnamed value or none.
    pub columns: Option<&'static [&'static str]>,
}

impl Declaration {
    /// Whose things the statement is about, where one of its values says so: the first, if there are several.
    pub(super) fn names(&self, subject: Subject, values: &[Value<'_>]) -> Option<i64> {
        let place = self.subjects.iter().position(|named| *named == Some(subject))?;
        match values.get(place) {
            Some(Value::Integer(id)) => Some(*id),
            _ => None,
        }
    }
}

impl<A: Arguments, R: Record> Statement<A, R> {
    /// Called by `sql!` only.
    pub const fn new(name: &'static str, text: &'static str, sqlite: &'static str) -> Self {
        Self {
            declaration: Declaration {
                name,
                text,
                sqlite,
                arguments: A::KINDS,
                subjects: A::SUBJECTS,
                columns: R::COLUMNS,
            },
            types: PhantomData,
        }
    }

    /// The statement without its types.
    pub const fn declaration(&self) -> Declaration {
        self.declaration
    }
}

/// A statement that goes along with a change, with its values.
#[derive(Clone, Debug)]
pub(crate) struct Along {
    pub(in crate::db) declaration: Declaration,
    pub(in crate::db) values: Vec<Value<'static>>,
}

impl<A: Arguments> Statement<A, ()> {
    /// The statement with these values, to go along with a change. It inserts what a `SELECT` without any condition gives:
    /// behind that its condition is put.
    pub(crate) fn along(self, given: A::Given<'static>) -> Along {
        Along { declaration: self.declaration(), values: A::values(given) }
    }
}

/// The same bytes with every `$` made a `?`. No statement holds a `$` that is not an argument's.
pub const fn numbered<const LENGTH: usize>(text: &str) -> [u8; LENGTH] {
    let (from, mut to, mut index) = (text.as_bytes(), [0; LENGTH], 0);
    while index < LENGTH {
        to[index] = if from[index] == b'$' { b'?' } else { from[index] };
        index += 1;
    }
    to
}

/// What a statement takes: a tuple of [`Argument`]s.
pub trait Arguments {
    /// What the caller writes at the call.
    type Given<'a>: Copy + Send + Sync;
    /// What each is to the database.
    const KINDS: &'static [Kind];
    /// Whose things each names, if any's.
    const SUBJECTS: &'static [Option<Subject>];
    /// The values in order.
    fn values(given: Self::Given<'_>) -> Vec<Value<'_>>;
}

macro_rules! arguments {
    ($($name:ident)*) => {
        impl<$($name: Argument),*> Arguments for ($($name,)*) {
            type Given<'a> = ($($name::Given<'a>,)*);
            const KINDS: &'static [Kind] = &[$($name::KIND),*];
            const SUBJECTS: &'static [Option<Subject>] = &[$($name::SUBJECT),*];
            #[expect(non_snake_case, reason = "type names bind the tuple's fields")]
            fn values(given: Self::Given<'_>) -> Vec<Value<'_>> {
                let ($($name,)*) = given;
                vec![$($name::value($name)),*]
            }
        }
    };
}

macro_rules! arguments_up_to {
    ($first:ident $($rest:ident)*) => {
        arguments!($first $($rest)*);
        arguments_up_to!($($rest)*);
    };
    () => {};
}

/// A statement that takes nothing.
impl Arguments for () {
    type Given<'a> = ();
    const KINDS: &'static [Kind] = &[];
    const SUBJECTS: &'static [Option<Subject>] = &[];
    fn values((): Self::Given<'_>) -> Vec<Value<'_>> {
        Vec::new()
    }
}

arguments_up_to!(A B C D E F G H I J K L M N O P Q S T U);

/// What a statement gives, a row at a time.
pub trait Record: Sized + Send {
    /// The columns' names in order; `None` when they need none.
    const COLUMNS: Option<&'static [&'static str]>;
    /// Reads one row.
    fn read(row: &Row<'_>) -> Result<Self>;
}

/// A statement that gives nothing.
impl Record for () {
    const COLUMNS: Option<&'static [&'static str]> = None;
    fn read(_: &Row<'_>) -> Result<Self> {
        Ok(())
    }
}

/// A statement that gives one value.
impl<C: Column + Send> Record for (C,) {
    const COLUMNS: Option<&'static [&'static str]> = None;
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok((row.get(0)?,))
    }
}

/// A row that a driver holds.
#[derive(Debug)]
pub enum Row<'r> {
    /// A row of SQLite's.
    Sqlite(&'r rusqlite::Row<'r>),
    /// A row of PostgreSQL's.
    Postgres(&'r tokio_postgres::Row),
}

impl Row<'_> {
    /// The column at this place, read into its type.
    pub fn get<C: Column>(&self, index: usize) -> Result<C> {
        let cell = match self {
            Self::Sqlite(row) => super::sqlite::cell(row, index)?,
            Self::Postgres(row) => super::postgres::cell(row, index)?,
        };
        C::read(cell).ok_or_else(|| unreadable(index, cell))
    }
}

fn unreadable(index: usize, cell: Cell<'_>) -> Problem {
    let kind = match cell {
        Value::Null => "nothing",
        Value::Integer(_) => "an integer",
        Value::Text(_) => "text",
        Value::Bytes(_) => "bytes",
    };
    Problem::internal(format!("column {index} holds {kind} that its type cannot be"))
}

/// Declares statements as typed constants, and lists them in `STATEMENTS` for the registry.
///
/// `NAME(Argument, …): Record = "text";` — without a record, the statement gives nothing but the number of rows it
/// changed.
macro_rules! sql {
    ($($(#[$doc:meta])* $name:ident($($argument:ty),* $(,)?) $(: $record:ty)? = $text:expr;)+) => {
        $(
            $(#[$doc])*
            pub(crate) const $name: $crate::db::Statement<($($argument,)*), $crate::db::sql!(@record $($record)?)> = {
                const TEXT: &str = $text;
                const NUMBERED: [u8; TEXT.len()] = $crate::db::numbered(TEXT);
                const SQLITE: &str = match std::str::from_utf8(&NUMBERED) {
                    Ok(text) => text,
                    Err(_) => "",
                };
                $crate::db::Statement::new(concat!(module_path!(), "::", stringify!($name)), TEXT, SQLITE)
            };
        )+
        /// Every statement of this room.
        pub(crate) const STATEMENTS: &[$crate::db::Declaration] = &[$($name.declaration()),+];
    };
    (@record) => { () };
    (@record $record:ty) => { $record };
}

/// Declares a struct that a row is read into, field by field in the order of the columns.
macro_rules! record {
    ($(#[$doc:meta])* $visibility:vis struct $name:ident {
        $($(#[$field_doc:meta])* $field_visibility:vis $field:ident: $type:ty,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        $visibility struct $name {
            $($(#[$field_doc])* $field_visibility $field: $type,)+
        }

        impl $crate::db::Record for $name {
            const COLUMNS: Option<&'static [&'static str]> = Some(&[$(stringify!($field)),+]);
            fn read(row: &$crate::db::Row<'_>) -> $crate::Result<Self> {
                let mut index = 0..;
                let mut next = || index.next().unwrap_or_default();
                Ok(Self { $($field: row.get(next())?),+ })
            }
        }
    };
}

/// Lets a type with `as_str` and `FromStr` stand in a text column.
macro_rules! column {
    ($type:ty) => {
        impl $crate::db::Column for $type {
            fn read(cell: $crate::db::Cell<'_>) -> Option<Self> {
                match cell {
                    $crate::db::Value::Text(text) => text.parse().ok(),
                    _ => None,
                }
            }
        }

        impl $crate::db::Argument for $type {
            type Given<'a> = Self;
            const KIND: $crate::db::Kind = $crate::db::Kind::Text;
            fn value<'a>(given: Self) -> $crate::db::Value<'a> {
                $crate::db::Value::Text(given.as_str())
            }
        }
    };
}

/// A word for each state, the same in the database and on the wire.
macro_rules! words {
    ($type:ident: $($variant:ident = $word:literal),+ $(,)?) => {
        impl $type {
            /// The word for it.
            pub const fn as_str(self) -> &'static str {
                match self {$(Self::$variant => $word),+}
            }
        }

        impl std::str::FromStr for $type {
            type Err = ();

            fn from_str(word: &str) -> Result<Self, ()> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(()),
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        $crate::db::column!($type);
    };
}

pub(crate) use {column, record, sql, words};
