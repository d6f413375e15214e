//! `vestibule audit` beside a running server, and on an export without it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use vestibule_testbed::{Database, Engine};

use crate::server::{Printed, Server, fresh_dir, send_request, vestibule};

struct Setup {
    dir: PathBuf,
    database: String,
}

impl Setup {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = vestibule(&[arguments, &["--database", &self.database]].concat());
        command
            .env("VESTIBULE_KEY_FILE", self.dir.join("master.key"))
            .env("VESTIBULE_MAIL_FILE_DIR", self.dir.join("mail"))
            .env("VESTIBULE_AUDIT_CHECKPOINT_FILE", self.checkpoints());
        command
    }

    fn run(&self, arguments: &[&str]) -> Printed {
        Printed::from_command(&mut self.command(arguments))
    }

    fn checkpoints(&self) -> PathBuf {
        self.dir.join("checkpoints.jsonl")
    }

    /// Starts a server, creates an organization by an API key, and stops the server, which seals all entries.
    fn write_entries(&self) -> String {
        let (server, _) = Server::spawn(&mut self.command(&["--listen", "127.0.0.1:0"]), "Mail: written to files");
        let form = "email=olga%40example.com&password=open-sesame-42&first_name=Olga";
        let cookie =
            send_request(server.host(), "POST /auth/signup", None, form).unwrap().session().unwrap().to_owned();
        let created = send_request(server.host(), "POST /organizations", Some(&cookie), "name=Acme").unwrap();
        let verified = self.run(&["audit", "verify"]);
        assert_eq!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
        server.stop();
        created.text("id").to_owned()
    }
}

