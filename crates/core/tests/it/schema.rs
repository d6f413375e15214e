//! What holds for every table.

use vestibule_core::db::{MIGRATIONS, OpenError, Sqlite};
use vestibule_core::time::Timestamp;

use crate::{fresh, names};

#[test]
fn every_table_is_strict() {
    let fresh = fresh();
    let loose = names(
        &fresh.connection,
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite%'",
    );
    assert!(loose.is_empty(), "{loose:?}");
}

#[test]
fn every_foreign_key_is_backed_by_an_index() {
    let fresh = fresh();
    for table in names(&fresh.connection, "SELECT name FROM sqlite_schema WHERE type = 'table'") {
        let keys = names(
            &fresh.connection,
            &format!(
                "SELECT group_concat(\"from\", ',') FROM (SELECT id, \"from\" FROM pragma_foreign_key_list('{table}') ORDER BY id, seq) GROUP BY id"
            ),
        );
        let indexes = names(
            &fresh.connection,
            &format!(
                "SELECT (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno)) FROM pragma_index_list('{table}') l"
            ),
        );
        for key in keys {
            let columns: Vec<_> = key.split(',').collect();
            let backed = indexes.iter().any(|index| {
                let index: Vec<_> = index.split(',').take(columns.len()).collect();
                columns.iter().all(|column| index.contains(column))
            });
            assert!(backed, "{table} ({key}) has no index: deleting what it points at would read the whole table");
        }
    }
}

/// These checks are written as several short lists, for speed.
#[test]
fn checks_accept_the_listed_values_only() {
    let fresh = fresh();
    let connection = &fresh.connection;
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    let invitation =
        "INSERT INTO invitations (id, organization_id, email, email_key, status, generation, role_scope, role_id,
         workspace_scope, delivery, delivery_at, expires_at, created_at, updated_at)
         VALUES (1, 1, '', '', ?1, 1, 0, 1, 0, ?2, 0, 0, 0, 0)";
    let job = "INSERT INTO outbox (id, kind, invitation_id, attempt_id, user_id, generation, state, due_at, created_at)
         VALUES (1, ?1, CASE WHEN ?1 IN ('invitation', 'reminder') THEN 1 END, CASE ?1 WHEN 'attempt' THEN 1 END,
                 CASE WHEN ?1 IN ('removed', 'handover') THEN 1 END, 1, 'waiting', 0, 0)";
    let write = |statement: &str, table: &str, given: &[&str]| {
        let written = connection.execute(statement, rusqlite::params_from_iter(given));
        connection.execute(&format!("DELETE FROM {table}"), []).unwrap();
        written.map_err(|error| error.to_string())
    };
    for status in ["pending", "accepted", "discarded", "declined"] {
        assert_eq!(write(invitation, "invitations", &[status, "queued"]), Ok(1), "{status}");
    }
    for delivery in ["queued", "sent", "deferred", "failed", "bounced", "not_sent"] {
        assert_eq!(write(invitation, "invitations", &["pending", delivery]), Ok(1), "{delivery}");
    }
    for kind in ["invitation", "reminder", "attempt", "removed", "handover"] {
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
    assert_eq!(names(connection, "PRAGMA integrity_check"), ["ok"]);
}

#[test]
fn migrations_count_from_one_without_gaps() {
    let versions = MIGRATIONS.iter().map(|migration| migration.version);
    assert!(versions.zip(1..).all(|(version, place)| version == place));
}

#[test]
fn a_database_of_somebody_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let now = Timestamp::from_microseconds(0);
    let foreign = folder.path().join("foreign.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE things (id INTEGER)").unwrap();
    assert!(matches!(Sqlite::open(&foreign, now), Err(OpenError::Foreign)));
    let text = folder.path().join("text.db");
    std::fs::write(&text, "not a database, but long enough to look at".repeat(100)).unwrap();
    assert!(matches!(Sqlite::open(&text, now), Err(OpenError::Foreign)));
}

#[test]
fn a_newer_database_is_refused_and_one_in_use_is_not_shared() {
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
