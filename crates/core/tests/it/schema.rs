//! The SQLite schema, and opening SQLite files.

use vestibule_core::time::Timestamp;
use vestibule_db::{MIGRATIONS, OpenError, Sqlite};

use crate::{migrated_sqlite, select_strings};

#[test]
fn every_sqlite_table_is_strict() {
    let database = migrated_sqlite();
    let not_strict = select_strings(
        &database.connection,
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite%'",
    );
    assert!(not_strict.is_empty(), "{not_strict:?}");
}

#[test]
fn every_foreign_key_has_an_index() {
    let database = migrated_sqlite();
    for table in select_strings(&database.connection, "SELECT name FROM sqlite_schema WHERE type = 'table'") {
        let keys = select_strings(
            &database.connection,
            &format!(
                "SELECT group_concat(\"from\", ',') FROM (SELECT id, \"from\" FROM pragma_foreign_key_list('{table}') ORDER BY id, seq) GROUP BY id"
            ),
        );
        // The integer that a row is stored under needs no other index.
        let row_id = format!("SELECT name FROM pragma_table_info('{table}') WHERE pk = 1 AND type = 'INTEGER'");
        let mut indexes = select_strings(&database.connection, &row_id);
        indexes.extend(select_strings(
            &database.connection,
            &format!(
                "SELECT (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno)) FROM pragma_index_list('{table}') l"
            ),
        ));
        for key in keys {
            let columns: Vec<_> = key.split(',').collect();
            let backed = indexes.iter().any(|index| {
                let index: Vec<_> = index.split(',').take(columns.len()).collect();
                columns.iter().all(|column| index.contains(column))
            });
            assert!(backed, "{table} ({key}) has no index: deleting a referenced row would scan the whole table");
        }
    }
}

#[test]
fn check_constraints_accept_only_known_values() {
    let database = migrated_sqlite();
    let connection = &database.connection;
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    let invitation =
        "INSERT INTO invitations (id, organization_id, email, email_key, status, generation, role_scope, role_id,
         workspace_scope, delivery, delivery_at, expires_at, created_at, updated_at)
         VALUES (1, 1, '', '', ?1, 1, 0, 1, 0, ?2, 0, 0, 0, 0)";
    let job =
        "INSERT INTO outbox (id, kind, is_urgent, invitation_id, attempt_id, notice_id, user_id, generation, state,
                                   due_at, created_at)
         VALUES (1, ?1, ?1 IN ('attempt', 'notice'), CASE WHEN ?1 IN ('invitation', 'reminder', 'renewal_denied') THEN 1 END,
                 CASE ?1 WHEN 'attempt' THEN 1 END, CASE ?1 WHEN 'notice' THEN 1 END,
                 CASE WHEN ?1 NOT IN ('invitation', 'reminder', 'renewal_denied', 'attempt', 'notice') THEN 1 END, 1, 'waiting', 0, 0)";
    let write = |statement: &str, table: &str, values: &[&str]| {
        let written = connection.execute(statement, rusqlite::params_from_iter(values));
        connection.execute(&format!("DELETE FROM {table}"), []).unwrap();
        written.map_err(|error| error.to_string())
    };
    for status in ["pending", "accepted", "discarded", "declined"] {
        assert_eq!(write(invitation, "invitations", &[status, "queued"]), Ok(1), "{status}");
    }
    for delivery in ["queued", "sent", "deferred", "failed", "bounced", "not_sent"] {
        assert_eq!(write(invitation, "invitations", &["pending", delivery]), Ok(1), "{delivery}");
    }
    let more = ["join_requests", "accepted", "declined", "request_approved", "request_denied", "renewal_denied"];
    let more = more.into_iter().chain(["webhooks_disabled", "connection_changed", "connection_secret", "sso_bypassed"]);
    for kind in ["invitation", "reminder", "attempt", "notice", "removed", "handover"].into_iter().chain(more) {
        assert_eq!(write(job, "outbox", &[kind]), Ok(1), "{kind}");
    }
    let refused = [
        write(invitation, "invitations", &["lost", "queued"]),
        write(invitation, "invitations", &["pending", "lost"]),
        write(job, "outbox", &["lost"]),
    ];
    for refused in refused {
        assert!(refused.unwrap_err().starts_with("CHECK constraint failed"));
    }
    assert_eq!(select_strings(connection, "PRAGMA integrity_check"), ["ok"]);
}

#[test]
fn migration_versions_have_no_gaps() {
    let versions = MIGRATIONS.iter().map(|migration| migration.version);
    assert!(versions.zip(1..).all(|(version, expected)| version == expected));
}

#[test]
fn refuses_foreign_sqlite_file() {
    let folder = tempfile::tempdir().unwrap();
    let now = Timestamp::from_microseconds(0);
    let foreign = folder.path().join("foreign.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE things (id INTEGER)").unwrap();
    assert!(matches!(Sqlite::open(&foreign, now), Err(OpenError::Foreign)));
    let text = folder.path().join("text.db");
    std::fs::write(&text, "not a database, but as long as a database header".repeat(100)).unwrap();
    assert!(matches!(Sqlite::open(&text, now), Err(OpenError::Foreign)));
}

#[test]
fn refuses_newer_sqlite_file_and_file_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let (path, now) = (folder.path().join("newer.db"), Timestamp::from_microseconds(0));
    let open = Sqlite::open(&path, now).unwrap();
    assert!(matches!(Sqlite::open(&path, now), Err(OpenError::InUse)));
    drop(open);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute("INSERT INTO schema_migrations VALUES (999, 'tomorrow', '', 0)", []).unwrap();
    drop(connection);
    assert!(matches!(Sqlite::open(&path, now), Err(OpenError::Newer { found: 999, .. })));
}

/// A new language is a folder of `i18n/`, not a migration.
#[test]
fn no_check_lists_languages() {
    let tables = select_strings(
        &migrated_sqlite().connection,
        "SELECT name FROM sqlite_schema WHERE instr(sql, 'anguage IN') > 0",
    );
    assert!(tables.is_empty(), "{tables:?}");
}
