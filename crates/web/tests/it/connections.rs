//! Connection limits, slow readers, oversized heads, and keep-alive.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use vestibule_web::{ConnectionLimits, Peer};

use crate::harness::TestApp;

/// Starts a server. It stops when the returned sender is dropped.
pub(crate) async fn serve<F: Future<Output = Response> + Send + 'static>(
    handler: impl Fn(Request, Peer) -> F + Clone + Send + 'static,
    limits: ConnectionLimits,
) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let stopped = async { drop(stopped.await) };
    (address, stop, tokio::spawn(vestibule_web::serve(listener, handler, limits, stopped)))
}

/// Sends one request, and returns what the next read delivers.
async fn send_request(connection: &mut TcpStream) -> String {
    connection.write_all(b"GET /health/live HTTP/1.1\r\nhost: vestibule.test\r\n\r\n").await.unwrap();
    let mut response = vec![0; 4096];
    let length = connection.read(&mut response).await.unwrap();
    String::from_utf8_lossy(&response[..length]).into_owned()
}

#[tokio::test]
async fn returns_503_beyond_connection_limit() {
    let app = TestApp::start().await;
    let server = app.inner.server.clone();
    let handler = move |request, peer| server.clone().handle(request, peer);
    let limits = ConnectionLimits { strict_transport_security: Some("max-age=1"), ..ConnectionLimits::new(2) };
    let (address, stop, served) = serve(handler, limits).await;
    let mut first = TcpStream::connect(address).await.unwrap();
    let mut second = TcpStream::connect(address).await.unwrap();
    assert!(send_request(&mut first).await.starts_with("HTTP/1.1 200"));
    assert!(send_request(&mut second).await.starts_with("HTTP/1.1 200"));
    let mut third = TcpStream::connect(address).await.unwrap();
    let mut rejection = String::new();
    third.read_to_string(&mut rejection).await.unwrap();
    let (head, body) = rejection.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 503") && head.contains("retry-after: 1"), "{head}");
    assert!(head.contains(&format!("content-length: {}", body.len())), "{rejection}");
    for header in [
        "strict-transport-security: max-age=1",
        "x-content-type-options: nosniff",
        "cache-control: no-store",
        "referrer-policy: no-referrer",
        "content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ] {
        assert!(head.lines().any(|line| line == header), "{header}: {head}");
    }
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["errors"][0]["code"], "BUSY");
    // Open connections keep working, and a closed one frees its slot.
    assert!(send_request(&mut first).await.starts_with("HTTP/1.1 200"));
    drop(second);
    let mut response = String::new();
    while !response.starts_with("HTTP/1.1 200") {
        response = send_request(&mut TcpStream::connect(address).await.unwrap()).await;
    }
    drop((first, stop));
    served.await.unwrap();
}

#[tokio::test]
async fn closes_connection_of_client_that_does_not_read() {
    // `/much` is larger than the socket buffers of both sides.
    let handler = async |request: Request| match request.uri().path() {
        "/much" => vec![b' '; 64 << 20].into_response(),
        _ => ().into_response(),
    };
    let limits = ConnectionLimits { write_timeout: Duration::from_millis(1), ..ConnectionLimits::new(1) };
    let (address, stop, served) = serve(move |request, _| handler(request), limits).await;
    let mut stalled = TcpStream::connect(address).await.unwrap();
    stalled.write_all(b"GET /much HTTP/1.1\r\nhost: vestibule.test\r\n\r\n").await.unwrap();
    // It occupies the only slot until the server closes it.
    let mut response = String::new();
    while !response.starts_with("HTTP/1.1 200") {
        response = send_request(&mut TcpStream::connect(address).await.unwrap()).await;
    }
    let mut received = Vec::new();
    let _ = stalled.read_to_end(&mut received).await;
    assert!(received.len() < 64 << 20, "the server sent the whole response");
    drop(stop);
    served.await.unwrap();
}

