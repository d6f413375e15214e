//! More connections than there is room for, and clients that do not take what they asked for.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use vestibule_web::ConnectionLimits;

use crate::harness::App;

/// A server; it ends when its sender is dropped.
async fn serving<F: Future<Output = Response> + Send + 'static>(
    answer: impl Fn(Request, IpAddr) -> F + Clone + Send + 'static,
    room: ConnectionLimits,
) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let stopped = async { drop(stopped.await) };
    (address, stop, tokio::spawn(vestibule_web::serve(listener, answer, room, stopped)))
}

/// Asks once and leaves the connection open.
async fn asks(connection: &mut TcpStream) -> String {
    connection.write_all(b"GET /health/live HTTP/1.1\r\nhost: vestibule.test\r\n\r\n").await.unwrap();
    let mut answer = vec![0; 4096];
    let length = connection.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn whoever_comes_when_there_is_no_room_is_told_to_come_back() {
    let app = App::start().await;
    let server = app.inner.server.clone();
    let answer = move |request, peer| server.clone().handle(request, peer);
    let (address, stop, served) = serving(answer, ConnectionLimits::new(2)).await;
    let mut first = TcpStream::connect(address).await.unwrap();
    let mut second = TcpStream::connect(address).await.unwrap();
    assert!(asks(&mut first).await.starts_with("HTTP/1.1 200"));
    assert!(asks(&mut second).await.starts_with("HTTP/1.1 200"));
    let mut third = TcpStream::connect(address).await.unwrap();
    let mut told = String::new();
    third.read_to_string(&mut told).await.unwrap();
    let (head, body) = told.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 503") && head.contains("retry-after: 1"), "{head}");
    assert!(head.contains(&format!("content-length: {}", body.len())), "{told}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["errors"][0]["code"], "BUSY");
    // Who is in goes on, and who leaves makes room.
    assert!(asks(&mut first).await.starts_with("HTTP/1.1 200"));
    drop(second);
    let mut answer = String::new();
    while !answer.starts_with("HTTP/1.1 200") {
        answer = asks(&mut TcpStream::connect(address).await.unwrap()).await;
    }
    drop((first, stop));
    served.await.unwrap();
}

#[tokio::test]
async fn whoever_reads_nothing_is_let_go_of() {
    // More than the system keeps between the two.
    let answer = async |request: Request| match request.uri().path() {
        "/much" => vec![b' '; 64 << 20].into_response(),
        _ => ().into_response(),
    };
    let room = ConnectionLimits { max_connections: 1, write_timeout: Duration::from_millis(1) };
    let (address, stop, served) = serving(move |request, _| answer(request), room).await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    silent.write_all(b"GET /much HTTP/1.1\r\nhost: vestibule.test\r\n\r\n").await.unwrap();
    // It has the only place, until it is cut off.
    let mut answer = String::new();
    while !answer.starts_with("HTTP/1.1 200") {
        answer = asks(&mut TcpStream::connect(address).await.unwrap()).await;
    }
    let mut left = Vec::new();
    let _ = silent.read_to_end(&mut left).await;
    assert!(left.len() < 64 << 20, "what nobody read was not sent");
    drop(stop);
    served.await.unwrap();
}

#[tokio::test]
async fn a_head_past_its_bound_is_refused() {
    let app = App::start().await;
    let server = app.inner.server.clone();
    let answer = move |request, peer| server.clone().handle(request, peer);
    let (address, stop, served) = serving(answer, ConnectionLimits::new(2)).await;
    let mut long = TcpStream::connect(address).await.unwrap();
    let head = format!("GET /health/live HTTP/1.1\r\nhost: vestibule.test\r\nx: {}\r\n\r\n", "y".repeat(128 << 10));
    // The server may have hung up before all of it was sent.
    let _ = long.write_all(head.as_bytes()).await;
    let mut told = vec![0; 64];
    let length = long.read(&mut told).await.unwrap_or(0);
    let told = String::from_utf8_lossy(&told[..length]);
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 431"), "{told}");
    assert!(asks(&mut TcpStream::connect(address).await.unwrap()).await.starts_with("HTTP/1.1 200"));
    drop((long, stop));
    served.await.unwrap();
}

/// An answer's status, and its body as far as its head says that it goes.
async fn answer_on(connection: &mut TcpStream, request: &str) -> (u16, Vec<u8>) {
    connection.write_all(format!("{request} HTTP/1.1\r\nhost: vestibule.test\r\n\r\n").as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; if request.starts_with("HEAD") { 0 } else { length.parse().unwrap() }];
    connection.read_exact(&mut body).await.unwrap();
    (head[9..12].parse().unwrap(), body)
}

#[tokio::test]
async fn answers_follow_each_other_on_a_connection_whatever_they_say() {
    let app = App::start().await;
    let server = app.inner.server.clone();
    let (address, stop, served) =
        serving(move |request, peer| server.clone().handle(request, peer), ConnectionLimits::new(2)).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    for (request, status) in [
        ("GET /organizations/1/invitations", 401),
        ("GET /organizations/1/nothing", 404),
        ("DELETE /session", 404),
        ("HEAD /session", 200),
        ("GET /organizations/x/invitations", 400),
        ("POST /auth/signin", 400),
        ("GET /session", 200),
    ] {
        let (answered, body) = answer_on(&mut connection, request).await;
        assert_eq!(answered, status, "{request}: {}", String::from_utf8_lossy(&body));
        if !request.starts_with("HEAD") {
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["status"], status, "{request}");
        }
    }
    drop((connection, stop));
    served.await.unwrap();
}
