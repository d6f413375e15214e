//! The operator commands while the server runs: on SQLite through its socket, on PostgreSQL in the database.

mod socket;

use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use vestibule_testbed::{Database, Engine};

use crate::server::{Response, Server, fresh_dir, run, send_request, vestibule};

const ADA: &str = "ada@example.com";

/// A server with one user, Ada, whose address is not verified.
struct Setup {
    server: Server,
    dir: PathBuf,
    database: String,
    cookie: String,
    id: String,
}

/// The settings that server and commands share.
fn command(dir: &Path, arguments: &[&str]) -> std::process::Command {
    let mut command = vestibule(arguments);
    command.env("VESTIBULE_KEY_FILE", dir.join("master.key")).env("VESTIBULE_MAIL_FILE_DIR", dir.join("mail"));
    command
}

fn start_server(dir: &Path, database: &str) -> Server {
    let mut serve = command(dir, &["--listen", "127.0.0.1:0", "--database", database]);
    Server::spawn(&mut serve, "Mail: written to files").0
}

fn sign_in(host: &str) -> Response {
    let form = "email=ada%40example.com&password=open-sesame-42";
    send_request(host, "POST /auth/signin", None, form).unwrap()
}

impl Setup {
    fn on_sqlite(name: &str) -> Self {
        let dir = fresh_dir(name);
        let database = dir.join("v.db").to_str().unwrap().to_owned();
        Self::on(dir, database)
    }

    fn on(dir: PathBuf, database: String) -> Self {
        let server = start_server(&dir, &database);
        let host = server.host();
        let form = "email=ada%40example.com&password=open-sesame-42&first_name=Ada&last_name=L";
        let signed_up = send_request(host, "POST /auth/signup", None, form).unwrap();
        let cookie = signed_up.session().unwrap().to_owned();
        let me = send_request(host, "GET /me", Some(&cookie), "").unwrap();
        let id = me.text("id").to_owned();
        Self { server, dir, database, cookie, id }
    }

    fn socket(&self) -> PathBuf {
        self.dir.join("v.db.sock")
    }

