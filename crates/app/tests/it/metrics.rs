//! The metrics of a real server: off by default, at a TCP port or a Unix socket.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::server::{Server, fresh_dir, vestibule};
use crate::unix_socket;

fn start(name: &str, listen: Option<&str>) -> (Server, Vec<String>) {
    let dir = fresh_dir(name);
    let database = dir.join("v.db").to_str().unwrap().to_owned();
    let mut command = vestibule(&["--listen", "127.0.0.1:0", "--database", &database]);
    command.env("VESTIBULE_KEY_FILE", dir.join("master.key")).env("VESTIBULE_MAIL_FILE_DIR", dir.join("mail"));
    command.envs(listen.map(|listen| ("VESTIBULE_METRICS_LISTEN", listen)));
    Server::spawn(&mut command, "Mail: written to files")
}

/// Sends a request. Returns the status line, the headers and the body.
fn get(host: &str, path: &str) -> String {
    let mut connection = TcpStream::connect(host).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn serves_metrics_of_all_listeners_at_an_address_of_their_own() {
    let (server, lines) = start("metrics-tcp", Some("127.0.0.1:0"));
    let address = lines.iter().find_map(|line| line.strip_prefix("Metrics: http://")).unwrap();
    let address = address.strip_suffix("/metrics").unwrap();
    let public = lines[0].strip_prefix("Listening on http://").unwrap();
    for (host, path, status) in
        [(public, "/health/live", 200), (public, "/metrics", 404), (address, "/health/live", 404), (address, "/", 404)]
    {
        let response = get(host, path);
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{host}{path}: {response}");
    }
    let scraped = get(address, "/metrics");
    assert!(scraped.starts_with("HTTP/1.1 200 OK\r\n"), "{scraped}");
    let live =
        "vestibule_http_requests_total{api=\"frontend\",route=\"/health/live\",method=\"GET\",status=\"2xx\"} 1\n";
    assert!(scraped.contains(live), "{}", scraped);
    assert!(scraped.contains("\nprocess_resident_memory_bytes "), "{}", scraped);
    server.stop();
}

#[test]
fn serves_metrics_at_a_socket() {
    // The paths of sockets are short.
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("m.sock");
    let (server, lines) = start("metrics-unix", Some(&format!("unix:{}", socket.display())));
    assert!(lines.contains(&format!("Metrics: unix:{}", socket.display())), "{lines:?}");
    assert!(unix_socket::get(&socket, "/metrics", "").contains("\nvestibule_build_info{"));
    server.stop();
    assert!(!socket.exists(), "the server removes its socket");
}

#[test]
fn metrics_are_off_by_default() {
    let (server, lines) = start("metrics-off", None);
    assert!(!lines.iter().any(|line| line.starts_with("Metrics: ")), "{lines:?}");
    server.stop();
}
