//! Typed statements and rows: `sql!` declares statements, `record!` rows.

use std::marker::PhantomData;

use super::invalidation::Invalidates;
use super::value::{Argument, Cell, Column, Kind, OwnedValue, Value};
use crate::error::{Error, Result};

/// A statement with the types of its arguments and of its record.
#[derive(Debug)]
pub struct Statement<A, R> {
    declaration: Declaration,
    types: PhantomData<fn(A) -> R>,
}

// Derived, they would require the arguments and the record to be `Copy`.
impl<A, R> Clone for Statement<A, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, R> Copy for Statement<A, R> {}

/// A statement without its types, for the tests that check all of them.
#[derive(Clone, Copy, Debug)]
pub struct Declaration {
    /// The module and the constant, as logs show them.
    pub name: &'static str,
    /// The text with `$1` for the first argument.
    pub text: &'static str,
    /// The text with `?1`, because SQLite numbers `$1` by first appearance.
    pub sqlite: &'static str,
    pub arguments: &'static [Kind],
    /// What it invalidates if it changes a row.
    pub invalidates: Invalidates,
    /// The names of its columns in order; `None` if it returns one unnamed value or nothing.
    pub columns: Option<&'static [&'static str]>,
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
                invalidates: Invalidates::Undeclared,
                columns: R::COLUMNS,
            },
            types: PhantomData,
        }
    }

    /// Sets what it invalidates. Called by `sql!` only.
    #[must_use]
    pub const fn invalidating(mut self, invalidates: Invalidates) -> Self {
        self.declaration.invalidates = invalidates;
        self
    }

    pub const fn declaration(&self) -> Declaration {
        self.declaration
    }
}

/// A statement that runs only if another one changed a row, with its arguments.
#[derive(Clone, Debug)]
pub struct DependentStatement {
    pub(crate) declaration: Declaration,
    pub(crate) values: Vec<OwnedValue>,
}

impl<A: Arguments> Statement<A, ()> {
    /// The statement with these arguments, as one that depends on a change. Its text must end with a `SELECT` without
    /// `WHERE`, because the condition is appended.
    pub fn dependent(self, arguments: A::Input<'_>) -> DependentStatement {
        let values = A::values(arguments).into_iter().map(OwnedValue::from).collect();
        DependentStatement { declaration: self.declaration(), values }
    }
}

/// The text with every `$` replaced by `?`. No statement contains another `$`.
pub const fn sqlite_placeholders<const LENGTH: usize>(text: &str) -> [u8; LENGTH] {
    let (from, mut to, mut index) = (text.as_bytes(), [0; LENGTH], 0);
    while index < LENGTH {
        to[index] = if from[index] == b'$' { b'?' } else { from[index] };
        index += 1;
    }
    to
}

/// The arguments of a statement: a tuple of [`Argument`]s, or a struct that `sql!` declares.
pub trait Arguments {
    /// The type that is passed to the methods of `Tx`.
    type Input<'a>: Copy + Send + Sync;
    const KINDS: &'static [Kind];
    /// The names of the arguments; empty if they have only positions.
    const NAMES: &'static [&'static str] = &[];
    fn values(arguments: Self::Input<'_>) -> Vec<Value<'_>>;
}

