//! The server at a Unix socket.

use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::server::{Server, fresh_dir, vestibule};

fn start(dir: &Path, variables: &[(&str, &str)]) -> Server {
    std::fs::create_dir_all(dir).unwrap();
    let (listen, database) = (format!("unix:{}", dir.join("h.sock").display()), dir.join("v.db"));
    let mut command = vestibule(&["--listen", &listen, "--database", database.to_str().unwrap()]);
    command.envs(variables.iter().copied());
    let (server, lines) = Server::spawn(&mut command, "Database: ");
    assert_eq!(lines[0], format!("Listening on {listen}"));
    assert_eq!(lines[1], "Public URL: http://localhost");
    server
}

/// A directory whose path is short enough for a socket.
fn short_dir(name: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    (dir, path)
}

/// Sends what `curl --unix-socket` does. Returns the status line, the headers and the body.
pub(crate) fn get(socket: &Path, path: &str, headers: &str) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn serves_at_a_socket_that_only_owner_and_group_can_open() {
    let (_guard, dir) = short_dir("a");
    let server = start(&dir, &[]);
    let socket = dir.join("h.sock");
    assert_eq!(std::fs::metadata(&socket).unwrap().mode() & 0o777, 0o660);
    assert!(get(&socket, "/health/live", "").starts_with("HTTP/1.1 200 OK"));
    // Two requests over one connection.
    let mut stream = UnixStream::connect(&socket).unwrap();
    for _ in 0..2 {
        stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        let mut bytes = [0; 2048];
        let length = stream.read(&mut bytes).unwrap();
        assert!(bytes[..length].starts_with(b"HTTP/1.1 200"));
    }
    drop(stream);
    server.stop();
    assert!(!socket.exists(), "the server removes its socket");
    let server = start(&dir, &[("VESTIBULE_LISTEN_MODE", "600")]);
    assert_eq!(std::fs::metadata(&socket).unwrap().mode() & 0o777, 0o600);
    server.stop();
}

#[test]
fn replaces_the_socket_of_a_killed_server_but_never_of_a_running_one() {
    let (_guard, dir) = short_dir("b");
    let mut server = start(&dir, &[]);
    let socket = dir.join("h.sock");
    let listen = format!("unix:{}", socket.display());
    let other = fresh_dir("unix-other");
    let database = other.join("v.db");
    let second = vestibule(&["--listen", &listen, "--database", database.to_str().unwrap()]).output().unwrap();
    let error = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(error.contains("another server listens there") && error.contains("--listen"), "{error}");
    assert!(get(&socket, "/health/live", "").starts_with("HTTP/1.1 200"), "the first server still listens");
    server.kill();
    assert!(socket.exists());
    let server = start(&dir, &[]);
    assert!(get(&socket, "/health/live", "").starts_with("HTTP/1.1 200"));
    server.stop();
}

#[test]
fn the_proxy_behind_the_socket_is_trusted_only_by_the_settings() {
    let (_guard, dir) = short_dir("c");
    let networks = ("VESTIBULE_HEALTH_ALLOWED_NETWORKS", "203.0.113.9,127.0.0.1,::/0");
    let status = |forwarded: &str| {
        let response = get(&dir.join("h.sock"), "/health/live", forwarded);
        response.split(' ').nth(1).unwrap().to_owned()
    };
    let server = start(&dir, &[networks]);
    // The client's address is unknown.
    assert_eq!(status(""), "404");
    assert_eq!(status("X-Forwarded-For: 203.0.113.9\r\n"), "404");
    server.stop();
    let server = start(&dir, &[networks, ("VESTIBULE_TRUSTED_PROXIES", "unix:")]);
    assert_eq!(status("X-Forwarded-For: 203.0.113.9\r\n"), "200");
    assert_eq!(status("X-Forwarded-For: 198.51.100.1, 203.0.113.9:51234\r\n"), "200");
    assert_eq!(status("X-Forwarded-For: 203.0.113.9, 198.51.100.1\r\n"), "404");
    assert_eq!(status(""), "404");
    server.stop();
}

#[test]
fn refuses_paths_where_it_cannot_listen_safely() {
    let (_guard, dir) = short_dir("d");
    std::fs::create_dir_all(&dir).unwrap();
    let database = dir.join("v.db");
    let start = |listen: &str| {
        let output = vestibule(&["--listen", listen, "--database", database.to_str().unwrap()]).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let file = dir.join("file");
    std::fs::write(&file, "precious").unwrap();
    let (code, error) = start(&format!("unix:{}", file.display()));
    assert!(code == Some(1) && error.contains("not a socket"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    let open = dir.join("open");
    std::fs::create_dir_all(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    let (code, error) = start(&format!("unix:{}/h.sock", open.display()));
    assert!(code == Some(1) && error.contains("every user can write"), "{error}");
    let (code, error) = start("unix:h.sock");
    assert!(code == Some(1) && error.contains("absolute path of a socket"), "{error}");
    assert!(!database.exists(), "nothing was created");
}
