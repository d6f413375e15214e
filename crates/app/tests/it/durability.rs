//! What was acknowledged stays, whoever dies: the server with `kill -9` under load, or the database's primary.
//!
//! `VESTIBULE_ROUNDS` says how often; `scripts/soak` says often.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Instant;

use vestibule_testbed::postgres_server::PostgresServer;
use vestibule_testbed::{Database, Engine, invariants, on_server};

use crate::server::{Server, ask, vestibule};

fn rounds(default: u32) -> u32 {
    std::env::var("VESTIBULE_ROUNDS").map_or(default, |rounds| rounds.parse().unwrap())
}

/// A server on this database, and where it listens.
fn serve(folder: &Path, database: &str) -> (Server, String) {
    let mut command = vestibule(&["--listen", "127.0.0.1:0", "--database", database]);
    command
        .env("VESTIBULE_KEY_FILE", folder.join("master.key"))
        .env("VESTIBULE_MAIL_FOLDER", folder.join("mail"))
        .env("VESTIBULE_PASSWORDS_ATTEMPTS_PER_ADDRESS", "1000000")
        .env("VESTIBULE_LOG", "off");
    let (server, lines) = Server::spawned(&mut command, "Mails go to files");
    let host = lines[0].rsplit_once('/').unwrap().1.to_owned();
    (server, host)
}

/// An owner who invites as fast as they can, from several connections at once.
struct Load {
    cookie: String,
    path: String,
    next: AtomicU32,
    acknowledged: Mutex<BTreeSet<String>>,
    one_more: Condvar,
    enough: AtomicBool,
}

impl Load {
    fn begin(host: &str) -> Self {
        let form = "email=olga%40example.com&password=open-sesame-42&first_name=Olga";
        let cookie = ask(host, "POST /auth/signup", None, form).unwrap().session().unwrap().to_owned();
        let made = ask(host, "POST /organizations", Some(&cookie), "name=Acme").unwrap();
        Self {
            path: format!("/organizations/{}/invitations", made.text("id")),
            cookie,
            next: AtomicU32::new(0),
            acknowledged: Mutex::default(),
            one_more: Condvar::new(),
            enough: AtomicBool::new(false),
        }
    }

    /// Invites until the server is gone, or until it is enough.
    fn go_on(&self, host: &str, through_failures: bool) {
        while !self.enough.load(Ordering::SeqCst) {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            let form = format!("email=guest{number}%40example.com");
            match ask(host, &format!("POST {}", self.path), Some(&self.cookie), &form) {
                Ok(answer) if answer.status == 200 => {
                    self.acknowledged.lock().unwrap().insert(answer.text("id").to_owned());
                    self.one_more.notify_all();
                }
                Ok(answer) => assert!(answer.status == 503, "{answer:?}"),
                Err(_) if through_failures => {}
                Err(_) => return,
            }
        }
    }

    /// Comes back when this many more have been acknowledged.
    fn wait_for(&self, more: usize) {
        let acknowledged = self.acknowledged.lock().unwrap();
        let goal = acknowledged.len() + more;
        drop(self.one_more.wait_while(acknowledged, |acknowledged| acknowledged.len() < goal).unwrap());
    }

    /// Looks for every acknowledged invitation, and says how many there were.
    fn check(&self, database: &Database) -> usize {
        let stored: BTreeSet<_> = database.rows("SELECT id FROM invitations").into_iter().flatten().collect();
        let acknowledged = self.acknowledged.lock().unwrap();
        let missing: Vec<_> = acknowledged.difference(&stored).collect();
        assert!(missing.is_empty(), "acknowledged and gone: {missing:?}");
        invariants::assert_hold(database, &[]);
        acknowledged.len()
    }
}

#[test]
fn a_killed_server_has_lost_nothing() {
    for engine in Engine::BOTH {
        let (folder, database) = (tempfile::tempdir().unwrap(), Database::create_on(engine));
        let url = database.url();
        let (first, host) = serve(folder.path(), &url);
        let load = Load::begin(&host);
        drop(first);
        let rounds = rounds(3);
        for round in 0..rounds {
            let (server, host) = serve(folder.path(), &url);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| load.go_on(&host, false));
                }
                // Killed at another moment each time.
                load.wait_for(5 + (round as usize * 7) % 40);
                server.signal("-KILL");
            });
            drop(server);
            load.check(&database);
        }
        // Read by whoever runs it for long.
        eprintln!("kill -9, {engine:?}: {rounds} kills, {} acknowledged writes, none missing", load.check(&database));
    }
}

#[test]
fn a_primary_that_dies_takes_nothing_with_it() {
    for _ in 0..rounds(1) {
        fail_over();
    }
}

fn fail_over() {
    let folder = tempfile::tempdir().unwrap();
    let one = PostgresServer::start(&folder.path().join("one"));
    let two = one.start_standby(&folder.path().join("two"));
    // Only now, so that the standby does not want a standby of its own once it is promoted.
    on_server(one.url(), "ALTER SYSTEM SET synchronous_standby_names = '*'");
    on_server(one.url(), "SELECT pg_reload_conf()");
    while on_server(one.url(), "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'").is_empty() {}

    let hosts = format!("{},{}", one.address(), two.address());
    let (server, host) = serve(folder.path(), &format!("postgres://postgres@{hosts}/postgres"));
    let load = Load::begin(&host);
    let took = std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| load.go_on(&host, true));
        }
        load.wait_for(50);
        one.kill();
        let killed = Instant::now();
        two.promote();
        load.wait_for(1);
        let took = killed.elapsed();
        load.wait_for(50);
        load.enough.store(true, Ordering::SeqCst);
        took
    });
    server.end();
    let survived = load.check(&Database::from_server_url(two.url()));
    eprintln!(
        "failover: {survived} acknowledged writes, none missing; {took:?} from the kill to the first good answer"
    );
}
