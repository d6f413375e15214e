//! The schema of a PostgreSQL database: whose it is, how far it has come, and bringing it up to date.

use tokio_postgres::{Client, IsolationLevel};

use crate::db::migrate::{MIGRATIONS, Migration, newest};
use crate::db::{OpenError, migrate};
use crate::time::Timestamp;

/// What all processes agree on to wait for each other while the schema changes: "VESTIBUL" as a number.
const LOCK: i64 = 0x5645_5354_4942_554c;
/// The oldest server whose dialect is known to do, as `server_version_num` counts.
const OLDEST: i32 = 130_000;

/// Refuses a server that is too old.
pub(super) async fn check_version(client: &Client) -> Result<(), OpenError> {
    let row = client.query_one("SHOW server_version_num", &[]).await.map_err(|error| OpenError::of(&error))?;
    let version: i32 = row.get::<_, &str>(0).parse().unwrap_or(i32::MAX);
    if version < OLDEST { Err(OpenError::TooOld { found: version / 10_000, oldest: OLDEST / 10_000 }) } else { Ok(()) }
}

/// How far the schema has come; 0 for an empty one. Error: `Foreign` when it is somebody else's.
pub(super) async fn version(client: &Client) -> Result<i64, OpenError> {
    let failed = |error: tokio_postgres::Error| OpenError::of(&error);
    let row = client
        .query_one(
            "SELECT current_schema()::text,
                    (SELECT COUNT(*) FROM information_schema.tables
                      WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'),
                    (SELECT COUNT(*) FROM information_schema.columns
                      WHERE table_schema = current_schema() AND table_name = 'schema_migrations'
                        AND column_name IN ('version', 'name', 'applied_at'))",
            &[],
        )
        .await
        .map_err(failed)?;
    let (schema, tables, ours): (Option<&str>, i64, i64) = (row.get(0), row.get(1), row.get(2));
    match (schema, tables, ours) {
        (None, ..) => Err(OpenError::NoDatabase("the search_path names no schema that exists".to_owned())),
        (Some(_), 0, _) => Ok(0),
        // Other programs keep a table of this name too; the first step's name tells.
        (Some(_), _, 3) => {
            let found = client
                .query_one(
                    "SELECT MAX(CASE WHEN version = 1 THEN name END)::text, MAX(version)::bigint FROM schema_migrations",
                    &[],
                )
                .await
                .map_err(failed)?;
            let (first, newest): (Option<&str>, Option<i64>) = (found.get(0), found.get(1));
            let is_ours = first == MIGRATIONS.first().map(|migration| migration.name);
            newest.filter(|_| is_ours).ok_or(OpenError::Foreign)
        }
        _ => Err(OpenError::Foreign),
    }
}

/// Brings the schema up to date. Of many processes that start at once, one does it and the others wait for it.
pub(super) async fn migrate(client: &mut Client, now: Timestamp) -> Result<(), OpenError> {
    let failed = |error: tokio_postgres::Error| OpenError::of(&error);
    // Nothing but a look, most of the time: it takes no lock that a migration elsewhere would have to wait for.
    if version(client).await? == newest() {
        return Ok(());
    }
    // Each statement sees what was committed before it: whoever waits for the lock must see what its holder has done.
    let step = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted);
    let step = step.start().await.map_err(failed)?;
    step.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await.map_err(failed)?;
    let found = version(step.client()).await?;
    for Migration { version, name, postgres, .. } in migrate::after(found)? {
        step.batch_execute(postgres).await.map_err(failed)?;
        let noted = "INSERT INTO schema_migrations (version, name, applied_at) VALUES ($1, $2, $3)";
        step.execute(noted, &[version, name, &now.as_microseconds()]).await.map_err(failed)?;
    }
    step.commit().await.map_err(failed)
}
