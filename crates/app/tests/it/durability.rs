//! Acknowledged writes and the webhooks about them survive `kill -9` of the server, and the former the failure of the
//! primary database.
//!
//! `VESTIBULE_ROUNDS` sets the number of rounds; `scripts/soak` sets it high.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Instant;

use vestibule_testbed::postgres_server::PostgresServer;
use vestibule_testbed::receiver::{Received, Receiver};
use vestibule_testbed::{Database, Engine, invariants, on_server};

use crate::server::{Server, send_request, vestibule};

fn rounds(default: u32) -> u32 {
    std::env::var("VESTIBULE_ROUNDS").map_or(default, |rounds| rounds.parse().unwrap())
}

fn serve(dir: &Path, database: &str) -> Server {
    spawn(&mut command(dir, database))
}

fn spawn(command: &mut Command) -> Server {
    Server::spawn(command, "Mail: written to files").0
}

fn command(dir: &Path, database: &str) -> Command {
    let mut command = vestibule(&["--listen", "127.0.0.1:0", "--database", database]);
    command
        .env("VESTIBULE_KEY_FILE", dir.join("master.key"))
        .env("VESTIBULE_MAIL_FILE_DIR", dir.join("mail"))
        .env("VESTIBULE_PASSWORDS_ATTEMPTS_PER_ADDRESS", "1000000");
    command
}

/// A load of concurrent requests that create invitations, and the IDs that the server acknowledged.
struct Load {
    cookie: String,
    path: String,
    next: AtomicU32,
    acknowledged: Mutex<BTreeSet<String>>,
    progress: Condvar,
    stop: AtomicBool,
}

impl Load {
    fn new(host: &str) -> Self {
        let form = "email=olga%40example.com&password=open-sesame-42&first_name=Olga";
        let cookie = send_request(host, "POST /auth/signup", None, form).unwrap().session().unwrap().to_owned();
        let created = send_request(host, "POST /organizations", Some(&cookie), "name=Acme").unwrap();
        Self {
            path: format!("/organizations/{}/invitations", created.text("id")),
            cookie,
            next: AtomicU32::new(0),
            acknowledged: Mutex::default(),
            progress: Condvar::new(),
            stop: AtomicBool::new(false),
        }
    }

    /// Creates invitations until `stop` is set, or until a connection fails and `retry` is false.
    fn run(&self, host: &str, retry: bool) {
        while !self.stop.load(Ordering::SeqCst) {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            let form = format!("email=guest{number}%40example.com");
            match send_request(host, &format!("POST {}", self.path), Some(&self.cookie), &form) {
                Ok(response) if response.status == 200 => {
                    self.acknowledged.lock().unwrap().insert(response.text("id").to_owned());
                    self.progress.notify_all();
                }
                Ok(response) => assert!(response.status == 503, "{response:?}"),
                Err(_) if retry => {}
                Err(_) => return,
            }
        }
    }

    /// Waits until `more` further invitations are acknowledged.
    fn wait_for(&self, more: usize) {
        let acknowledged = self.acknowledged.lock().unwrap();
        let goal = acknowledged.len() + more;
        drop(self.progress.wait_while(acknowledged, |acknowledged| acknowledged.len() < goal).unwrap());
    }

    /// Asserts that every acknowledged invitation is stored. Returns their number.
    fn check(&self, database: &Database) -> usize {
        let stored: BTreeSet<_> = database.rows("SELECT id FROM invitations").into_iter().flatten().collect();
        let acknowledged = self.acknowledged.lock().unwrap();
        let missing: Vec<_> = acknowledged.difference(&stored).collect();
        assert!(missing.is_empty(), "acknowledged but missing: {missing:?}");
        invariants::assert_hold(database, &[]);
        acknowledged.len()
    }
}

#[test]
fn acknowledged_writes_survive_kill() {
    for engine in Engine::BOTH {
        let (dir, database) = (tempfile::tempdir().unwrap(), Database::create_on(engine));
        let url = database.url();
        let first = serve(dir.path(), &url);
        let load = Load::new(first.host());
        drop(first);
        let rounds = rounds(3);
        for round in 0..rounds {
            let server = serve(dir.path(), &url);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| load.run(server.host(), false));
                }
                // Kills the server after a different number of writes in each round.
                load.wait_for(5 + (round as usize * 7) % 40);
                server.signal("-KILL");
            });
            drop(server);
            load.check(&database);
        }
        eprintln!("kill -9, {engine:?}: {rounds} kills, {} acknowledged writes, none missing", load.check(&database));
    }
}

