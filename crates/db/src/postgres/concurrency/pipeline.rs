//! Sends statements without waiting for each other's answers. They are prepared once for each connection.

use std::pin::pin;

use deadpool_postgres::ClientWrapper;
use futures_util::StreamExt;
use futures_util::future::join_all;
use tokio_postgres::{Row, Statement};

use crate::postgres::error::PgError;
use crate::postgres::values::types;
use crate::{Declaration, Value};

/// The answer to a statement.
pub(crate) struct Answer {
    pub(crate) rows: Vec<Row>,
    pub(crate) changed: usize,
}

/// The name of a statement, and its error.
pub(crate) type Failure = (&'static str, PgError);

/// The prepared statements on this connection.
pub(crate) async fn prepared(
    client: &ClientWrapper,
    sent: &[(&Declaration, &[Value<'_>])],
) -> Result<Vec<Statement>, Failure> {
    let mut statements = Vec::with_capacity(sent.len());
    for (declaration, _) in sent {
        let statement = client.prepare_typed_cached(declaration.text, &types(declaration.arguments)).await;
        statements.push(statement.map_err(|error| (declaration.name, PgError::from_driver(&error)))?);
    }
    Ok(statements)
}

/// Sends all of these in order, and returns the answer to each: one round trip.
pub(crate) async fn all(
    client: &ClientWrapper,
    statements: &[Statement],
    sent: &[(&Declaration, &[Value<'_>])],
) -> Vec<Result<Answer, (&'static str, tokio_postgres::Error)>> {
    let one = async |statement: &Statement, values: &[Value<'_>]| {
        let mut rows = pin!(client.query_raw(statement, values.iter()).await?);
        let mut answer = Answer { rows: Vec::new(), changed: 0 };
        while let Some(row) = rows.next().await {
            answer.rows.push(row?);
        }
        answer.changed = rows.rows_affected().and_then(|changed| changed.try_into().ok()).unwrap_or(0);
        Ok(answer)
    };
    // All are sent before the first answer is awaited.
    let sent = sent.iter().zip(statements).map(|((declaration, values), statement)| {
        let one = &one;
        async move { one(statement, values).await.map_err(|error| (declaration.name, error)) }
    });
    join_all(sent).await
}
