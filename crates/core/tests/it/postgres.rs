//! Opening a PostgreSQL database: concurrent migrations, foreign and newer schemas, connection errors.

use vestibule_core::time::Timestamp;
use vestibule_db::{Db, MIGRATIONS, OpenError, PostgresOptions};
use vestibule_testbed::{Database, Engine};

const NOW: Timestamp = Timestamp::from_microseconds(0);

async fn open(database: &Database) -> Result<Db, OpenError> {
    Db::open(database.location(), PostgresOptions::default(), NOW).await
}

#[tokio::test(flavor = "multi_thread")]
async fn migrates_once_when_ten_processes_start_concurrently() {
    let database = Database::create_on(Engine::Postgres);
    let opened = futures_util::future::join_all((0..10).map(|_| open(&database))).await;
    assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    let migrations = i64::try_from(MIGRATIONS.len()).unwrap();
    assert_eq!(database.count("SELECT COUNT(*) FROM schema_migrations"), migrations);
}

#[tokio::test]
async fn listing_pending_migrations_changes_nothing() {
    for engine in Engine::BOTH {
        let database = Database::create_on(engine);
        let location = database.location();
        assert!(location.is_new().await.unwrap());
        assert_eq!(location.pending_migrations().await.unwrap().len(), MIGRATIONS.len());
        assert!(database.tables().is_empty(), "{engine:?}");
        open(&database).await.unwrap();
        assert!(location.pending_migrations().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn refuses_foreign_postgres_schema() {
    for foreign in [
        "CREATE TABLE things (id BIGINT)",
        "CREATE TABLE schema_migrations (version TEXT)",
        "CREATE TABLE schema_migrations (version BIGINT, name TEXT, applied_at BIGINT)",
    ] {
        let database = Database::create_on(Engine::Postgres);
        database.rows(foreign);
        assert!(matches!(open(&database).await, Err(OpenError::Foreign)), "{foreign}");
        assert_eq!(database.tables().len(), 1);
    }
}

#[tokio::test]
async fn refuses_newer_postgres_schema() {
    let database = Database::create_on(Engine::Postgres);
    open(&database).await.unwrap();
    database.execute("INSERT INTO schema_migrations VALUES (999, 'tomorrow', '', 0)");
    assert!(matches!(open(&database).await, Err(OpenError::Newer { found: 999, .. })));
    assert!(matches!(database.location().pending_migrations().await, Err(OpenError::Newer { .. })));
}

#[tokio::test]
async fn names_connection_errors() {
    let database = Database::create_on(Engine::Postgres);
    let server = vestibule_testbed::server();
    let (before, after) = server.split_once('?').unwrap_or((&server, ""));
    let (base, name) = before.rsplit_once('/').unwrap();
    let unreachable = format!("postgres://nobody@127.0.0.1:1/{name}");
    let missing_database = format!("{base}/there-is-no-such-database?{after}");
    let missing_schema =
        format!("{}&x", database.url()).replace("&x", "").replace("search_path%3D", "search_path%3Dno_");
    let tls = format!("{server}{}sslmode=require", if after.is_empty() { "?" } else { "&" });
    for (url, is_expected) in [
        (unreachable, (|error| matches!(error, OpenError::Unreachable(_))) as fn(&OpenError) -> bool),
        (missing_database, |error| matches!(error, OpenError::NoDatabase(_))),
        (missing_schema, |error| matches!(error, OpenError::NoDatabase(_))),
        (tls, |error| matches!(error, OpenError::NoTls)),
    ] {
        let location = vestibule_db::DatabaseLocation::Postgres(Box::new(url.parse().unwrap()));
        let error = Db::open(&location, PostgresOptions::default(), NOW).await.unwrap_err();
        assert!(is_expected(&error), "{url}: {error:?}");
    }
}
