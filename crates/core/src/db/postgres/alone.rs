//! A change that is all its transaction does, with what has to go along with it.
//!
//! A server that is sent a change, waits for its caller to see what came of it, and is then sent the rest and the commit,
//! spends more on the waiting than on the work: it holds its locks for longer, and writes down who else wants them. As one
//! statement all of it is there, or nothing, and it is one way to the server. What goes along is told whether there was a
//! change by the rows of the name `changed`.

use crate::db::{Along, Declaration, Kind, Value};

/// A change and what goes along with it, as one statement.
#[derive(Debug)]
pub(super) struct Alone<'v> {
    pub(super) text: String,
    pub(super) kinds: Vec<Kind>,
    pub(super) values: Vec<Value<'v>>,
}

impl<'v> Alone<'v> {
    /// The change, and `last`, which says itself that it depends on `changed`: by the rows that it writes the server tells
    /// whether there was a change.
    pub(super) fn new(change: &Declaration, values: Vec<Value<'v>>, along: Vec<Along>, last: Along) -> Self {
        let mut alone = Self { text: String::new(), kinds: Vec::new(), values: Vec::new() };
        alone.text.push_str("WITH changed AS (");
        alone.push(change, values);
        alone.text.push_str(" RETURNING 1)");
        for (number, Along { declaration, values }) in along.into_iter().enumerate() {
            for part in [", along", &number.to_string(), " AS ("] {
                alone.text.push_str(part);
            }
            alone.push(&declaration, values);
            alone.text.push_str(" WHERE EXISTS (SELECT 1 FROM changed))");
        }
        alone.text.push(' ');
        alone.push(&last.declaration, last.values);
        alone
    }

    /// Puts a statement behind the others, its first argument behind theirs.
    fn push(&mut self, declaration: &Declaration, values: Vec<Value<'v>>) {
        let before = self.values.len();
        let mut parts = declaration.text.split('$');
        self.text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            let (number, rest) = part.split_at(end);
            let number: usize = number.parse().unwrap_or_default();
            for part in ["$", &(before + number).to_string(), rest] {
                self.text.push_str(part);
            }
        }
        self.kinds.extend_from_slice(declaration.arguments);
        self.values.extend(values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Arguments, Statement};

    const CHANGE: Statement<(i64, i64), ()> = Statement::new("a", "UPDATE t SET x = $2 WHERE id = $1 AND x <> $2", "");
    const MAIL: Statement<(i64,), ()> = Statement::new("b", "INSERT INTO m (x) SELECT $1", "");
    const LAST: Statement<(i64,), ()> = Statement::new("c", "INSERT INTO r SELECT $1 FROM changed", "");

    #[test]
    fn arguments_are_counted_on() {
        let along = vec![MAIL.along((3,)), MAIL.along((4,))];
        let alone = Alone::new(&CHANGE.declaration(), <(i64, i64)>::values((1, 2)), along, LAST.along((5,)));
        assert_eq!(
            alone.text,
            "WITH changed AS (UPDATE t SET x = $2 WHERE id = $1 AND x <> $2 RETURNING 1), \
             along0 AS (INSERT INTO m (x) SELECT $3 WHERE EXISTS (SELECT 1 FROM changed)), \
             along1 AS (INSERT INTO m (x) SELECT $4 WHERE EXISTS (SELECT 1 FROM changed)) \
             INSERT INTO r SELECT $5 FROM changed"
        );
        let values: Vec<_> = (1..=5).map(Value::Integer).collect();
        assert_eq!((alone.values, alone.kinds.len()), (values, 5));
    }
}
