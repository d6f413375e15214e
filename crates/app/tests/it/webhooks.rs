//! `vestibule webhooks` beside a running server: on SQLite through its socket, on PostgreSQL in the database.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use vestibule_testbed::receiver::{Behaviour, Receiver};
use vestibule_testbed::{Database, Engine};

use crate::server::{Printed, Server, fresh_dir, run, send_request, vestibule};

/// A server that may send to this machine, and its settings.
struct Setup {
    server: Server,
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
        let (server, _) = Server::spawn(&mut serve, "Mail: written to files");
        Self { server, dir, database }
    }

    fn run(&self, arguments: &[&str]) -> Printed {
        let arguments = [&["webhooks"], arguments, &["--database", &self.database]].concat();
        Printed::from_command(&mut command(&self.dir, &arguments))
    }

    /// Runs a command that succeeds. Returns what it prints.
    #[track_caller]
    fn ok(&self, arguments: &[&str]) -> String {
        let printed = self.run(arguments);
        assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""), "{arguments:?}: {}", printed.stdout);
        printed.stdout
    }

    /// Runs a command that succeeds with `--json`.
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[arguments, &["--json"]].concat())).unwrap()
    }

    /// Runs a command that is refused. Returns its exit code and its message.
    #[track_caller]
    fn refused(&self, arguments: &[&str]) -> (i32, String) {
        let printed = self.run(arguments);
        assert_eq!(printed.stdout, "", "{arguments:?}");
        (printed.code.unwrap(), printed.stderr)
    }

    /// The only delivery of an endpoint.
    #[track_caller]
    fn only_delivery(&self, endpoint: &str) -> Value {
        let deliveries = self.json(&["deliveries", endpoint]);
        let [delivery] = deliveries.as_array().unwrap().as_slice() else { panic!("{deliveries}") };
        delivery.clone()
    }

    /// The only delivery of an endpoint once it has this state: the receiver has its answer before the server stores it.
    async fn wait_for_state(&self, endpoint: &str, state: &str) -> Value {
        loop {
            let delivery = self.only_delivery(endpoint);
            if delivery["state"] == state {
                return delivery;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// The settings that server and commands share.
fn command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = vestibule(arguments);
    command
        .env("VESTIBULE_KEY_FILE", dir.join("master.key"))
        .env("VESTIBULE_MAIL_FILE_DIR", dir.join("mail"))
        .env("VESTIBULE_MODE", "staging");
    command
}

/// The behaviour that both engines share.
async fn create_test_rotate_and_delete(setup: &Setup) {
    let receiver = Receiver::start().await;
    let url = receiver.url("/hook");
    let created = setup.run(&["create", &url, "--events", "user.created,user.deleted", "--description", "CRM"]);
    assert_eq!(created.code, Some(0), "{}", created.stderr);
    let secret = created.stdout.strip_suffix('\n').unwrap();
    assert!(secret.starts_with("whsec_") && !secret.contains(char::is_whitespace), "only the secret is on stdout");
    assert!(created.stderr.contains(&format!("({url}). The secret is not shown again.")), "{}", created.stderr);
    assert!(!created.stderr.contains(secret), "{}", created.stderr);

    let listed = setup.json(&["list"]);
    let [endpoint] = listed.as_array().unwrap().as_slice() else { panic!("{listed}") };
    let id = endpoint["id"].as_str().unwrap();
    assert!(created.stderr.contains(id) && !listed.to_string().contains(secret), "{listed}");
    assert_eq!((&endpoint["url"], &endpoint["description"]), (&json!(url), &json!("CRM")));
    assert_eq!(endpoint["events"], json!(["user.created", "user.deleted"]));
    assert_eq!((&endpoint["organization_id"], &endpoint["enabled"]), (&Value::Null, &json!(true)));
    let table = setup.ok(&["list"]);
    assert!(table.contains(&url) && table.contains("enabled") && !table.contains(secret), "{table}");

    receiver.next([Behaviour::body("thank \u{1b}[31myou")]);
    let delivery = setup.json(&["test", id])["id"].as_str().unwrap().to_owned();
    let received = receiver.wait_for(1).await;
    assert!(String::from_utf8_lossy(&received[0].body).contains("\"webhook.test\""), "{received:?}");
    assert_eq!(received[0].header("webhook-signature").split(' ').count(), 1);
    let shown = setup.wait_for_state(id, "delivered").await;
    assert_eq!((&shown["id"], &shown["event"]), (&json!(delivery), &json!("webhook.test")));
    assert_eq!((&shown["attempts"], &shown["last_status"]), (&json!(1), &json!(200)));
    let shown = setup.json(&["show", id, &delivery]);
    assert_eq!((&shown["attempt_log"][0]["number"], &shown["attempt_log"][0]["status"]), (&json!(1), &json!(200)));
    assert!(shown["attempt_log"][0]["answer"].as_str().unwrap().starts_with("thank "), "{shown}");
    let table = setup.ok(&["show", id, &delivery]);
    assert!(table.contains("thank  [31myou") && !table.contains('\u{1b}'), "{table:?}");

    assert_eq!(setup.ok(&["replay", id, &delivery]), "1 delivery is sent again\n");
    let received = receiver.wait_for(2).await;
    assert_eq!(received[1].header("webhook-id"), received[0].header("webhook-id"));
    setup.wait_for_state(id, "delivered").await;
    assert_eq!(setup.json(&["replay", id, "--from", "2020-01-01", "--only-failed"]), json!({"replayed": 0}));
    let past = ["replay", id, "--from", "2020-01-01", "--to", "2020-01-02"];
    assert_eq!(setup.json(&past), json!({"replayed": 0}));

    let rotated = setup.json(&["rotate", id, "--grace", "2h"]);
    let new = rotated["secret"].as_str().unwrap();
    assert!(new.starts_with("whsec_") && new != secret && rotated["id"] == id, "another secret");
    setup.ok(&["test", id]);
    assert_eq!(receiver.wait_for(3).await[2].header("webhook-signature").split(' ').count(), 2);
    let rotated = setup.run(&["rotate", id, "--grace", "0s"]);
    assert_eq!((rotated.code, rotated.stdout.lines().count()), (Some(0), 1), "{}", rotated.stderr);
    setup.ok(&["test", id]);
    assert_eq!(receiver.wait_for(4).await[3].header("webhook-signature").split(' ').count(), 1);

    assert_eq!(setup.ok(&["disable", id]), format!("Disabled: {id}\n"));
    assert!(setup.ok(&["list"]).contains("disabled (manual)"));
    let (code, message) = setup.refused(&["test", id]);
    assert!(code == 1 && message.contains("WEBHOOK_ENDPOINT_DISABLED"), "{message}");
    assert_eq!(setup.ok(&["enable", id]), format!("Enabled: {id}\n"));
    assert_eq!(setup.json(&["update", id, "--events", ""])["events"], json!([]));
    let other = receiver.url("/other");
    assert_eq!(setup.json(&["update", id, "--url", &other])["url"], json!(other));

    assert_eq!(setup.ok(&["delete", id]), format!("Deleted: {id}\n"));
    assert_eq!(setup.json(&["list"]), json!([]));
    let empty = setup.ok(&["list"]);
    assert!(empty.starts_with("No endpoints. Create one with: vestibule webhooks create"), "{empty}");
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_are_managed_through_the_socket_of_a_server_on_sqlite() {
    let setup = Setup::on_sqlite("webhooks-sqlite");
    create_test_rotate_and_delete(&setup).await;
    setup.server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_are_managed_in_the_database_on_postgres() {
    let database = Database::create_on(Engine::Postgres);
    let setup = Setup::on(fresh_dir("webhooks-postgres"), database.url());
    create_test_rotate_and_delete(&setup).await;
    setup.server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_delivery_of_an_organization_is_cancelled() {
    let (setup, receiver) = (Setup::on_sqlite("webhooks-organization"), Receiver::start().await);
    let form = "email=olga%40example.com&password=open-sesame-42&first_name=Olga";
    let host = setup.server.host();
    let cookie = send_request(host, "POST /auth/signup", None, form).unwrap().session().unwrap().to_owned();
    let created = send_request(host, "POST /organizations", Some(&cookie), "name=Acme").unwrap();
    let organization = created.text("id");
    receiver.always(Behaviour::status(500));
    let create =
        ["create", &receiver.url("/"), "--organization", organization, "--events", "organization.deleted", "--ordered"];
    let endpoint = setup.json(&create);
    let id = endpoint["id"].as_str().unwrap();
    assert_eq!((&endpoint["organization_id"], &endpoint["ordered"]), (&json!(organization), &json!(true)));
    let delivery = setup.json(&["test", id])["id"].as_str().unwrap().to_owned();
    receiver.wait_for(1).await;
    assert_eq!(setup.json(&["cancel", id, &delivery]), json!({"id": delivery, "state": "cancelled"}));
    let (code, message) = setup.refused(&["cancel", id, &delivery]);
    assert!(code == 1 && message.contains("WEBHOOK_DELIVERY_NOT_WAITING"), "{message}");
    setup.server.stop();
}

#[test]
fn invalid_urls_events_and_organizations_create_no_endpoint() {
    let setup = Setup::on_sqlite("webhooks-invalid");
    let url = "https://example.com/hook";
    for (arguments, message) in [
        (&["http://example.com/"][..], "use an absolute URL with https"),
        (&["https://10.0.0.1/"], "its host is not public"),
        (&["https://user:password@example.com/"], "leave out user name and password"),
        (&["https://example.com:25/"], "its port belongs to another protocol"),
        (&["example.com"], "use an absolute URL with https"),
        (&[url, "--events", "user.exploded"], "\"user.exploded\" is no event"),
        (&[url, "--events", "user.created,*"], "\"*\" is no event"),
    ] {
        let (code, printed) = setup.refused(&[&["create"], arguments].concat());
        assert!(code == 1 && printed.contains(message), "{arguments:?}: {code}, {printed}");
    }
    let (code, printed) = setup.refused(&["create", url, "--organization", "1"]);
    assert!(code == 3 && printed.contains("ORGANIZATION_NOT_FOUND"), "{code}, {printed}");
    assert_eq!(setup.json(&["list"]), json!([]));

    for arguments in
        [&["test", "1"][..], &["delete", "1"], &["rotate", "1"], &["deliveries", "1"], &["replay", "1", "2"]]
    {
        let (code, printed) = setup.refused(arguments);
        assert!(code == 3 && printed.contains("WEBHOOK_ENDPOINT_NOT_FOUND"), "{arguments:?}: {code}, {printed}");
    }
    for arguments in [
        &["create"][..],
        &["test", "first"],
        &["rotate", "1", "--grace", "8d"],
        &["replay", "1"],
        &["replay", "1", "2", "--from", "2020-01-01"],
        &["replay", "1", "--from", "yesterday"],
        &["update", "1"],
    ] {
        assert_eq!(setup.refused(arguments).0, 2, "{arguments:?}");
    }
    setup.server.stop();
}

#[test]
fn commands_open_the_file_if_no_server_runs() {
    let Setup { server, dir, database } = Setup::on_sqlite("webhooks-alone");
    server.stop();
    let webhooks = |arguments: &[&str]| {
        command(&dir, &[&["webhooks"], arguments, &["--database", &database]].concat()).output().unwrap()
    };
    let created = webhooks(&["create", "https://example.com/hook"]);
    assert!(created.status.success() && created.stdout.starts_with(b"whsec_"), "{created:?}");
    let listed = String::from_utf8(webhooks(&["list"]).stdout).unwrap();
    assert!(listed.contains("https://example.com/hook") && !listed.contains("whsec_"), "{listed}");
}

#[test]
fn help_teaches() {
    let (code, help, _) = run(&["webhooks", "--help"]);
    assert_eq!(code, Some(0));
    let commands = [
        "create",
        "list",
        "update",
        "enable",
        "disable",
        "rotate",
        "delete",
        "test",
        "deliveries",
        "show",
        "replay",
        "cancel",
    ];
    for command in commands {
        assert!(help.lines().any(|line| line.trim_start().starts_with(command)), "{command}: {help}");
        let (code, of_command, _) = run(&["webhooks", command, "--help"]);
        assert!(code == Some(0) && of_command.contains("Usage: vestibule webhooks"), "{command}: {of_command}");
    }
    for part in ["Examples:", "also work while the server runs", "Exit codes:"] {
        assert!(help.contains(part), "{part}: {help}");
    }
}
