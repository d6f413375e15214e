//! PgBouncer between the server and PostgreSQL, in each of its modes.

use std::path::Path;

use vestibule_testbed::pgbouncer::PgBouncer;

use crate::server::{Server, fresh_dir, send_request, vestibule};

const SIGN_UP: &str = "email=ada%40example.com&password=engine-of-1837&first_name=Ada&last_name=L";
const SIGN_IN: &str = "email=ada%40example.com&password=engine-of-1837";

fn start(pooler: &PgBouncer, dir: &Path) -> Server {
    let mut command = vestibule(&["--listen", "127.0.0.1:0", "--database", pooler.url()]);
    command.env("VESTIBULE_KEY_FILE", dir.join("master.key")).env("VESTIBULE_MAIL_TRANSPORT", "none");
    Server::spawn(&mut command, "Database: ").0
}

#[test]
fn server_works_behind_pgbouncer_in_session_mode() {
    let pooler = PgBouncer::start(&["pool_mode=session"]);
    let server = start(&pooler, &fresh_dir("pgbouncer-session"));
    let signed_up = send_request(server.host(), "POST /auth/signup", None, SIGN_UP).unwrap();
    let cookie = signed_up.session().unwrap();
    let created = send_request(server.host(), "POST /organizations", Some(cookie), "name=Acme").unwrap();
    let path = format!("POST /organizations/{}/invitations", created.text("id"));
    for guest in 0..20 {
        let invited =
            send_request(server.host(), &path, Some(cookie), &format!("email=guest{guest}%40example.com")).unwrap();
        assert_eq!(invited.status, 200);
    }
    server.stop();
}

/// Without `server_reset_query`, a session keeps the prepared statements and the settings of its last client.
#[test]
fn server_restarts_behind_pgbouncer_that_resets_nothing() {
    let pooler = PgBouncer::start(&["pool_mode=session", "server_reset_query="]);
    let dir = fresh_dir("pgbouncer-without-reset");
    for request in [("POST /auth/signup", SIGN_UP), ("POST /auth/signin", SIGN_IN), ("POST /auth/signin", SIGN_IN)] {
        let server = start(&pooler, &dir);
        let response = send_request(server.host(), request.0, None, request.1).unwrap();
        assert_eq!(response.status, 200, "{request:?}");
        let created = send_request(server.host(), "POST /organizations", response.session(), "name=Acme").unwrap();
        assert_eq!(created.status, 200);
        server.stop();
    }
}

/// Runs a command that must be refused, and returns its message.
fn refusal(subcommand: &str, url: &str, key: &Path) -> String {
    let mut command = vestibule(&[subcommand]);
    command.env("VESTIBULE_DATABASE", url).env("VESTIBULE_KEY_FILE", key);
    command.env("VESTIBULE_LISTEN", "127.0.0.1:0").env("VESTIBULE_MAIL_TRANSPORT", "none");
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{subcommand} {url}: {stderr}");
    assert!(!key.exists(), "nothing is created");
    stderr
}

#[test]
fn start_and_doctor_refuse_pgbouncer_that_shares_sessions() {
    let key = fresh_dir("pgbouncer-refused").join("master.key");
    for settings in [
        &["pool_mode=transaction"][..],
        &["pool_mode=statement"],
        &["pool_mode=transaction", "default_pool_size=1"],
        &["pool_mode=transaction", "min_pool_size=8", "server_round_robin=1"],
        &["pool_mode=transaction", "server_reset_query_always=1"],
    ] {
        let pooler = PgBouncer::start(settings);
        for subcommand in ["doctor", "serve", "migrate"] {
            let message = refusal(subcommand, pooler.url(), &key);
            assert!(message.contains("pool_mode = session"), "{settings:?} {subcommand}: {message}");
        }
    }
}

#[test]
fn start_and_doctor_refuse_pgbouncer_that_drops_the_search_path() {
    let key = fresh_dir("pgbouncer-options").join("master.key");
    for (settings, found) in [
        (&["pool_mode=session"][..], "unsupported startup parameter"),
        (&["pool_mode=session", "ignore_startup_parameters=options,extra_float_digits"], "ignores the search_path"),
    ] {
        let pooler = PgBouncer::start(settings);
        let url = format!("{}?options=-c%20search_path%3Dvestibule", pooler.url());
        for subcommand in ["doctor", "serve"] {
            let message = refusal(subcommand, &url, &key);
            assert!(message.contains(found) && message.contains("ALTER ROLE"), "{subcommand}: {message}");
        }
    }
}