#[tokio::test]
async fn rejects_oversized_request_head() {
    let app = TestApp::start().await;
    let server = app.inner.server.clone();
    let handler = move |request, peer| server.clone().handle(request, peer);
    let (address, stop, served) = serve(handler, ConnectionLimits::new(2)).await;
    let mut long = TcpStream::connect(address).await.unwrap();
    let head = format!("GET /health/live HTTP/1.1\r\nhost: vestibule.test\r\nx: {}\r\n\r\n", "y".repeat(128 << 10));
    // The server may close the connection before the client has sent everything.
    let _ = long.write_all(head.as_bytes()).await;
    let mut buffer = vec![0; 64];
    let length = long.read(&mut buffer).await.unwrap_or(0);
    let response = String::from_utf8_lossy(&buffer[..length]);
    // The rest that the client sends may reset the connection.
    assert!(response.is_empty() || response.starts_with("HTTP/1.1 431"), "{response}");
    assert!(send_request(&mut TcpStream::connect(address).await.unwrap()).await.starts_with("HTTP/1.1 200"));
    drop((long, stop));
    served.await.unwrap();
}

/// Sends a request. Returns the status, and as much of the body as Content-Length announces.
async fn send_on(connection: &mut TcpStream, request: &str) -> (u16, Vec<u8>) {
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
async fn keeps_connection_alive_after_error_responses() {
    let app = TestApp::start().await;
    let server = app.inner.server.clone();
    let (address, stop, served) =
        serve(move |request, peer| server.clone().handle(request, peer), ConnectionLimits::new(2)).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    for (request, status) in [
        ("GET /organizations/1/invitations", 401),
        ("GET /organizations/1/nothing", 404),
        ("DELETE /session", 404),
        ("HEAD /session", 200),
        ("HEAD /nope", 404),
        ("HEAD /me", 401),
        ("GET /organizations/x/invitations", 400),
        ("POST /auth/signin", 400),
        ("GET /session", 200),
    ] {
        let (actual, body) = send_on(&mut connection, request).await;
        assert_eq!(actual, status, "{request}: {}", String::from_utf8_lossy(&body));
        if !request.starts_with("HEAD") {
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["status"], status, "{request}");
        }
    }
    drop((connection, stop));
    served.await.unwrap();
}

/// The clock is paused: it jumps to the next timeout when all tasks wait.
#[tokio::test]
async fn slow_head_closes_and_slow_body_is_the_clients_timeout() {
    let app = TestApp::start().await;
    let server = app.inner.server.clone();
    let (address, stop, served) =
        serve(move |request, peer| server.clone().handle(request, peer), ConnectionLimits::new(4)).await;
    tokio::time::pause();
    for head in ["", "GET /health/live HTTP/1.1\r\nhost: a\r\n", "GET /health/live HTTP/1.1\r\nhost: a\r\n\r"] {
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(head.as_bytes()).await.unwrap();
        let mut received = Vec::new();
        slow.read_to_end(&mut received).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&received), "", "{head:?}");
    }
    for framing in ["content-length: 100\r\n\r\nemail=", "transfer-encoding: chunked\r\n\r\n6\r\nemail=\r\n"] {
        for path in ["/auth/signin", "/session/sign-out"] {
            let mut slow = TcpStream::connect(address).await.unwrap();
            let head =
                format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\n");
            slow.write_all(format!("{head}{framing}").as_bytes()).await.unwrap();
            let mut received = String::new();
            slow.read_to_string(&mut received).await.unwrap();
            let (head, body) = received.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.1 408 ") && head.contains("connection: close"), "{framing:?}: {head}");
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!((&body["status"], &body["errors"][0]["code"]), (&408.into(), &"REQUEST_TIMEOUT".into()));
        }
    }
    tokio::time::resume();
    drop(stop);
    served.await.unwrap();
}

/// A client that sends its whole body before it reads gets the refusal, and not a reset connection.
#[tokio::test]
async fn client_that_sends_a_refused_body_gets_the_response() {
    let app = TestApp::start().await;
    let server = app.inner.server.clone();
    let handler = move |request, peer| server.clone().handle(request, peer);
    let (address, _stop, _served) = serve(handler, ConnectionLimits::new(2)).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    let body = vec![b'x'; 4 << 20];
    let head = format!(
        "POST /mail/reports HTTP/1.1\r\nhost: vestibule.test\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(&body).await.unwrap();
    let mut response = Vec::new();
    // The response, and then the end of the stream: the server does not wait for more.
    connection.read_to_end(&mut response).await.unwrap();
    assert!(response.starts_with(b"HTTP/1.1 404"), "{}", String::from_utf8_lossy(&response));
}
