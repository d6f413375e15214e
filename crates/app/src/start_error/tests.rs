use std::path::PathBuf;

use super::*;

fn file() -> Place {
    Place::File("/d/v.db".into())
}

fn key() -> PathBuf {
    PathBuf::from("/d/master.key")
}

fn refused() -> io::Error {
    io::ErrorKind::PermissionDenied.into()
}

fn listen(kind: io::ErrorKind) -> StartError {
    StartError::CannotListen { address: ([127, 0, 0, 1], 80).into(), error: kind.into() }
}

/// Every error, with what it must name and what it must offer.
fn table() -> Vec<(StartError, [&'static str; 3])> {
    let database = |error| StartError::database(&file(), error);
    let url = "postgres://hall:secret@db.example/v?sslmode=verify-full";
    let server = |error| StartError::database(&Place::Postgres(Box::new(url.parse().unwrap())), error);
    let words = || "its words".to_owned();
    let moving = |error| {
        let to = Place::Postgres(Box::new(url.parse().unwrap()));
        StartError::Moving { from: file(), to, error }
    };
    vec![
        (listen(io::ErrorKind::AddrInUse), ["listen is 127.0.0.1:80,", "another program listens", "VESTIBULE_LISTEN"]),
        (listen(io::ErrorKind::PermissionDenied), ["listen", "below 1024", "--listen 127.0.0.1:8081"]),
        (listen(io::ErrorKind::AddrNotAvailable), ["listen", "does not have that address", "--listen"]),
        (listen(io::ErrorKind::Other), ["listen", "can't be done: other error", "--listen"]),
        (StartError::DatabaseFolder { folder: "/d".into(), error: refused() }, ["database", "/d", "--database"]),
        (database(OpenError::Unusable("disk full".to_owned())), ["database is /d/v.db", "disk full", "--database"]),
        (database(OpenError::Foreign), ["database is /d/v.db", "not a database of Vestibule", "--database"]),
        (database(OpenError::Newer { found: 9, known: 4 }), ["schema 9", "up to 4", "newer binary"]),
        (
            database(OpenError::MigrationChanged { file: "migrations/sqlite/0001_foundation.sql" }),
            ["database is /d/v.db", "0001_foundation.sql was changed after it was applied", "a new migration"],
        ),
        (
            server(OpenError::MigrationChanged { file: "migrations/postgres/0001_foundation.sql" }),
            ["database is postgres", "0001_foundation.sql was changed after it was applied", "--database"],
        ),
        (database(OpenError::InUse), ["database is /d/v.db", "another vestibule process", "VESTIBULE_DATABASE"]),
        (
            server(OpenError::Unreachable(words())),
            ["database is postgres://hall@db.example:5432/v", "its words", "port"],
        ),
        (server(OpenError::Login(words())), ["its words", "password", "VESTIBULE_DATABASE_PASSWORD_FILE"]),
        (server(OpenError::NoDatabase(words())), ["database is postgres", "its words", "create it"]),
        (server(OpenError::NotAllowed(words())), ["its words", "own the schema", "CREATE SCHEMA"]),
        (server(OpenError::Certificate(words())), ["its words", "verified", "sslrootcert"]),
        (server(OpenError::NoTls), ["database is postgres", "no TLS", "sslmode=disable"]),
        (server(OpenError::Standby), ["standby", "takes no writes", "host1,host2"]),
        (server(OpenError::TooOld { found: 12, oldest: 13 }), ["PostgreSQL 12", "13 or later", "--database"]),
        (server(OpenError::Foreign), ["database is postgres", "not a database of Vestibule", "--database"]),
        (
            StartError::SecretFile { setting: "database_password_file", file: "/pw".into(), error: refused() },
            ["database_password_file is /pw", "denied", "VESTIBULE_DATABASE_PASSWORD_FILE"],
        ),
        (
            StartError::Preparing { database: file(), reason: "x".to_owned() },
            ["database is /d/v.db", "x", "--database"],
        ),
        (
            StartError::KeyUnusable { key_file: key(), error: refused() },
            ["key_file is /d/master.key", "permission denied", "VESTIBULE_KEY_FILE"],
        ),
        (StartError::NotAKey { key_file: key() }, ["key_file is /d/master.key", "does not hold", "backup"]),
        (StartError::KeyOpenToOthers { key_file: key(), mode: 0o644 }, ["key_file", "0644", "chmod 600 /d/master.key"]),
        (
            StartError::KeyOfAnotherDatabase { key_file: key(), database: file() },
            ["key_file is /d/master.key", "/d/v.db", "VESTIBULE_KEY_FILE"],
        ),
        (StartError::KeyMissing { key_file: key(), database: file() }, ["key_file", "/d/v.db has data", "backup"]),
        (StartError::MailFolder { folder: "/m".into(), error: refused() }, ["mail.folder is /m", "denied", "_FOLDER"]),
        (StartError::NotADemoFolder { folder: "/etc".into() }, ["--dir is /etc", "no demo made", "vestibule-demo"]),
        (StartError::System { what: "threads", error: refused() }, ["threads", "the system", "permission denied"]),
        (StartError::Crashed { part: "the outbox worker" }, ["the outbox worker", "by itself", "report"]),
        (moving(MoveError::SourceMissing), ["--from is /d/v.db", "not there", "correct"]),
        (moving(MoveError::SourceOutdated), ["--from is /d/v.db", "older", "vestibule migrate"]),
        (moving(MoveError::SourceInUse(2)), ["--from", "2 server(s)", "end them first"]),
        (
            moving(MoveError::TargetNotEmpty("users")),
            ["--to is postgres://hall@db.example", "users has rows", "name a"],
        ),
        (moving(MoveError::Differs("users")), ["nothing was moved", "users", "report it"]),
        (moving(MoveError::Failed(vestibule_core::Code::Internal.into())), ["nothing was moved", "INTERNAL", "again"]),
        (moving(MoveError::Source(OpenError::InUse)), ["--from is /d/v.db", "a server runs on", "end that"]),
        (moving(MoveError::Source(OpenError::Foreign)), ["--from is /d/v.db", "not a database", "correct --from"]),
        (moving(MoveError::Target(OpenError::Standby)), ["--to is postgres", "standby", "primary"]),
        (moving(MoveError::Target(OpenError::Newer { found: 9, known: 2 })), ["--to is", "schema 9", "newer"]),
        (StartError::CutShort, ["ended before", "under way", "finished"]),
    ]
}

#[test]
fn every_error_names_the_setting_what_was_found_and_what_to_write() {
    for (error, words) in table() {
        let [sentence] = &error.sentences()[..] else { panic!("{error:?} is not one sentence") };
        assert!(!sentence.contains("secret"), "{sentence}");
        for word in words {
            assert!(sentence.contains(word), "{word:?} is missing: {sentence}");
        }
        assert!(!sentence.contains('\n') && !sentence.ends_with('.') && !sentence.contains("  "), "{sentence}");
    }
}

#[test]
fn every_wrong_setting_has_its_line() {
    let not_text = |variable: &str| SettingError::NotText { variable: variable.to_owned() };
    let error = StartError::Settings(vec![not_text("VESTIBULE_NAME"), not_text("VESTIBULE_LOG")]);
    assert_eq!(error.sentences().len(), 2);
    assert_eq!(error.to_string().lines().count(), 2);
}