/// The ids of the messages about each invitation that an endpoint got.
fn message_ids(received: &[Received], path: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut message_ids: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for request in received.iter().filter(|request| request.target == path) {
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        let invitation = body["data"]["invitation_id"].as_str().unwrap().to_owned();
        message_ids.entry(invitation).or_default().insert(request.header("webhook-id").to_owned());
    }
    message_ids
}

/// Endpoints get the event of everything that was acknowledged at least once, and under one id.
#[test]
fn webhooks_survive_kill() {
    const PATHS: [&str; 2] = ["/unordered", "/ordered"];
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for engine in Engine::BOTH {
        let (dir, database) = (tempfile::tempdir().unwrap(), Database::create_on(engine));
        let url = database.url();
        let receiver = runtime.block_on(Receiver::start());
        // It may send to this machine.
        let serve = || spawn(command(dir.path(), &url).env("VESTIBULE_MODE", "staging"));
        let first = serve();
        let load = Load::new(first.host());
        for path in PATHS {
            let (hook, is_ordered) = (receiver.url(path), path == "/ordered");
            let form = format!("url={hook}&events=organization.invitation.created&ordered={is_ordered}");
            let endpoints = load.path.replace("/invitations", "/webhooks");
            let created = send_request(first.host(), &format!("POST {endpoints}"), Some(&load.cookie), &form).unwrap();
            assert_eq!(created.status, 200, "{created:?}");
        }
        drop(first);
        let rounds = rounds(3);
        for round in 0..rounds {
            let server = serve();
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| load.run(server.host(), false));
                }
                load.wait_for(5 + (round as usize * 7) % 40);
                server.signal("-KILL");
            });
        }
        // As if the leases of the killed servers had expired.
        database.execute("UPDATE webhook_deliveries SET due_at = 0 WHERE state = 'waiting'");
        let stored: BTreeSet<_> = database.rows("SELECT id FROM invitations").into_iter().flatten().collect();
        let server = serve();
        let mut received = receiver.received();
        loop {
            let missing: usize = PATHS.iter().map(|path| stored.len() - message_ids(&received, path).len()).sum();
            if missing == 0 {
                break;
            }
            received = runtime.block_on(receiver.wait_for(received.len() + missing));
        }
        server.stop();
        load.check(&database);
        let received = receiver.received();
        for path in PATHS {
            let message_ids = message_ids(&received, path);
            assert!(message_ids.keys().eq(&stored), "{path}: a message about what does not exist");
            assert!(message_ids.values().all(|ids| ids.len() == 1), "{path}: an event under two ids");
        }
        let ordered = received.iter().filter(|request| request.target == "/ordered");
        let numbers = ordered.map(|request| request.header("webhook-sequence").parse::<u64>().unwrap());
        assert!(numbers.is_sorted(), "one after the other");
        assert_eq!(database.count("SELECT COUNT(*) FROM webhook_deliveries WHERE state <> 'delivered'"), 0);
        eprintln!(
            "kill -9, {engine:?}: {rounds} kills, {} invitations, {} webhooks sent, none missing",
            stored.len(),
            received.len()
        );
    }
}

#[test]
fn acknowledged_writes_survive_failover() {
    for _ in 0..rounds(1) {
        run_failover();
    }
}

fn run_failover() {
    let dir = tempfile::tempdir().unwrap();
    let primary = PostgresServer::start(&dir.path().join("primary"));
    let standby = primary.start_standby(&dir.path().join("standby"));
    // Set after the copy, so that the standby does not itself require a standby once it is promoted.
    on_server(primary.url(), "ALTER SYSTEM SET synchronous_standby_names = '*'");
    on_server(primary.url(), "SELECT pg_reload_conf()");
    while on_server(primary.url(), "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'").is_empty() {}

    let hosts = format!("{},{}", primary.address(), standby.address());
    let server = serve(dir.path(), &format!("postgres://postgres@{hosts}/postgres"));
    let load = Load::new(server.host());
    let duration = std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| load.run(server.host(), true));
        }
        load.wait_for(50);
        primary.kill();
        let killed = Instant::now();
        standby.promote();
        load.wait_for(1);
        let duration = killed.elapsed();
        load.wait_for(50);
        load.stop.store(true, Ordering::SeqCst);
        duration
    });
    server.stop();
    let survived = load.check(&Database::from_server_url(standby.url()));
    eprintln!(
        "failover: {survived} acknowledged writes, none missing; {duration:?} from the kill to the next acknowledged write"
    );
}
