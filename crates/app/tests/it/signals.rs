//! What signals do to the real server.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;

use crate::server::{Server, fresh_dir, send_request};

fn start(name: &str) -> Server {
    Server::start(&fresh_dir(name)).0
}

fn is_live(server: &Server) -> bool {
    send_request(server.host(), "GET /health/live", None, "").is_ok_and(|response| response.status == 200)
}

#[test]
fn server_ends_in_order_at_every_signal_that_asks_it_to() {
    for signal in ["-TERM", "-INT", "-HUP", "-QUIT"] {
        let mut server = start(&format!("signals{signal}"));
        assert!(is_live(&server));
        server.signal(signal);
        let (code, log) = server.wait();
        assert!(code == Some(0) && log.contains("shutting down"), "{signal}: {log}");
    }
}

/// A shell sends SIGHUP to its jobs, and then the system sends it to those in the foreground.
#[test]
fn a_closing_terminal_does_not_abort_requests() {
    for signals in [&["-HUP", "-HUP"][..], &["-TERM", "-HUP"], &["-HUP", "-HUP", "-HUP"]] {
        let mut server = start("signals-terminal");
        let mut connection = TcpStream::connect(server.host()).unwrap();
        let form = "email=ada%40example.com&password=open-sesame-42";
        let (first, rest) = form.split_at(20);
        write!(
            connection,
            "POST /auth/signup HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
            form.len()
        )
        .unwrap();
        // The server asks for the body, so it has begun to handle the request.
        let mut reader = BufReader::new(connection.try_clone().unwrap());
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert!(line.starts_with("HTTP/1.1 100"), "{line}");
        connection.write_all(first.as_bytes()).unwrap();
        for signal in signals {
            server.signal(signal);
        }
        // The shutdown has begun when the port is closed.
        while TcpStream::connect(server.host()).is_ok() {
            std::thread::yield_now();
        }
        connection.write_all(rest.as_bytes()).unwrap();
        let mut response = String::new();
        reader.read_to_string(&mut response).unwrap();
        assert!(
            response.trim_start().starts_with("HTTP/1.1 200") && response.ends_with('}'),
            "{signals:?}: {response}"
        );
        let (code, log) = server.wait();
        assert_eq!(code, Some(0), "{signals:?}: {log}");
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
    let (server, _) = Server::spawn(&mut command, "Database: ");
    server.signal("-HUP");
    // A signal is delivered before the next request is read, unless it is ignored.
    assert!(is_live(&server) && is_live(&server));
    server.stop();
}

#[test]
fn signals_of_log_rotation_do_nothing() {
    let server = start("signals-rotation");
    for signal in ["-USR1", "-USR2"] {
        server.signal(signal);
        assert!(is_live(&server), "{signal}");
    }
    server.stop();
}

#[test]
fn a_signal_also_ends_the_demo() {
    let dir = fresh_dir("signals-demo");
    let (mut demo, _) = Server::demo(&dir);
    demo.signal("-HUP");
    assert_eq!(demo.wait().0, Some(0));
}