    /// Runs a command with the settings of the server. Returns exit code, stdout and stderr.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let arguments = [arguments, &["--database", &self.database]].concat();
        let output = command(&self.dir, &arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    /// Runs a command that succeeds and prints no error. Without a server the command itself writes the security log.
    fn ok(&self, arguments: &[&str]) -> String {
        let (code, stdout, stderr) = self.run(arguments);
        let errors: Vec<_> = stderr.lines().filter(|line| !line.contains(" vestibule::security: ")).collect();
        assert_eq!((code, errors), (Some(0), Vec::new()), "{arguments:?}: {stdout}");
        stdout
    }

    fn status(&self, cookie: &str) -> u16 {
        send_request(self.server.host(), "GET /me", Some(cookie), "").unwrap().status
    }
}

/// The behaviour that both engines share.
fn disable_and_enable(setup: &Setup) {
    let Setup { id, cookie, .. } = setup;
    let host = setup.server.host();
    assert_eq!(setup.status(cookie), 200);
    let preview = setup.ok(&["users", "disable", "--dry-run", id]);
    assert!(preview.starts_with(&format!("Would disable user {id} and end 1 sign-in")), "{preview}");
    assert_eq!(setup.status(cookie), 200);
    let disabled = setup.ok(&["users", "disable", id]);
    assert!(disabled.starts_with(&format!("Disabled user {id} and ended 1 sign-in\n")), "{disabled}");
    assert!(
        disabled.contains("Session tokens that backends hold work until they expire, for at most 30 s"),
        "{disabled}"
    );
    assert_eq!(setup.status(cookie), 401);
    let refused = sign_in(host);
    assert!(refused.status == 403 && refused.body.contains("USER_DISABLED"), "{refused:?}");
    assert!(
        setup.ok(&["users", "disable", id]).starts_with(&format!("User {id} is disabled already; ended 0 sign-ins"))
    );
    assert!(setup.ok(&["users", "list", "--disabled"]).contains(id), "reads what the server has committed");
    let json = setup.ok(&["users", "disable", "--json", id]);
    assert!(json.contains("\"was_disabled\": true") && json.contains("\"dry_run\": false"), "{json}");

    assert!(setup.ok(&["users", "enable", id]).contains("can sign in again"));
    assert!(setup.ok(&["users", "enable", id]).contains("enabled already"));
    let cookie = sign_in(host).session().unwrap().to_owned();
    assert!(setup.ok(&["users", "sign-out", id]).starts_with("Ended 1 sign-in of user"));
    assert_eq!(setup.status(&cookie), 401);
    let cookie = sign_in(host).session().unwrap().to_owned();
    // The address is not verified, so the user could not get a code for a new password.
    let (code, _, stderr) = setup.run(&["users", "reset-password", id]);
    assert!(code == Some(1) && stderr.contains("NO_ALTERNATIVE_AUTH_METHOD"), "{stderr}");
    assert!(stderr.contains(&format!("vestibule users disable {id}")), "{stderr}");
    assert_eq!(setup.status(&cookie), 200);

    let shown = setup.ok(&["users", "show", id]);
    assert!(shown.contains("\nSecond factors\nPolicy:        none\nAuthenticator: none\n"), "{shown}");
    let reset = setup.ok(&["users", "reset-second-factors", id]);
    assert_eq!(reset, format!("User {id} has no second factor; nothing was changed\n"));
    let (code, _, stderr) = setup.run(&["users", "cancel-second-factor-reset", id]);
    assert!(code == Some(3) && stderr.contains("SECOND_FACTOR_RESET_NOT_FOUND"), "{stderr}");
    assert_eq!(setup.status(&cookie), 200);

    for arguments in
        [["users", "disable", "1"], ["users", "show", "1"], ["users", "show", ADA], ["organizations", "show", "1"]]
    {
        let (code, stdout, stderr) = setup.run(&arguments);
        assert_eq!((code, stdout.as_str()), (Some(3), ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains("_NOT_FOUND: "), "{stderr}");
    }
    assert!(setup.run(&["users", "show", ADA]).2.contains(id), "names who has the address without proof");
    for arguments in
        [&["users", "show", "ada"][..], &["users", "list", "--limit", "0"], &["users", "list", "--after", "x"]]
    {
        assert_eq!(setup.run(arguments).0, Some(2), "{arguments:?}");
    }
}

#[test]
fn users_are_disabled_through_the_socket_of_a_server_on_sqlite() {
    let setup = Setup::on_sqlite("operators-sqlite");
    let socket = std::fs::symlink_metadata(setup.socket()).unwrap();
    assert!(socket.file_type().is_socket());
    assert_eq!(socket.mode() & 0o777, 0o600);
    disable_and_enable(&setup);
    let dir = setup.dir.clone();
    let socket = setup.socket();
    setup.server.stop();
    assert!(!socket.exists(), "removed at shutdown");
    assert!(dir.join("v.db").exists());
}

#[test]
fn users_are_disabled_in_the_database_on_postgres() {
    let database = Database::create_on(Engine::Postgres);
    let setup = Setup::on(fresh_dir("operators-postgres"), database.url());
    disable_and_enable(&setup);
    assert!(!setup.dir.join("v.db.sock").exists());
    setup.server.stop();
    assert_eq!(database.count("SELECT COUNT(*) FROM nodes"), 0, "no command keeps a node number");
}

#[test]
fn second_factors_are_reset_at_once_or_after_a_delay() {
    let database = Database::create_on(Engine::Postgres);
    let setup = Setup::on(fresh_dir("operators-factors"), database.url());
    let id = &setup.id;
    let add_passkey = || {
        database.execute(&format!(
            "INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, name, transports, backup_eligible,
                                   backed_up, created_at, updated_at)
             VALUES (1, {id}, '\\x01', '\\x01', 0, 'Pixel 9', '', 0, 0, 1, 1)"
        ));
        let factors = "second_factors = 2, second_factor_policy = 'enforced'";
        database.execute(&format!("UPDATE users SET {factors} WHERE id = {id}"));
    };
    let run_delayed = |arguments: &[&str]| {
        let mut command = command(&setup.dir, &[arguments, &["--database", &setup.database]].concat());
        let output = command.env("VESTIBULE_SECOND_FACTORS_RESET_DELAY", "72h").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    add_passkey();
    let shown = setup.ok(&["users", "show", id]);
    assert!(shown.contains("Policy:        enforced") && shown.contains("Pixel 9"), "{shown}");
    let delayed = run_delayed(&["users", "reset-second-factors", id]);
    assert!(delayed.starts_with(&format!("The second factors of user {id} will be removed at 2")), "{delayed}");
    assert!(delayed.contains(&format!("vestibule users cancel-second-factor-reset {id}")), "{delayed}");
    assert!(setup.ok(&["users", "show", id]).contains("Reset:         will remove all of them at 2"));
    assert!(setup.ok(&["users", "show", "--json", id]).contains("\"reset_due_at\": \"2"));
    assert_eq!(setup.status(&setup.cookie), 200);
    let cancelled = setup.ok(&["users", "cancel-second-factor-reset", id]);
    assert_eq!(cancelled, format!("Cancelled the reset; user {id} keeps their second factors\n"));

    let json = run_delayed(&["users", "reset-second-factors", "--json", id]);
    assert!(json.contains("\"had_factors\": true") && json.contains("\"due_at\": \"2"), "{json}");
    let reset = setup.ok(&["users", "reset-second-factors", id]);
    assert!(reset.starts_with(&format!("Removed the second factors of user {id} and ended all their sign-ins\n")));
    assert_eq!(setup.status(&setup.cookie), 401);
    assert_eq!(database.count("SELECT COUNT(*) FROM passkeys"), 0);
    assert_eq!(database.count("SELECT COUNT(*) FROM second_factor_resets"), 0);
    setup.server.stop();
}

#[test]
fn commands_open_the_file_if_no_server_runs() {
    let setup = Setup::on_sqlite("operators-stopped");
    let Setup { server, dir, database, id, cookie, .. } = setup;
    server.stop();
    let run_on =
        |arguments: &[&str]| command(&dir, &[arguments, &["--database", &database]].concat()).output().unwrap();
    let disabled = run_on(&["users", "disable", &id]);
    assert!(
        String::from_utf8(disabled.stdout).unwrap().starts_with(&format!("Disabled user {id} and ended 1 sign-in"))
    );
    assert!(run_on(&["users", "list"]).status.success());
    let server = start_server(&dir, &database);
    assert_eq!(send_request(server.host(), "GET /me", Some(&cookie), "").unwrap().status, 401);
    server.stop();
}

#[test]
fn escapes_what_users_wrote_for_the_terminal() {
    let setup = Setup::on_sqlite("operators-escapes");
    let created = send_request(setup.server.host(), "POST /organizations", Some(&setup.cookie), "name=Acme").unwrap();
    assert_eq!(created.status, 200);
    // The API refuses these characters in names. The database may have them from elsewhere.
    let rename = "UPDATE organizations SET name = 'Acme' || char(8238) || char(27) || '[2J'";
    assert_eq!(Database::open_by_name(&setup.database).execute(rename), 1);
    for arguments in
        [&["organizations", "list"][..], &["organizations", "list", "--json"], &["users", "show", &setup.id]]
    {
        let printed = setup.ok(arguments);
        assert!(!printed.contains('\u{202e}'), "{printed:?}");
        assert!(printed.contains("202e"), "{printed}");
        assert!(!printed.contains(|char: char| char.is_control() && char != '\n'), "{printed:?}");
    }
    let shown = setup.ok(&["users", "show", &setup.id]);
    for part in [ADA, "Name:       Ada L", "Password:   yes", "primary, unverified", "1 sign-in active", "127.0.0.1"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let json = setup.ok(&["users", "show", "--json", &setup.id]);
    for part in ["\"addresses\": [", "\"sign_ins\": [", "\"memberships\": [", "\"has_password\": true"] {
        assert!(json.contains(part), "{part}: {json}");
    }
    setup.server.stop();
}

#[test]
fn outbox_and_doctor_work_while_server_runs() {
    let setup = Setup::on_sqlite("operators-outbox");
    assert_eq!(setup.ok(&["outbox", "list"]), "The outbox is empty\n");
    assert!(setup.ok(&["outbox", "retry", "all"]).starts_with("Messages scheduled for retry: 0"));
    let (code, _, stderr) = setup.run(&["outbox", "drop", "12"]);
    assert!(code == Some(3) && stderr.contains("JOB_NOT_FOUND"), "{stderr}");
    assert_eq!(setup.run(&["outbox", "retry", "x"]).0, Some(1));
    let report = setup.ok(&["doctor"]);
    assert!(report.contains("is usable by the running server, and its schema is up to date"), "{report}");
    let process = format!("server: process {} runs version ", setup.server.id());
    assert!(report.contains(&process), "{report}");
    setup.server.stop();
}

#[test]
fn commands_create_no_database() {
    let dir = fresh_dir("operators-missing");
    let database = dir.join("v.db");
    for arguments in
        [&["users", "list"][..], &["users", "disable", "1"], &["outbox", "list"], &["outbox", "retry", "all"]]
    {
        let (code, _, stderr) = run(&[arguments, &["--database", database.to_str().unwrap()]].concat());
        assert_eq!(code, Some(1), "{stderr}");
        assert!(stderr.contains("which does not exist") && stderr.contains("--database"), "{stderr}");
    }
    assert!(!dir.exists());
}
