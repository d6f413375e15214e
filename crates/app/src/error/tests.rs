use std::path::PathBuf;

use vestibule_core::password::BreachedFileError;

use super::*;
use crate::secret_file::SecretFileError;

fn file() -> DatabaseLocation {
    DatabaseLocation::File("/d/v.db".into())
}

fn key() -> PathBuf {
    PathBuf::from("/d/master.key")
}

fn permission_denied() -> io::Error {
    io::ErrorKind::PermissionDenied.into()
}

fn secret_file(error: SecretFileError) -> AppError {
    AppError::SecretFile { setting: "database_password_file".into(), file: "/pw".into(), error }
}

fn listen(kind: io::ErrorKind) -> AppError {
    AppError::CannotListen { address: ([127, 0, 0, 1], 80).into(), error: kind.into() }
}

const POSTGRES_URL: &str = "postgres://hall:secret@db.example/v?sslmode=verify-full";

/// Every error, and the words that its message must contain: the setting, what was found, and the remedy.
fn errors_and_words() -> Vec<(AppError, [&'static str; 3])> {
    let database = |error| AppError::database(&file(), error);
    let server =
        |error| AppError::database(&DatabaseLocation::Postgres(Box::new(POSTGRES_URL.parse().unwrap())), error);
    let reason = || "the reason".to_owned();
    vec![
        (
            listen(io::ErrorKind::AddrInUse),
            ["listen is 127.0.0.1:80,", "another program is listening", "VESTIBULE_LISTEN"],
        ),
        (listen(io::ErrorKind::PermissionDenied), ["listen", "below 1024", "--listen 127.0.0.1:8081"]),
        (listen(io::ErrorKind::AddrNotAvailable), ["listen", "does not have that address", "--listen"]),
        (listen(io::ErrorKind::Other), ["listen", "failed: other error", "--listen"]),
        (AppError::DatabaseDir { dir: "/d".into(), error: permission_denied() }, ["database", "/d", "--database"]),
        (database(OpenError::Unusable("disk full".to_owned())), ["database is /d/v.db", "disk full", "--database"]),
        (database(OpenError::Foreign), ["database is /d/v.db", "not a Vestibule database", "--database"]),
        (
            database(OpenError::MigrationChanged { file: "migrations/sqlite/0001_foundation.sql" }),
            ["database is /d/v.db", "0001_foundation.sql was changed after it was applied", "a new migration"],
        ),
        (database(OpenError::Newer { found: 9, known: 4 }), ["version 9", "up to 4", "newer binary"]),
        (
            database(OpenError::InUse),
            ["database is /d/v.db", "another vestibule process has locked", "VESTIBULE_DATABASE"],
        ),
        (
            server(OpenError::Unreachable(reason())),
            ["database is postgres://hall@db.example:5432/v", "the reason", "port"],
        ),
        (server(OpenError::Login(reason())), ["the reason", "password", "VESTIBULE_DATABASE_PASSWORD_FILE"]),
        (server(OpenError::NoDatabase(reason())), ["database is postgres", "the reason", "create the database"]),
        (server(OpenError::NotAllowed(reason())), ["the reason", "owner of the schema", "CREATE SCHEMA"]),
        (server(OpenError::Certificate(reason())), ["the reason", "verified", "sslrootcert"]),
        (server(OpenError::NoTls), ["database is postgres", "not support TLS", "sslmode=disable"]),
        (server(OpenError::Standby), ["standby", "read-only", "host1,host2"]),
        (server(OpenError::TooOld { found: 12, oldest: 13 }), ["PostgreSQL 12", "13 or later", "--database"]),
        (server(OpenError::Foreign), ["database is postgres", "not a Vestibule database", "--database"]),
        (
            secret_file(SecretFileError::Unreadable(permission_denied())),
            ["database_password_file is /pw", "denied", "VESTIBULE_DATABASE_PASSWORD_FILE"],
        ),
        (
            AppError::DatabaseSetup { database: file(), reason: "x".to_owned() },
            ["database is /d/v.db", "x", "--database"],
        ),
        (
            AppError::KeyUnusable { key_file: key(), error: permission_denied() },
            ["key_file is /d/master.key", "permission denied", "VESTIBULE_KEY_FILE"],
        ),
        (AppError::InvalidKey { key_file: key() }, ["key_file is /d/master.key", "does not contain", "backup"]),
        (
            AppError::KeyExposed { key_file: key(), exposure: Exposure { mode: 0o644, owner: 1000 } },
            ["key_file is /d/master.key", "0644", "chmod 600"],
        ),
        (
            AppError::WrongKey { key_file: key(), database: file() },
            ["key_file is /d/master.key", "/d/v.db", "VESTIBULE_KEY_FILE"],
        ),
        (AppError::KeyMissing { key_file: key(), database: file() }, ["key_file", "/d/v.db has data", "backup"]),
        (
            AppError::MailDir { dir: "/m".into(), error: permission_denied() },
            ["mail.file_dir is /m", "denied", "VESTIBULE_MAIL_FILE_DIR"],
        ),
        (
            AppError::System { action: "start threads", error: permission_denied() },
            ["cannot", "start threads", "permission denied"],
        ),
        (AppError::Crashed { part: "outbox worker" }, ["the outbox worker", "stopped unexpectedly", "report"]),
        (AppError::ShutdownAborted, ["shutdown", "aborted", "in progress"]),
    ]
}

fn pooler_errors_and_words() -> Vec<(AppError, [&'static str; 3])> {
    let server = |error| AppError::PostgresServer {
        database: DatabaseLocation::Postgres(Box::new(POSTGRES_URL.parse().unwrap())),
        error,
    };
    vec![
        (server(OpenError::SharedSession), ["connection pooler", "pool_mode = session", "PgBouncer"]),
        (server(OpenError::StartupParameter("the reason".into())), ["pooler", "the reason", "ALTER ROLE"]),
        (server(OpenError::SearchPathIgnored), ["pooler", "ignores the search_path", "ALTER ROLE"]),
    ]
}

fn demo_errors_and_words() -> Vec<(AppError, [&'static str; 3])> {
    vec![
        (AppError::NotADemoDir { dir: "/etc".into() }, ["--dir is /etc", "no demo created", "vestibule-demo"]),
        (
            AppError::DemoAtUnixSocket { path: "/run/v.sock".into() },
            ["--listen is unix:/run/v.sock", "listens on a port", "--listen 127.0.0.1:8080"],
        ),
    ]
}

fn file_errors_and_words() -> Vec<(AppError, [&'static str; 3])> {
    vec![
        (
            AppError::BreachedFile { file: "/hibp".into(), error: BreachedFileError::NotSorted(53) },
            ["passwords.breached_file is /hibp", "at byte 53", "VESTIBULE_PASSWORDS_BREACHED_FILE"],
        ),
        (
            AppError::CaFile { file: "/ca.pem".into(), reason: "has no certificate in PEM format".to_owned() },
            ["http_client.ca_file is /ca.pem, which has no certificate", "PEM", "VESTIBULE_HTTP_CLIENT_CA_FILE"],
        ),
    ]
}

fn copy_errors_and_words() -> Vec<(AppError, [&'static str; 3])> {
    let copying = |error| {
        let to = DatabaseLocation::Postgres(Box::new(POSTGRES_URL.parse().unwrap()));
        AppError::CopyDatabase { from: file(), to, error }
    };
    vec![
        (copying(CopyError::SourceMissing), ["--from is /d/v.db", "does not exist", "correct"]),
        (copying(CopyError::SourceOutdated), ["--from is /d/v.db", "pending migrations", "vestibule migrate"]),
        (copying(CopyError::SourceInUse(2)), ["--from", "2 server process(es)", "stop them first"]),
        (
            copying(CopyError::TargetNotEmpty("users")),
            ["--to is postgres://hall@db.example", "users has rows", "choose an"],
        ),
        (copying(CopyError::Differs("users")), ["nothing was copied", "users", "report"]),
        (
            copying(CopyError::Failed(vestibule_db::Error::internal("the reason"))),
            ["nothing was copied", "the reason", "again"],
        ),
        (copying(CopyError::Source(OpenError::InUse)), ["--from is /d/v.db", "a running server", "stop the server"]),
        (
            copying(CopyError::Source(OpenError::Foreign)),
            ["--from is /d/v.db", "not a Vestibule database", "correct --from"],
        ),
        (copying(CopyError::Target(OpenError::Standby)), ["--to is postgres", "standby", "primary"]),
        (copying(CopyError::Target(OpenError::Newer { found: 9, known: 2 })), ["--to is", "version 9", "newer"]),
    ]
}

fn operator_errors_and_words() -> Vec<(AppError, [&'static str; 3])> {
    let socket = |error| AppError::OperatorSocket { path: "/d/v.db.sock".into(), error };
    let connection =
        |kind: io::ErrorKind| AppError::ServerConnection { socket: "/d/v.db.sock".into(), error: kind.into() };
    vec![
        (
            socket(SocketError::PathTooLong),
            ["operator_socket is /d/v.db.sock", "longer than", "VESTIBULE_OPERATOR_SOCKET"],
        ),
        (
            socket(SocketError::DirWritableByOthers("/d".into())),
            ["operator_socket is", "every user can write", "chmod o-w /d"],
        ),
        (socket(SocketError::NotASocket), ["operator_socket is", "not a socket", "VESTIBULE_OPERATOR_SOCKET"]),
        (socket(SocketError::InUse), ["operator_socket is", "another server", "VESTIBULE_OPERATOR_SOCKET"]),
        (socket(SocketError::Io(permission_denied())), ["operator_socket is", "permission denied", "another path"]),
        (connection(io::ErrorKind::PermissionDenied), ["/d/v.db.sock", "permission denied", "as root"]),
        (connection(io::ErrorKind::TimedOut), ["/d/v.db.sock", "did not answer in time", "vestibule users show"]),
        (connection(io::ErrorKind::UnexpectedEof), ["/d/v.db.sock", "failed", "the server's log"]),
        (
            AppError::ServerUnreachable { database: file(), socket: Some("/d/v.db.sock".into()) },
            ["database is /d/v.db", "does not listen at /d/v.db.sock", "stop the server"],
        ),
        (
            AppError::ServerUnreachable { database: file(), socket: None },
            ["database is /d/v.db", "operator_socket is empty", "VESTIBULE_OPERATOR_SOCKET"],
        ),
        (AppError::DatabaseMissing { database: file() }, ["database is /d/v.db", "does not exist", "--database"]),
        (
            AppError::database(&file(), OpenError::Outdated { pending: 2 }),
            ["database is /d/v.db", "lacks 2 migration(s)", "vestibule migrate"],
        ),
    ]
}

#[test]
fn refusals_end_with_the_code_and_their_own_exit_code() {
    let refused = |code: vestibule_core::Code| AppError::Refused(Failure::from_problem(&code.into()));
    let missing = refused(vestibule_core::Code::UserNotFound);
    assert!(missing.to_string().starts_with("USER_NOT_FOUND: "));
    assert_eq!(missing.exit_code(), 3);
    assert_eq!(refused(vestibule_core::Code::JobNotFound).exit_code(), 3);
    assert_eq!(refused(vestibule_core::Code::Busy).exit_code(), 1);
    assert_eq!(AppError::ShutdownAborted.exit_code(), 1);
}

#[test]
fn messages_name_setting_finding_and_remedy() {
    let cases = [
        errors_and_words(),
        pooler_errors_and_words(),
        demo_errors_and_words(),
        file_errors_and_words(),
        copy_errors_and_words(),
        operator_errors_and_words(),
    ];
    for (error, words) in cases.into_iter().flatten() {
        let [message] = &error.messages()[..] else { panic!("{error:?} is not one message") };
        assert!(!message.contains("secret"), "{message}");
        for word in words {
            assert!(message.contains(word), "{word:?} is missing: {message}");
        }
        assert!(!message.contains('\n') && !message.ends_with('.') && !message.contains("  "), "{message}");
    }
}

#[test]
fn settings_errors_have_one_message_each() {
    let not_utf8 = |variable: &str| SettingError::NotUtf8 { variable: variable.to_owned() };
    let error = AppError::Settings(vec![not_utf8("VESTIBULE_NAME"), not_utf8("VESTIBULE_LOG")]);
    assert_eq!(error.messages().len(), 2);
    assert_eq!(error.to_string().lines().count(), 2);
}
