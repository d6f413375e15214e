//! `vestibule keys` beside a running server: on SQLite through its socket, on PostgreSQL in the database.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use vestibule_testbed::{Database, Engine};

use crate::server::{Printed, Response, Server, fresh_dir, send_request_with, vestibule};

/// A server with both listeners, and its settings.
struct Setup {
    server: Server,
    platform: String,
    dir: PathBuf,
    database: String,
}

impl Setup {
    fn on_sqlite(name: &str) -> Self {
        let dir = fresh_dir(name);
        let database = dir.join("v.db").to_str().unwrap().to_owned();
        Self::on(dir, database)
    }

    fn on(dir: PathBuf, database: String) -> Self {
        let mut serve = command(&dir, &["--listen", "127.0.0.1:0", "--database", &database]);
        serve.env("VESTIBULE_PLATFORM_LISTEN", "127.0.0.1:0");
        let (server, lines) = Server::spawn(&mut serve, "Mail: written to files");
        let platform = lines.iter().find_map(|line| line.strip_prefix("API for backends: http://"));
        Self { platform: platform.unwrap().to_owned(), server, dir, database }
    }

    fn run(&self, arguments: &[&str]) -> Printed {
        self.run_with_listener(arguments, Some("127.0.0.1:8081"))
    }

    /// Runs a command whose settings have this address of the API.
    fn run_with_listener(&self, arguments: &[&str], listen: Option<&str>) -> Printed {
        let arguments = [arguments, &["--database", &self.database]].concat();
        let mut command = command(&self.dir, &arguments);
        command.envs(listen.map(|listen| ("VESTIBULE_PLATFORM_LISTEN", listen)));
        Printed::from_command(&mut command)
    }

    /// Runs a command that succeeds with `--json`.
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        let printed = self.run(&[arguments, &["--json"]].concat());
        assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""), "{arguments:?}: {}", printed.stdout);
        serde_json::from_str(&printed.stdout).unwrap()
    }

    fn call(&self, key: &str, request: &str) -> Response {
        let header = format!("Authorization: Bearer {key}\r\n");
        send_request_with(&self.platform, request, &header, "").unwrap()
    }

    fn status(&self, key: &str) -> u16 {
        self.call(key, "GET /keys").status
    }
}

/// The settings that server and commands share.
fn command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = vestibule(arguments);
    command.env("VESTIBULE_KEY_FILE", dir.join("master.key")).env("VESTIBULE_MAIL_FILE_DIR", dir.join("mail"));
    command
}

/// The behaviour that both engines share.
fn create_rotate_and_revoke(setup: &Setup) {
    let created = setup.run(&["keys", "create", "--name", "Billing", "--scopes", "members:write,keys:read"]);
    assert_eq!(created.code, Some(0), "{}", created.stderr);
    let key = created.stdout.strip_suffix('\n').unwrap();
    assert!(key.starts_with("vst_live_sk_") && !key.contains(char::is_whitespace), "only the key is on stdout: {key}");
    assert!(
        created.stderr.contains("(Billing): members:write keys:read. It is not shown again."),
        "{}",
        created.stderr
    );
    assert!(!created.stderr.contains(key), "{}", created.stderr);
    assert_eq!(setup.status(key), 200, "the server knows the key at once");

    let listed = setup.json(&["keys", "list"]);
    let [listed] = listed.as_array().unwrap().as_slice() else { panic!("{listed}") };
    let id = listed["id"].as_str().unwrap();
    assert!(key.starts_with(listed["prefix"].as_str().unwrap()) && !listed.to_string().contains(key), "{listed}");
    assert_eq!((&listed["expires_at"], &listed["revoked_at"]), (&Value::Null, &Value::Null));
    let table = setup.run(&["keys", "list"]).stdout;
    assert!(table.contains("Billing") && table.contains("valid") && !table.contains(key), "{table}");

    let rotated = setup.json(&["keys", "rotate", id, "--grace", "2h"]);
    let new = rotated["secret"].as_str().unwrap();
    assert_eq!(rotated["id"], id);
    assert_eq!((setup.status(key), setup.status(new)), (200, 200), "both work in the grace period");
    let rotated = setup.run(&["keys", "rotate", id, "--grace", "0s"]);
    let newest = rotated.stdout.trim_end();
    assert_eq!((setup.status(key), setup.status(new), setup.status(newest)), (401, 401, 200));

    let revoked = setup.run(&["keys", "revoke", id]);
    assert_eq!((revoked.code, revoked.stdout.as_str()), (Some(0), format!("Revoked key {id}\n").as_str()));
    assert_eq!(setup.status(newest), 401);
    let refused = setup.call(newest, "GET /keys");
    assert!(
        refused.body.contains("API_KEY_INVALID") && refused.head.contains("www-authenticate: Bearer"),
        "{refused:?}"
    );
    assert!(setup.run(&["keys", "list"]).stdout.contains("revoked"));
}

#[test]
fn keys_are_created_rotated_and_revoked_through_the_socket_of_a_server_on_sqlite() {
    let setup = Setup::on_sqlite("keys-sqlite");
    create_rotate_and_revoke(&setup);
    setup.server.stop();
}