macro_rules! arguments {
    ($($name:ident)*) => {
        impl<$($name: Argument),*> Arguments for ($($name,)*) {
            type Input<'a> = ($($name::Input<'a>,)*);
            const KINDS: &'static [Kind] = &[$($name::KIND),*];
            #[expect(non_snake_case, reason = "type names bind the tuple's fields")]
            fn values(arguments: Self::Input<'_>) -> Vec<Value<'_>> {
                let ($($name,)*) = arguments;
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

impl Arguments for () {
    type Input<'a> = ();
    const KINDS: &'static [Kind] = &[];
    fn values((): Self::Input<'_>) -> Vec<Value<'_>> {
        Vec::new()
    }
}

arguments_up_to!(A B C D E F);

/// The type of the rows that a statement returns.
pub trait Record: Sized + Send {
    /// The names of the columns in order; `None` if they need none.
    const COLUMNS: Option<&'static [&'static str]>;
    fn read(row: &Row<'_>) -> Result<Self>;
}

/// A statement that returns nothing.
impl Record for () {
    const COLUMNS: Option<&'static [&'static str]> = None;
    fn read(_: &Row<'_>) -> Result<Self> {
        Ok(())
    }
}

/// A statement that returns one value.
impl<C: Column + Send> Record for (C,) {
    const COLUMNS: Option<&'static [&'static str]> = None;
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok((row.get(0)?,))
    }
}

/// A row of either driver.
#[derive(Debug)]
pub enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

impl Row<'_> {
    /// Reads the column at this index.
    pub fn get<C: Column>(&self, index: usize) -> Result<C> {
        let cell = match self {
            Self::Sqlite(row) => super::sqlite::cell(row, index)?,
            Self::Postgres(row) => super::postgres::cell(row, index)?,
        };
        C::read(cell).ok_or_else(|| unreadable(index, cell))
    }
}

fn unreadable(index: usize, cell: Cell<'_>) -> Error {
    let kind = match cell {
        Value::Null => "nothing",
        Value::Integer(_) => "an integer",
        Value::Text(_) => "text",
        Value::Bytes(_) => "bytes",
    };
    Error::internal(format!("column {index} holds {kind} that its type cannot be"))
}

