//! Refuses connection poolers that share a server process among connections, such as PgBouncer with `pool_mode =
//! transaction`. Each connection needs a session of its own: for its prepared statements, and for its settings, which
//! would otherwise apply to other clients of the pooler too.
//!
//! Also refuses poolers that drop the search path of the URL (`ignore_startup_parameters = options`): the tables would
//! be created in another schema.

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::connect::{Connector, OpenConnection};
use crate::OpenError;

/// Further connections that are opened behind a pooler. While other clients use the pooler, one may reveal nothing.
const MAX_PROBES: usize = 4;
/// Time for each statement. A pooler lets a client wait while all its connections are in use.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);

/// The server process that executed a statement.
struct Backend {
    process: i64,
    /// In seconds, like `now`. `None` if this user may not see it.
    started_at: Option<f64>,
    now: Option<f64>,
}

/// Checks that `client` has a server process of its own, while further connections are open and in transactions.
///
/// A pooler gives an idle server process to the next connection that needs one. So if it shares them, a further
/// connection gets that of `client`, or `client` gets another one after it.
///
/// # Errors
/// `SharedSession`.
pub(super) async fn require_own_session(client: &Client, connector: &Connector) -> Result<(), OpenError> {
    let mut probes: Vec<OpenConnection> = Vec::new();
    for _ in 0..MAX_PROBES {
        let Some(before) = backend(client).await? else { break };
        // The server, or the pooler, may have no further connection. That is not for this check to report.
        let Ok(probe) = connector.connect().await else { break };
        match timeout(STATEMENT_TIMEOUT, probe.0.batch_execute("BEGIN")).await {
            Ok(Ok(())) => {}
            // A pooler that shares processes among statements refuses transactions.
            Ok(Err(error)) if error.as_db_error().is_some_and(refuses_transactions) => {
                return Err(OpenError::SharedSession);
            }
            _ => break,
        }
        let Some(other) = backend(&probe.0).await? else { break };
        probes.push(probe);
        if other.process == before.process {
            return Err(OpenError::SharedSession);
        }
        match backend(client).await? {
            Some(after) if after.process != before.process => return Err(OpenError::SharedSession),
            _ => {}
        }
        // Without a pooler, each connection starts a process.
        if other.started_at.zip(before.now).is_some_and(|(started_at, earlier)| started_at >= earlier) {
            break;
        }
    }
    Ok(())
}

/// `PgBouncer` has no code of its own for this: other failures have the same.
fn refuses_transactions(error: &tokio_postgres::error::DbError) -> bool {
    error.message().contains("transaction blocks not allowed")
}

/// Checks that the session has the search path of the URL's options.
///
/// # Errors
/// `SearchPathIgnored`.
pub(super) async fn require_search_path(client: &Client, options: Option<&str>) -> Result<(), OpenError> {
    let Some(expected) = options.and_then(search_path) else { return Ok(()) };
    let answer = client.simple_query("SHOW search_path").await.map_err(|error| OpenError::from_driver(&error))?;
    let found = first_row(&answer).and_then(|row| row.get(0)).map(without_quotes);
    if found.is_none_or(|found| found == expected) { Ok(()) } else { Err(OpenError::SearchPathIgnored) }
}

/// The search path in options such as `-c search_path=one,two`.
fn search_path(options: &str) -> Option<String> {
    let (_, value) = options.rsplit_once("search_path=")?;
    let mut is_escaped = false;
    let ends = |character: char| {
        let ends = character.is_whitespace() && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        ends
    };
    value.split(ends).next().map(without_quotes)
}

fn without_quotes(path: &str) -> String {
    path.chars().filter(|character| !character.is_whitespace() && !matches!(character, '"' | '\'' | '\\')).collect()
}

fn first_row(messages: &[SimpleQueryMessage]) -> Option<&SimpleQueryRow> {
    messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    })
}

/// `None` if there is no answer in time.
async fn backend(client: &Client) -> Result<Option<Backend>, OpenError> {
    let query = "SELECT pg_backend_pid(), extract(epoch FROM backend_start), extract(epoch FROM clock_timestamp())
                   FROM pg_stat_get_activity(pg_backend_pid())";
    let Ok(answer) = timeout(STATEMENT_TIMEOUT, client.simple_query(query)).await else { return Ok(None) };
    let rows = answer.map_err(|error| OpenError::from_driver(&error))?;
    Ok(first_row(&rows).and_then(|row| {
        let seconds = |column| row.get(column)?.parse().ok();
        Some(Backend { process: row.get(0)?.parse().ok()?, started_at: seconds(1), now: seconds(2) })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_search_path_of_options() {
        for (options, expected) in [
            ("-c search_path=one", Some("one")),
            ("-csearch_path=one -c jit=off", Some("one")),
            ("-c jit=off --search_path=one,two", Some("one,two")),
            ("-c search_path=one,\\ \"two\"", Some("one,two")),
            ("-c search_path=one -c search_path=two", Some("two")),
            ("-c jit=off", None),
            ("", None),
        ] {
            assert_eq!(search_path(options).as_deref(), expected, "{options}");
        }
        assert_eq!(without_quotes("\"$user\", public"), "$user,public");
    }
}
