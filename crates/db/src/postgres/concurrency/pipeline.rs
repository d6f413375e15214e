//! Sends several statements before the first result is received. Each connection prepares a statement once.

use std::pin::pin;

use deadpool_postgres::ClientWrapper;
use futures_util::StreamExt;
use futures_util::future::join_all;
use tokio_postgres::{Row, Statement};

use crate::postgres::error::PgError;
use crate::postgres::values::types;
use crate::{Declaration, Value};

/// The result of a statement.
pub(crate) struct StatementResult {
    pub(crate) rows: Vec<Row>,
    /// The number of changed rows.
    pub(crate) changed: usize,
}

/// The name of the failed statement, and its error.
pub(crate) type Failure = (&'static str, PgError);

/// Returns the prepared statements of this connection, and prepares the missing ones.
pub(crate) async fn prepare_all(
    client: &ClientWrapper,
    queries: &[(&Declaration, &[Value<'_>])],
) -> Result<Vec<Statement>, Failure> {
    let mut statements = Vec::with_capacity(queries.len());
    for (declaration, _) in queries {
        let statement = client.prepare_typed_cached(declaration.text, &types(declaration.arguments)).await;
        statements.push(statement.map_err(|error| (declaration.name, PgError::from_driver(&error)))?);
    }
    Ok(statements)
}

/// Sends all statements in order, in one round trip, and returns the result of each.
pub(crate) async fn execute_all(
    client: &ClientWrapper,
    statements: &[Statement],
    queries: &[(&Declaration, &[Value<'_>])],
) -> Vec<Result<StatementResult, (&'static str, tokio_postgres::Error)>> {
    let execute = async |statement: &Statement, values: &[Value<'_>]| {
        let mut rows = pin!(client.query_raw(statement, values.iter()).await?);
        let mut result = StatementResult { rows: Vec::new(), changed: 0 };
        while let Some(row) = rows.next().await {
            result.rows.push(row?);
        }
        result.changed = rows.rows_affected().and_then(|changed| changed.try_into().ok()).unwrap_or(0);
        Ok(result)
    };
    // All are sent before the first result is awaited.
    let results = queries.iter().zip(statements).map(|((declaration, values), statement)| {
        let execute = &execute;
        async move { execute(statement, values).await.map_err(|error| (declaration.name, error)) }
    });
    join_all(results).await
}
