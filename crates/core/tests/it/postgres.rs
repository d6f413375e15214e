//! What only a server can do: refuse, go away, and be shared.

use vestibule_core::db::{Db, MIGRATIONS, OpenError, PostgresOptions};
use vestibule_core::time::Timestamp;
use vestibule_testbed::{Database, Engine};

const NOW: Timestamp = Timestamp::from_microseconds(0);

async fn open(database: &Database) -> Result<Db, OpenError> {
    Db::open(database.place(), PostgresOptions::default(), NOW).await
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_processes_may_start_at_once() {
    let database = Database::fresh_on(Engine::Postgres);
    let opened = futures_util::future::join_all((0..10).map(|_| open(&database))).await;
    assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    let steps = i64::try_from(MIGRATIONS.len()).unwrap();
    assert_eq!(database.count("SELECT COUNT(*) FROM schema_migrations"), steps);
}

#[tokio::test]
async fn a_look_at_what_would_run_changes_nothing() {
    for engine in Engine::BOTH {
        let database = Database::fresh_on(engine);
        let place = database.place();
        assert!(place.is_new().await.unwrap());
        assert_eq!(place.pending_migrations().await.unwrap().len(), MIGRATIONS.len());
        assert!(database.tables().is_empty(), "{engine:?}");
        open(&database).await.unwrap();
        assert!(place.pending_migrations().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_schema_of_somebody_else_is_left_alone() {
    for theirs in [
        "CREATE TABLE things (id BIGINT)",
        "CREATE TABLE schema_migrations (version TEXT)",
        "CREATE TABLE schema_migrations (version BIGINT, name TEXT, applied_at BIGINT)",
    ] {
        let database = Database::fresh_on(Engine::Postgres);
        database.rows(theirs);
        assert!(matches!(open(&database).await, Err(OpenError::Foreign)), "{theirs}");
        assert_eq!(database.tables().len(), 1);
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let database = Database::fresh_on(Engine::Postgres);
    open(&database).await.unwrap();
    database.execute("INSERT INTO schema_migrations VALUES (999, 'tomorrow', '', 0)");
    assert!(matches!(open(&database).await, Err(OpenError::Newer { found: 999, .. })));
    assert!(matches!(database.place().pending_migrations().await, Err(OpenError::Newer { .. })));
}

#[tokio::test]
async fn what_is_wrong_with_a_server_has_a_name() {
    let database = Database::fresh_on(Engine::Postgres);
    let server = vestibule_testbed::server();
    let (before, after) = server.split_once('?').unwrap_or((&server, ""));
    let (base, name) = before.rsplit_once('/').unwrap();
    let nowhere = format!("postgres://nobody@127.0.0.1:1/{name}");
    let elsewhere = format!("{base}/there-is-no-such-database?{after}");
    let no_schema = format!("{}&x", database.url()).replace("&x", "").replace("search_path%3D", "search_path%3Dno_");
    let tls = format!("{server}{}sslmode=require", if after.is_empty() { "?" } else { "&" });
    for (url, is_named) in [
        (nowhere, (|error| matches!(error, OpenError::Unreachable(_))) as fn(&OpenError) -> bool),
        (elsewhere, |error| matches!(error, OpenError::NoDatabase(_))),
        (no_schema, |error| matches!(error, OpenError::NoDatabase(_))),
        (tls, |error| matches!(error, OpenError::NoTls)),
    ] {
        let place = vestibule_core::db::Place::Postgres(Box::new(url.parse().unwrap()));
        let error = Db::open(&place, PostgresOptions::default(), NOW).await.unwrap_err();
        assert!(is_named(&error), "{url}: {error:?}");
    }
}