#[test]
fn keys_are_created_rotated_and_revoked_in_the_database_on_postgres() {
    let database = Database::create_on(Engine::Postgres);
    let setup = Setup::on(fresh_dir("keys-postgres"), database.url());
    create_rotate_and_revoke(&setup);
    setup.server.stop();
}

#[test]
fn keys_expire() {
    let setup = Setup::on_sqlite("keys-expire");
    let created = setup.json(&["keys", "create", "--name", "Short", "--scopes", "*", "--expires", "90d"]);
    assert_eq!(created["scopes"], "*");
    let listed = setup.json(&["keys", "list"]);
    let expires_at = listed[0]["expires_at"].as_str().unwrap();
    assert!(expires_at > listed[0]["created_at"].as_str().unwrap(), "{listed}");
    assert!(setup.run(&["keys", "list"]).stdout.contains(&format!("until {expires_at}")));
    for lifetime in ["59s", "3651d", "soon", "0"] {
        let printed = setup.run(&["keys", "create", "--name", "Short", "--scopes", "*", "--expires", lifetime]);
        assert_eq!((printed.code, printed.stdout.as_str()), (Some(2), ""), "{lifetime}: {}", printed.stderr);
    }
}

#[test]
fn invalid_scopes_names_and_organizations_create_no_key() {
    let setup = Setup::on_sqlite("keys-invalid");
    for (scopes, message) in
        [("members:delete", "\"members:delete\" is no scope; use *, users:read"), ("", "is no scope")]
    {
        let printed = setup.run(&["keys", "create", "--name", "Billing", "--scopes", scopes]);
        assert_eq!((printed.code, printed.stdout.as_str()), (Some(2), ""), "{scopes}");
        assert!(printed.stderr.contains(message), "{}", printed.stderr);
    }
    let printed = setup.run(&["keys", "create", "--name", " ", "--scopes", "*"]);
    assert_eq!(printed.code, Some(2), "{}", printed.stderr);
    let unknown = ["keys", "create", "--name", "Billing", "--scopes", "*", "--organization", "1"];
    let printed = setup.run(&unknown);
    assert_eq!((printed.code, printed.stdout.as_str()), (Some(3), ""), "{}", printed.stderr);
    assert!(printed.stderr.contains("ORGANIZATION_NOT_FOUND"), "{}", printed.stderr);
    assert_eq!(setup.json(&["keys", "list"]), Value::Array(Vec::new()));
    let empty = setup.run(&["keys", "list"]).stdout;
    assert!(empty.starts_with("No API keys. Create one with: vestibule keys create"), "{empty}");
}

#[test]
fn unknown_keys_have_an_exit_code_of_their_own() {
    let setup = Setup::on_sqlite("keys-unknown");
    for arguments in [&["keys", "rotate", "1"][..], &["keys", "revoke", "1"], &["keys", "revoke", "1", "--json"]] {
        let printed = setup.run(arguments);
        assert_eq!((printed.code, printed.stdout.as_str()), (Some(3), ""), "{arguments:?}: {}", printed.stderr);
        assert!(printed.stderr.contains("API_KEY_NOT_FOUND"), "{}", printed.stderr);
    }
    for arguments in [&["keys", "rotate", "first"][..], &["keys", "rotate", "1", "--grace", "31d"], &["keys"]] {
        assert_eq!(setup.run(arguments).code, Some(2), "{arguments:?}");
    }
}

#[test]
fn create_says_how_to_switch_the_api_on() {
    let setup = Setup::on_sqlite("keys-hint");
    let create = ["keys", "create", "--name", "Billing", "--scopes", "*"];
    let off = setup.run_with_listener(&create, None);
    assert!(off.stderr.contains("platform.listen = \"127.0.0.1:8081\""), "{}", off.stderr);
    assert_eq!(off.stdout.lines().count(), 1, "the note is on stderr: {}", off.stdout);
    let on = setup.run_with_listener(&create, Some("127.0.0.1:8081"));
    assert!(!on.stderr.contains("platform.listen"), "{}", on.stderr);
}

#[test]
fn the_log_names_the_key_and_never_shows_it() {
    let mut setup = Setup::on_sqlite("keys-log");
    let created = setup.json(&["keys", "create", "--name", "Billing", "--scopes", "members:read"]);
    let (id, key) = (created["id"].as_str().unwrap().to_owned(), created["secret"].as_str().unwrap().to_owned());
    assert_eq!(setup.status(&key), 403);
    let mistyped = format!("{key}x");
    assert_eq!(setup.status(&mistyped), 401);
    setup.server.signal("-TERM");
    let (code, log) = setup.server.wait();
    assert_eq!(code, Some(0), "{log}");
    let completed = log.lines().find(|line| line.contains("request completed") && line.contains("status=403"));
    let completed = completed.unwrap_or_else(|| panic!("{log}"));
    assert!(completed.contains("api=\"platform\"") && completed.contains("route=\"/keys\""), "{completed}");
    assert!(log.lines().any(|line| line.contains("vestibule::security") && line.contains(&id)), "{log}");
    let secret = key.strip_prefix("vst_live_sk_").unwrap();
    assert!(!log.contains(secret) && !log.contains(&secret[16..]), "{log}");
}
