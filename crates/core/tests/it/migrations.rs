//! Migrations: what a database records of them, and which databases are refused.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use vestibule_core::time::Timestamp;
use vestibule_db::{Db, MIGRATIONS, Migration, MigrationFile, OpenError, PostgresOptions};
use vestibule_testbed::{Database, Engine};

use crate::{create_migrated, migrated_sqlite, select_strings};

const NOW: Timestamp = Timestamp::from_microseconds(0);

fn file(migration: &Migration, engine: Engine) -> MigrationFile {
    match engine {
        Engine::Sqlite => migration.sqlite,
        Engine::Postgres => migration.postgres,
    }
}

/// Asserts that opening the database and listing its pending migrations both report the changed file.
async fn assert_refused_as_changed(database: &Database) {
    let path = match database.engine() {
        Engine::Sqlite => "migrations/sqlite/0001_foundation.sql",
        Engine::Postgres => "migrations/postgres/0001_foundation.sql",
    };
    let tables = database.tables();
    let opened = Db::open(database.location(), PostgresOptions::default(), NOW).await;
    assert!(matches!(opened, Err(OpenError::MigrationChanged { file }) if file == path), "{opened:?}");
    let pending = database.location().pending_migrations().await;
    assert!(matches!(pending, Err(OpenError::MigrationChanged { file }) if file == path), "{pending:?}");
    assert_eq!(database.tables(), tables);
}

#[tokio::test]
async fn records_every_migration_with_its_checksum() {
    for engine in Engine::BOTH {
        let database = create_migrated(engine).await;
        let recorded = database.rows("SELECT version, name, checksum FROM schema_migrations ORDER BY version");
        let expected = MIGRATIONS.iter().map(|migration| {
            vec![migration.version.to_string(), migration.name.to_owned(), file(migration, engine).checksum()]
        });
        assert_eq!(recorded, expected.collect::<Vec<_>>(), "{engine:?}");
    }
}

/// SHA-256 of the empty text and of "abc" (FIPS 180-2, appendix B.1).
#[test]
fn checksum_is_the_sha_256_of_the_text() {
    let checksum = |text| MigrationFile { path: "", text }.checksum();
    assert_eq!(checksum(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(checksum("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[tokio::test]
async fn reopens_migrated_database() {
    for engine in Engine::BOTH {
        let database = create_migrated(engine).await;
        Db::open(database.location(), PostgresOptions::default(), NOW).await.unwrap();
        let recorded = i64::try_from(MIGRATIONS.len()).unwrap();
        assert_eq!(database.count("SELECT COUNT(*) FROM schema_migrations"), recorded, "{engine:?}");
    }
}

#[tokio::test]
async fn refuses_changed_migration() {
    for engine in Engine::BOTH {
        let database = create_migrated(engine).await;
        database.execute("UPDATE schema_migrations SET checksum = 'of another text' WHERE version = 1");
        assert_refused_as_changed(&database).await;
    }
}

#[tokio::test]
async fn refuses_database_without_checksums() {
    for engine in Engine::BOTH {
        let database = create_migrated(engine).await;
        database.rows("ALTER TABLE schema_migrations DROP COLUMN checksum");
        database
            .execute("INSERT INTO schema_migrations (version, name, applied_at) VALUES (900, 'pending_addresses', 0)");
        assert_refused_as_changed(&database).await;
    }
}

#[test]
fn migrations_do_not_write_to_sqlite_schema() {
    for migration in MIGRATIONS {
        for forbidden in ["writable_schema", "sqlite_schema", "sqlite_master"] {
            assert!(!migration.sqlite.text.contains(forbidden), "{} uses {forbidden}", migration.sqlite.path);
        }
    }
}

/// Otherwise `PRAGMA integrity_check` of SQLite 3.40 may report NULL values that do not exist: it does so if the last
/// declared column is in the key and another column is not.
#[test]
fn without_rowid_tables_declare_key_columns_first() {
    let fresh = migrated_sqlite();
    let tables =
        select_strings(&fresh.connection, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND wr = 1");
    assert!(tables.iter().any(|table| table == "organization_membership_roles"), "{tables:?}");
    for table in tables {
        let keys = format!("SELECT name FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk");
        let keys = select_strings(&fresh.connection, &keys);
        let columns =
            select_strings(&fresh.connection, &format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"));
        assert_eq!(columns[..keys.len()], keys, "{table}");
        let scopes: Vec<_> = columns.iter().filter(|column| column.ends_with("scope")).collect();
        assert!(scopes.is_empty() || scopes == [&keys[0]], "the key of {table} starts with its scope: {keys:?}");
    }
}

#[test]
fn every_file_is_a_migration() {
    for engine in Engine::BOTH {
        let folder = match engine {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(folder);
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let listed =
            MIGRATIONS.iter().map(|migration| file(migration, engine).path.rsplit('/').next().unwrap().to_owned());
        assert_eq!(files.collect::<BTreeSet<_>>(), listed.collect::<BTreeSet<_>>(), "{engine:?}");
    }
}
