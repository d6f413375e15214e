//! The schema of a PostgreSQL database: whether it belongs to this program, its version, and its migration.

use tokio_postgres::{Client, IsolationLevel, SimpleQueryMessage, SimpleQueryRow};

use crate::migrate::{Applied, MIGRATIONS, Migration, newest};
use crate::time::Timestamp;
use crate::{OpenError, migrate};

/// The advisory lock of migrations: "VESTIBUL" as a number.
const MIGRATION_LOCK: i64 = 0x5645_5354_4942_554c;
/// The oldest supported server, as a `server_version_num`.
const MIN_SERVER_VERSION: i32 = 130_000;

/// Returns the version of the schema; 0 for an empty one. Every start runs this, so it reads the system catalogs: the
/// standard views take longer than the rest of the start.
///
/// # Errors
/// `TooOld`; `NoDatabase` if the search path names no schema; `Foreign` if the schema belongs to another program;
/// `MigrationChanged`.
pub(super) async fn version(client: &Client) -> Result<i64, OpenError> {
    let query = "SELECT current_setting('server_version_num'), current_schema(),
                        EXISTS (SELECT 1 FROM pg_class
                                 WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')),
                        (SELECT COUNT(*) FROM pg_attribute
                          WHERE attrelid = to_regclass(quote_ident(current_schema()) || '.schema_migrations')
                            AND NOT attisdropped AND attname IN ('version', 'name', 'applied_at')) = 3";
    let [server, schema, has_tables, has_our_columns] = row(client, query).await?;
    let server: i32 = server.and_then(|version| version.parse().ok()).unwrap_or(i32::MAX);
    if server < MIN_SERVER_VERSION {
        return Err(OpenError::TooOld { found: server / 10_000, oldest: MIN_SERVER_VERSION / 10_000 });
    }
    if schema.is_none() {
        return Err(OpenError::NoDatabase("the search_path names no schema that exists".to_owned()));
    }
    let is_true = |text: Option<String>| text.as_deref() == Some("t");
    match (is_true(has_tables), is_true(has_our_columns)) {
        (false, _) => Ok(0),
        (true, true) => {
            // A missing column is NULL here. Development versions before the first release recorded no checksums.
            let recorded = "SELECT version, name, COALESCE(to_jsonb(m) ->> 'checksum', '') FROM schema_migrations m";
            let mut applied = Vec::new();
            // Other programs have a table of this name too. The name of the first migration identifies ours.
            let mut is_ours = false;
            for [version, name, checksum] in rows(client, recorded).await? {
                let version = version.and_then(|version| version.parse().ok()).ok_or(OpenError::Foreign)?;
                is_ours |= version == 1 && name.as_deref() == MIGRATIONS.first().map(|migration| migration.name);
                applied.push(Applied { version, checksum: checksum.unwrap_or_default() });
            }
            if is_ours { migrate::verify(&applied, |migration| migration.postgres) } else { Err(OpenError::Foreign) }
        }
        (true, false) => Err(OpenError::Foreign),
    }
}

/// Whether the schema has no data. It must belong to this program.
pub(super) async fn is_unused(client: &Client) -> Result<bool, OpenError> {
    let [is_used] = row(client, "SELECT EXISTS (SELECT 1 FROM deployments)").await?;
    Ok(is_used.as_deref() == Some("f"))
}

/// Runs a query that has one row. The columns are returned as text.
async fn row<const COLUMNS: usize>(client: &Client, query: &str) -> Result<[Option<String>; COLUMNS], OpenError> {
    let row = rows(client, query).await?.into_iter().next();
    Ok(row.unwrap_or([const { None }; COLUMNS]))
}

/// Runs a query with the simple protocol, because it runs once and is not worth preparing.
async fn rows<const COLUMNS: usize>(client: &Client, query: &str) -> Result<Vec<[Option<String>; COLUMNS]>, OpenError> {
    let messages = client.simple_query(query).await.map_err(|error| OpenError::from_driver(&error))?;
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let columns =
        |row: &SimpleQueryRow| std::array::from_fn(|column| row.try_get(column).ok().flatten().map(str::to_owned));
    Ok(rows.map(columns).collect())
}

/// Migrates the schema. If several processes start at once, one migrates and the others wait.
pub(super) async fn migrate(client: &mut Client, now: Timestamp) -> Result<(), OpenError> {
    let failed = |error: tokio_postgres::Error| OpenError::from_driver(&error);
    // Usually there is nothing to do. This takes no lock.
    if version(client).await? == newest() {
        return Ok(());
    }
    // READ COMMITTED: after the wait for the lock, the next statement must see the migrations of its previous holder.
    let transaction = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted);
    let transaction = transaction.start().await.map_err(failed)?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK]).await.map_err(failed)?;
    let found = version(transaction.client()).await?;
    for Migration { version, name, postgres, .. } in migrate::after(found)? {
        transaction.batch_execute(postgres.text).await.map_err(failed)?;
        let record = "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)";
        let checksum = postgres.checksum();
        transaction.execute(record, &[version, name, &checksum, &now.as_microseconds()]).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
}
