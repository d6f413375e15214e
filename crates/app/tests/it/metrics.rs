//! The metrics of a real server: off by default, at a TCP port or a Unix socket.

use crate::server::{Server, fresh_dir, send_request_with, vestibule};
use crate::unix_socket::get;

fn start(name: &str, listen: Option<&str>) -> (Server, Vec<String>) {
    let dir = fresh_dir(name);
    let database = dir.join("v.db").to_str().unwrap().to_owned();
    let mut command = vestibule(&["--listen", "127.0.0.1:0", "--database", &database]);
    command.env("VESTIBULE_KEY_FILE", dir.join("master.key")).env("VESTIBULE_MAIL_FILE_DIR", dir.join("mail"));
    command.envs(listen.map(|listen| ("VESTIBULE_METRICS_LISTEN", listen)));
    Server::spawn(&mut command, "Mail: written to files")
}

#[test]
fn serves_metrics_of_all_listeners_at_an_address_of_their_own() {
    let (server, lines) = start("metrics-tcp", Some("127.0.0.1:0"));
    let address = lines.iter().find_map(|line| line.strip_prefix("Metrics: http://")).unwrap();
    let address = address.strip_suffix("/metrics").unwrap();
    let public = lines[0].strip_prefix("Listening on http://").unwrap();
    assert_eq!(send_request_with(public, "GET /health/live", "", "").unwrap().status, 200);
    assert_eq!(send_request_with(public, "GET /metrics", "", "").unwrap().status, 404);
    assert_eq!(send_request_with(address, "GET /health/live", "", "").unwrap().status, 404);
    let scraped = send_request_with(address, "GET /metrics", "", "").unwrap();
    assert_eq!(scraped.status, 200);
    let live =
        "vestibule_http_requests_total{api=\"frontend\",route=\"/health/live\",method=\"GET\",status=\"2xx\"} 1\n";
    assert!(scraped.body.contains(live), "{}", scraped.body);
    assert!(scraped.body.contains("\nprocess_resident_memory_bytes "), "{}", scraped.body);
    server.stop();
}

#[test]
fn serves_metrics_at_a_socket() {
    // The paths of sockets are short.
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("m.sock");
    let (server, lines) = start("metrics-unix", Some(&format!("unix:{}", socket.display())));
    assert!(lines.contains(&format!("Metrics: unix:{}", socket.display())), "{lines:?}");
    assert!(get(&socket, "/metrics", "").contains("\nvestibule_build_info{"));
    server.stop();
    assert!(!socket.exists(), "the server removes its socket");
}

#[test]
fn metrics_are_off_by_default() {
    let (server, lines) = start("metrics-off", None);
    assert!(!lines.iter().any(|line| line.starts_with("Metrics: ")), "{lines:?}");
    server.stop();
}