fn audit_log_is_verified_and_tampering_named(setup: &Setup, tamper: impl Fn(&str)) {
    let organization = setup.write_entries();
    let file = setup.checkpoints();
    let verify = ["audit", "verify", "--checkpoints", file.to_str().unwrap()];
    let verified = setup.run(&verify);
    assert_eq!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
    assert!(verified.stdout.contains(&format!("organization {organization}: 2 entries fit\n")), "{}", verified.stdout);
    assert!(verified.stdout.contains("the installation: 2 entries fit\n"), "{}", verified.stdout);
    assert!(verified.stdout.ends_with("4 entries in 2 chains\n"), "{}", verified.stdout);
    assert!(!verified.stderr.contains("not sealed"), "{}", verified.stderr);
    // As a receiver of webhooks keeps them: their bodies, of which one came twice.
    let checkpoints = fs::read_to_string(&file).unwrap();
    let body = |data: &str| {
        let kind = "audit_log.checkpoint.created";
        format!("{{\"type\":\"{kind}\",\"timestamp\":\"2026-01-22T10:30:00Z\",\"data\":{data}}}\n")
    };
    let mut bodies: Vec<_> = checkpoints.lines().map(body).collect();
    bodies.extend(bodies.first().cloned());
    let received = setup.dir.join("received.jsonl");
    fs::write(&received, bodies.concat()).unwrap();
    let verified = setup.run(&["audit", "verify", "--checkpoints", received.to_str().unwrap()]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
    let only = setup.run(&["audit", "verify", "--organization", &organization]);
    assert!(only.stdout.ends_with("2 entries in 1 chain\n"), "{}", only.stdout);

    tamper(&format!("UPDATE audit_entries SET actor_kind = 'system' WHERE organization_id = {organization}"));
    let changed = setup.run(&verify);
    assert_eq!(changed.code, Some(1));
    assert!(changed.stdout.contains("0 entries fit; entry 1 (id "), "{}", changed.stdout);
    assert!(changed.stdout.contains("does not: the entry was changed, or does not belong here"), "{}", changed.stdout);
    assert!(changed.stderr.contains("1 chain does not fit"), "{}", changed.stderr);

    tamper(&format!("DELETE FROM audit_entries WHERE organization_id = {organization}"));
    tamper(&format!("DELETE FROM audit_chains WHERE organization_id = {organization}"));
    tamper(&format!("DELETE FROM audit_checkpoints WHERE organization_id = {organization}"));
    assert_eq!(setup.run(&["audit", "verify"]).code, Some(0), "without the file, nothing shows it");
    let gone = setup.run(&["audit", "verify", "--checkpoints", received.to_str().unwrap()]);
    assert_eq!(gone.code, Some(1), "{}", gone.stdout);
    let gone = setup.run(&verify);
    assert_eq!(gone.code, Some(1));
    assert!(
        gone.stdout.contains(&format!("organization {organization}: 0 entries fit; entry 2 does not")),
        "{}",
        gone.stdout
    );
}

#[test]
fn tampering_is_named_on_sqlite() {
    let dir = fresh_dir("audit-sqlite");
    let database = dir.join("v.db").to_str().unwrap().to_owned();
    let setup = Setup { dir, database };
    audit_log_is_verified_and_tampering_named(&setup, |statement| {
        let connection = rusqlite_execute(Path::new(&setup.database), statement);
        assert!(connection > 0, "{statement}");
    });
}

#[test]
fn tampering_is_named_on_postgres() {
    let database = Database::create_on(Engine::Postgres);
    let setup = Setup { dir: fresh_dir("audit-postgres"), database: database.url() };
    audit_log_is_verified_and_tampering_named(&setup, |statement| {
        database.execute(statement);
    });
}

fn entries_of_commands_are_sealed(setup: &Setup) {
    setup.write_entries();
    let created = setup.run(&["webhooks", "create", "https://example.com/hook"]);
    assert_eq!(created.code, Some(0), "{}", created.stderr);
    let verified = setup.run(&["audit", "verify"]);
    assert!(verified.stdout.contains("the installation: 3 entries fit\n"), "{}", verified.stdout);
    assert!(!verified.stderr.contains("not sealed"), "{}", verified.stderr);
}

#[test]
fn entries_of_commands_are_sealed_on_sqlite() {
    let dir = fresh_dir("audit-command-sqlite");
    entries_of_commands_are_sealed(&Setup { database: dir.join("v.db").to_str().unwrap().to_owned(), dir });
}

#[test]
fn entries_of_commands_are_sealed_on_postgres() {
    let database = Database::create_on(Engine::Postgres);
    entries_of_commands_are_sealed(&Setup { dir: fresh_dir("audit-command-postgres"), database: database.url() });
}

/// Runs a statement on the file, which no server has open.
fn rusqlite_execute(file: &Path, statement: &str) -> usize {
    let script =
        "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); n=c.execute(sys.argv[2]).rowcount; c.commit(); print(n)";
    let output = Command::new("python3").args(["-c", script]).arg(file).arg(statement).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

#[test]
fn key_verifies_an_export_without_a_database() {
    let dir = fresh_dir("audit-export");
    let setup = Setup { database: dir.join("v.db").to_str().unwrap().to_owned(), dir };
    setup.write_entries();
    let key = setup.run(&["audit", "key"]);
    assert!(key.stdout.starts_with("-----BEGIN PUBLIC KEY-----\n"), "{}{}", key.stdout, key.stderr);
    let (pem, empty) = (setup.dir.join("audit.pem"), setup.dir.join("empty.jsonl"));
    fs::write(&pem, &key.stdout).unwrap();
    fs::write(&empty, "not an export\n").unwrap();
    let arguments = |export: &Path| {
        let paths = [export, &setup.checkpoints(), &pem].map(|path| path.to_str().unwrap().to_owned());
        let [export, checkpoints, pem] = paths;
        vec![
            "audit".to_owned(),
            "verify".into(),
            "--export".into(),
            export,
            "--checkpoints".into(),
            checkpoints,
            "--public-key".into(),
            pem,
        ]
    };
    let output = vestibule(&arguments(&empty).iter().map(String::as_str).collect::<Vec<_>>()).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error.contains("line 1 of ") && error.contains("is no line of an export"), "{error}");
}
