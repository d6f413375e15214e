//! A change and the statements that depend on it, as one statement.
//!
//! If they were sent one by one, the server would wait for the caller between the change and the commit while it holds
//! row locks. One statement is atomic and costs one round trip. The dependent statements read from `changed` whether
//! the change affected a row.

use crate::value::OwnedValue;
use crate::{Declaration, DependentStatement, Kind, Value};

/// The text of the combined statement, and the arguments of all its parts.
#[derive(Debug)]
pub(crate) struct CompositeStatement<'v> {
    pub(crate) text: String,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) values: Vec<Value<'v>>,
}

impl<'v> CompositeStatement<'v> {
    /// `last` contains its own condition on `changed`. It writes rows only if the change affected a row.
    pub(crate) fn new(
        change: &Declaration,
        values: Vec<Value<'v>>,
        dependent: &'v [DependentStatement],
        last: &'v DependentStatement,
    ) -> Self {
        let mut composite = Self { text: String::new(), kinds: Vec::new(), values: Vec::new() };
        composite.text.push_str("WITH changed AS (");
        composite.push(change, values);
        composite.text.push_str(" RETURNING 1)");
        for (number, DependentStatement { declaration, values }) in dependent.iter().enumerate() {
            for part in [", dependent", &number.to_string(), " AS ("] {
                composite.text.push_str(part);
            }
            composite.push(declaration, values.iter().map(OwnedValue::value).collect());
            composite.text.push_str(" WHERE EXISTS (SELECT 1 FROM changed))");
        }
        composite.text.push(' ');
        composite.push(&last.declaration, last.values.iter().map(OwnedValue::value).collect());
        composite
    }

    /// Appends a statement, with its placeholders renumbered.
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
    use crate::{Arguments, Statement};

    const CHANGE: Statement<(i64, i64), ()> = Statement::new("a", "UPDATE t SET x = $2 WHERE id = $1 AND x <> $2", "");
    const MAIL: Statement<(i64,), ()> = Statement::new("b", "INSERT INTO m (x) SELECT $1", "");
    const LAST: Statement<(i64,), ()> = Statement::new("c", "INSERT INTO r SELECT $1 FROM changed", "");

    #[test]
    fn renumbers_placeholders() {
        let dependent = [MAIL.dependent((3,)), MAIL.dependent((4,))];
        let last = LAST.dependent((5,));
        let change = <(i64, i64)>::values((1, 2));
        let composite = CompositeStatement::new(&CHANGE.declaration(), change, &dependent, &last);
        assert_eq!(
            composite.text,
            "WITH changed AS (UPDATE t SET x = $2 WHERE id = $1 AND x <> $2 RETURNING 1), \
             dependent0 AS (INSERT INTO m (x) SELECT $3 WHERE EXISTS (SELECT 1 FROM changed)), \
             dependent1 AS (INSERT INTO m (x) SELECT $4 WHERE EXISTS (SELECT 1 FROM changed)) \
             INSERT INTO r SELECT $5 FROM changed"
        );
        let values: Vec<_> = (1..=5).map(Value::Integer).collect();
        assert_eq!((composite.values, composite.kinds.len()), (values, 5));
    }
}