/// Declares statements as typed constants, and lists them in `STATEMENTS` for the registry.
///
/// ```text
/// NAME(Argument, …) -> Record invalidates Scope(1) = "text";
/// NAME(Struct { argument: Type, … }) -> Record invalidates Scope(argument) = "text";
/// ```
///
/// Without a record, the statement returns the number of rows it changed. The second form also declares the struct of
/// its named arguments, and is required for more than six. `NAME(= Struct)` takes the struct of an earlier statement. `invalidates` names a scope and the argument that holds the
/// id, by position (`1` is `$1`) or by name; `Scope(all)` is everything of the scope, and `nothing("reason")` says why
/// no cached value changes. The scopes are associated constants of a type `Scope`, which the calling module must
/// import.
#[macro_export]
macro_rules! sql {
    ($($(#[$doc:meta])* $name:ident($($argument:tt)*) $(-> $record:tt)? $(invalidates $scope:ident($($what:tt)+))? = $text:expr;)+) => {
        $($crate::sql!(@statement [$(#[$doc])*] $name ($($argument)*) [$($record)?] [$($scope($($what)+))?] $text);)+
        /// Every statement of this module.
        pub(crate) const STATEMENTS: &[$crate::Declaration] = &[$($name.declaration()),+];
    };
    (@statement [$($doc:tt)*] $name:ident ($arguments:ident { $($field:ident: $type:ty),+ $(,)? }) [$($record:tt)?] [$($invalidates:tt)*] $text:expr) => {
        /// The named arguments of the statement.
        #[derive(Clone, Copy)]
        pub(crate) struct $arguments<'a> {
            $(pub(crate) $field: <$type as $crate::Argument>::Input<'a>,)+
        }

        impl<'arguments> $crate::Arguments for $arguments<'arguments> {
            type Input<'a> = $arguments<'a>;
            const KINDS: &'static [$crate::Kind] = &[$(<$type as $crate::Argument>::KIND),+];
            const NAMES: &'static [&'static str] = &[$(stringify!($field)),+];
            fn values(arguments: Self::Input<'_>) -> Vec<$crate::Value<'_>> {
                vec![$(<$type as $crate::Argument>::value(arguments.$field)),+]
            }
        }

        $crate::sql!(@constant [$($doc)*] $name [$arguments<'static>] [$($record)?] [$($invalidates)*] $text);
    };
    (@statement [$($doc:tt)*] $name:ident (= $arguments:ident) [$($record:tt)?] [$($invalidates:tt)*] $text:expr) => {
        $crate::sql!(@constant [$($doc)*] $name [$arguments<'static>] [$($record)?] [$($invalidates)*] $text);
    };
    (@statement [$($doc:tt)*] $name:ident ($($argument:ty),* $(,)?) [$($record:tt)?] [$($invalidates:tt)*] $text:expr) => {
        $crate::sql!(@constant [$($doc)*] $name [($($argument,)*)] [$($record)?] [$($invalidates)*] $text);
    };
    (@constant [$($doc:tt)*] $name:ident [$arguments:ty] [$($record:tt)?] [$($invalidates:tt)*] $text:expr) => {
        $($doc)*
        pub(crate) const $name: $crate::Statement<$arguments, $crate::sql!(@record $($record)?)> = {
            const TEXT: &str = $text;
            const PLACEHOLDERS: [u8; TEXT.len()] = $crate::sqlite_placeholders(TEXT);
            const SQLITE: &str = match std::str::from_utf8(&PLACEHOLDERS) {
                Ok(text) => text,
                Err(_) => "",
            };
            $crate::Statement::new(concat!(module_path!(), "::", stringify!($name)), TEXT, SQLITE)
                .invalidating($crate::sql!(@invalidates [$arguments] $($invalidates)*))
        };
    };
    (@record) => { () };
    (@record $record:tt) => { $record };
    (@invalidates [$arguments:ty]) => { $crate::Invalidates::Undeclared };
    (@invalidates [$arguments:ty] nothing($reason:literal)) => { $crate::Invalidates::Nothing($reason) };
    (@invalidates [$arguments:ty] $scope:ident(all)) => { $crate::Invalidates::All(Scope::$scope) };
    (@invalidates [$arguments:ty] $scope:ident($position:literal)) => {
        $crate::Invalidates::Argument(Scope::$scope, $position - 1)
    };
    (@invalidates [$arguments:ty] $scope:ident($argument:ident)) => {
        $crate::Invalidates::Argument(
            Scope::$scope,
            $crate::argument_index(stringify!($argument), <$arguments as $crate::Arguments>::NAMES),
        )
    };
}

/// Declares a struct for the rows of statements. Its fields have the names and the order of the columns.
#[macro_export]
macro_rules! record {
    ($(#[$doc:meta])* $visibility:vis struct $name:ident {
        $($(#[$field_doc:meta])* $field_visibility:vis $field:ident: $type:ty,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        $visibility struct $name {
            $($(#[$field_doc])* $field_visibility $field: $type,)+
        }

        impl $crate::Record for $name {
            const COLUMNS: Option<&'static [&'static str]> = Some(&[$(stringify!($field)),+]);
            fn read(row: &$crate::Row<'_>) -> $crate::Result<Self> {
                let mut index = 0..;
                let mut next = || index.next().unwrap_or_default();
                Ok(Self { $($field: row.get(next())?),+ })
            }
        }
    };
}

/// Implements [`Column`] and [`Argument`] for a type that is stored as text, from its `as_str` and `FromStr`.
#[macro_export]
macro_rules! column {
    ($type:ty) => {
        impl $crate::Column for $type {
            fn read(cell: $crate::Cell<'_>) -> Option<Self> {
                match cell {
                    $crate::Value::Text(text) => text.parse().ok(),
                    _ => None,
                }
            }
        }

        impl $crate::Argument for $type {
            type Input<'a> = Self;
            const KIND: $crate::Kind = $crate::Kind::Text;
            fn value<'a>(input: Self) -> $crate::Value<'a> {
                $crate::Value::Text(input.as_str())
            }
        }
    };
}

/// Assigns a text to each variant of an enum. The text is used in the database and on the wire.
#[macro_export]
macro_rules! text_enum {
    ($type:ident: $($variant:ident = $text:literal),+ $(,)?) => {
        impl $type {
            /// The stored text, which is also the one on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {$(Self::$variant => $text),+}
            }
        }

        impl std::str::FromStr for $type {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                match text {
                    $($text => Ok(Self::$variant),)+
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

        $crate::column!($type);
    };
}
