//! What signals do to the real server.

use std::io::Read;
use std::process::Command;

use crate::server::{Server, fresh_dir, send_request};

fn start(name: &str) -> (Server, String) {
    let (server, lines) = Server::start(&fresh_dir(name));
    (server, host(&lines))
}

fn host(lines: &[String]) -> String {
    lines[0].strip_prefix("Listening on http://").unwrap().to_owned()
}

fn is_live(host: &str) -> bool {
    send_request(host, "GET /health/live", None, "").is_ok_and(|response| response.status == 200)
}

#[test]
fn server_ends_in_order_at_every_signal_that_asks_it_to() {
    for signal in ["-TERM", "-INT", "-HUP", "-QUIT"] {
        let (mut server, host) = start(&format!("signals{signal}"));
        assert!(is_live(&host));
        server.signal(signal);
        assert_eq!(server.0.wait().unwrap().code(), Some(0), "{signal}");
        let mut log = String::new();
        server.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert!(log.contains("shutting down"), "{signal}: {log}");
    }
}

/// A shell sends SIGHUP to its jobs, and then the system sends it to those in the foreground.
#[test]
fn a_closing_terminal_does_not_abort_requests() {
    for signals in [&["-HUP", "-HUP"][..], &["-TERM", "-HUP"], &["-HUP", "-HUP", "-HUP"]] {
        let (mut server, host) = start("signals-terminal");
        assert!(is_live(&host));
        for signal in signals {
            // It may have ended already.
            let _ = Command::new("kill").args([signal, &*server.0.id().to_string()]).status();
        }
        assert_eq!(server.0.wait().unwrap().code(), Some(0), "{signals:?}");
    }
}

#[test]
fn server_under_nohup_survives_its_terminal() {
    let dir = fresh_dir("signals-nohup");
    let database = dir.join("v.db");
    let program = env!("CARGO_BIN_EXE_vestibule");
    let mut command = Command::new("nohup");
    command.args([program, "--listen", "127.0.0.1:0", "--database", database.to_str().unwrap()]).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap());
    let (server, lines) = Server::spawn(&mut command, "Database: ");
    let host = host(&lines);
    server.signal("-HUP");
    // A signal is delivered before the next request is read, unless it is ignored.
    assert!(is_live(&host) && is_live(&host));
    server.stop();
}

#[test]
fn signals_of_log_rotation_do_nothing() {
    let (server, host) = start("signals-rotation");
    for signal in ["-USR1", "-USR2"] {
        server.signal(signal);
        assert!(is_live(&host), "{signal}");
    }
    server.stop();
}

#[test]
fn a_signal_also_ends_the_demo() {
    let dir = fresh_dir("signals-demo");
    let (mut demo, _) = Server::demo(&dir);
    demo.signal("-HUP");
    assert_eq!(demo.0.wait().unwrap().code(), Some(0));
}
