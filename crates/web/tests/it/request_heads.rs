//! Malformed heads, over raw connections: each gets an error with a stable code, and ends the connection, so that no
//! byte after it is read as a request (request smuggling).

use std::net::SocketAddr;

use axum::extract::Request;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use vestibule_web::{ConnectionLimits, RejectedHead};

use crate::connections::serve;
use crate::harness::TestApp;

/// Sends bytes and returns everything that the server sends until it closes the connection.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut connection = TcpStream::connect(address).await.unwrap();
    // The server may close the connection before it has read everything.
    let _ = connection.write_all(bytes).await;
    let mut received = Vec::new();
    let _ = connection.read_to_end(&mut received).await;
    String::from_utf8_lossy(&received).into_owned()
}

async fn serve_app(app: &TestApp) -> (SocketAddr, oneshot::Sender<()>) {
    let server = app.inner.server.clone();
    let handler = move |request, peer| server.clone().handle(request, peer);
    let (address, stop, _) = serve(handler, ConnectionLimits::new(16)).await;
    (address, stop)
}

/// A request that must never be answered, because it follows a rejected head.
const SMUGGLED: &str = "GET /health/ready HTTP/1.1\r\nhost: smuggled.test\r\nconnection: close\r\n\r\n";

const MALFORMED: &str = "MALFORMED_REQUEST";
const HOST: &str = "INVALID_HOST";

/// Heads, each with the code of its rejection.
const MALFORMED_HEADS: &[(&str, &str)] = &[
    // Host (RFC 9112, 3.2; RFC 9110, 7.2).
    ("GET /session HTTP/1.1\r\n\r\n", HOST),
    ("GET http://a.test/session HTTP/1.1\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: a\r\nX: y\r\nhOST: a\r\n\r\n", HOST),
    ("GET /session HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost:\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: \t \r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: a b\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: a, b\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: a,b\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: user@a\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: a/b\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: http://a\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: a:99999\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: a:+80\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: a:b\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: a:80:80\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: [::1\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: [a]\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: [::1]a\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: \"a\"\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: <script>\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: a%00b\r\n\r\n", HOST),
    ("GET /session HTTP/1.1\r\nHost: \u{e4}.test\r\n\r\n", HOST),
    // Ends of lines (RFC 9112, 2.2).
    ("GET /session HTTP/1.1\nHost: a\n\n", MALFORMED),
    ("GET /session HTTP/1.1\nHost: a\r\n\r\n", MALFORMED),
    ("GET /session HTTP/1.1\r\nHost: a\n\r\n", MALFORMED),
    ("GET /session HTTP/1.1\r\nHost: a\r\n\n", MALFORMED),
    ("\nGET /session HTTP/1.1\r\nHost: a\r\n\r\n", MALFORMED),
    ("GET /session HTTP/1.1\r\nHost: a\r\nX: y\rZ: z\r\n\r\n", MALFORMED),
    ("GET /session HTTP/1.1\r\nHost: a\r\nX: y\r\r\n\r\n", MALFORMED),
    ("GET /session HTTP/1.1\r\nHost: a\r\rX: y\r\n\r\n", MALFORMED),
    // Header lines (RFC 9112, 5).
    ("GET /session HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", MALFORMED),
    ("GET /session HTTP/1.1\r\nHost: a\r\nX: y\r\n\tfolded\r\n\r\n", MALFORMED),
    ("GET /session HTTP/1.1\r\n Host: a\r\n\r\n", MALFORMED),
    ("GET /session HTTP/1.1\r\nHost : a\r\n\r\n", MALFORMED),
    ("GET /session HTTP/1.1\r\nHost\t: a\r\n\r\n", MALFORMED),
    ("GET /session HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", MALFORMED),
    ("GET /session HTTP/1.1\r\nHost: a\r\n: no name\r\n\r\n", MALFORMED),
    ("GET /session HTTP/1.1\r\nHost: a\r\nX\0: y\r\n\r\n", MALFORMED),
    ("GET /session HTTP/1.1\r\nHost: a\r\nX: y\0z\r\n\r\n", MALFORMED),
    ("GET /session HTTP/1.1\r\nHost: a\r\nX: \u{7f}\r\n\r\n", MALFORMED),
    ("GET /session HTTP/1.1\r\nHost: a\r\nX(y): z\r\n\r\n", MALFORMED),
    ("GET /session HTTP/1.1\r\nHost: a\r\nX\u{e4}: z\r\n\r\n", MALFORMED),
    // Length of the body (RFC 9112, 6).
    ("POST /auth/signin HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", MALFORMED),
    ("POST /auth/signin HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n", MALFORMED),
    ("POST /auth/signin HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\n", MALFORMED),
    ("POST /auth/signin HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n", MALFORMED),
    ("POST /auth/signin HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\n", MALFORMED),
    ("POST /auth/signin HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\n", MALFORMED),
    ("POST /auth/signin HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", MALFORMED),
    ("POST /auth/signin HTTP/1.1\r\nHost: a\r\nContent-Length: 0x4\r\n\r\n", MALFORMED),
    ("POST /auth/signin HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n", MALFORMED),
    ("POST /auth/signin HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", MALFORMED),
    ("POST /auth/signin HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", MALFORMED),
    ("POST /auth/signin HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n", MALFORMED),
    ("POST /auth/signin HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", MALFORMED),
    ("POST /auth/signin HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", MALFORMED),
    ("POST /auth/signin HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\x0bchunked\r\n\r\n", MALFORMED),
    (
        "POST /auth/signin HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        MALFORMED,
    ),
    ("POST /auth/signin HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", MALFORMED),
    // Request line (RFC 9112, 3).
    ("GET /session\r\nHost: a\r\n\r\n", MALFORMED),
    ("GET  /session HTTP/1.1\r\nHost: a\r\n\r\n", MALFORMED),
    ("GET\t/session HTTP/1.1\r\nHost: a\r\n\r\n", MALFORMED),
    ("GET /session  HTTP/1.1\r\nHost: a\r\n\r\n", MALFORMED),
    (" GET /session HTTP/1.1\r\nHost: a\r\n\r\n", MALFORMED),
    ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", MALFORMED),
    ("GET /session HTTP/2.0\r\nHost: a\r\n\r\n", MALFORMED),
    ("GET /session HTTP/1.2\r\nHost: a\r\n\r\n", MALFORMED),
    ("GET /session HTTP/1.10\r\nHost: a\r\n\r\n", MALFORMED),
    ("GET /session http/1.1\r\nHost: a\r\n\r\n", MALFORMED),
    ("GET session HTTP/1.1\r\nHost: a\r\n\r\n", MALFORMED),
    ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", MALFORMED),
    ("GET a.test:80 HTTP/1.1\r\nHost: a\r\n\r\n", MALFORMED),
    ("GET ftp://a.test/session HTTP/1.1\r\nHost: a\r\n\r\n", MALFORMED),
    ("GET http:///session HTTP/1.1\r\nHost: a\r\n\r\n", MALFORMED),
    ("GET http://u:p@a.test/session HTTP/1.1\r\nHost: a\r\n\r\n", MALFORMED),
    ("GET /session#fragment HTTP/1.1\r\nHost: a\r\n\r\n", MALFORMED),
    ("GET /se\0ssion HTTP/1.1\r\nHost: a\r\n\r\n", MALFORMED),
    ("CONNECT /session HTTP/1.1 \r\nHost: a\r\n\r\n", MALFORMED),
    ("CONNECT user@a:80 HTTP/1.1\r\nHost: a\r\n\r\n", MALFORMED),
    ("G(T /session HTTP/1.1\r\nHost: a\r\n\r\n", MALFORMED),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", MALFORMED),
    ("\x16\x03\x01\x02\r\n\r\n", MALFORMED),
];

#[tokio::test]
async fn rejects_malformed_heads_and_closes() {
    let app = TestApp::start().await;
    let (address, _stop) = serve_app(&app).await;
    for &(head, code) in MALFORMED_HEADS {
        let response = exchange(address, format!("{head}{SMUGGLED}").as_bytes()).await;
        assert_eq!(response.matches("HTTP/1.1 ").count(), 1, "{head:?}: {response}");
        let (response_head, body) = response.split_once("\r\n\r\n").unwrap();
        assert!(response_head.starts_with("HTTP/1.1 400 "), "{head:?}: {response}");
        for header in ["connection: close", "x-content-type-options: nosniff", "cache-control: no-store"] {
            assert!(response_head.lines().any(|line| line == header), "{head:?} {header}: {response}");
        }
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!((&body["status"], &body["errors"][0]["code"]), (&400.into(), &code.into()), "{head:?}");
        // The request before it on the connection is answered first.
        let before = "GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n";
        let responses = exchange(address, format!("{before}{head}{SMUGGLED}").as_bytes()).await;
        let statuses: Vec<_> =
            responses.split("HTTP/1.1 ").skip(1).map(|response| response.get(..3).unwrap_or_default()).collect();
        assert_eq!(statuses, ["200", "400"], "{head:?}: {responses}");
    }
}

#[tokio::test]
async fn rejects_heads_with_too_many_or_too_long_lines() {
    let app = TestApp::start().await;
    let (address, _stop) = serve_app(&app).await;
    let lines = |count: usize| "x: y\r\n".repeat(count);
    for (lines, status) in [
        (lines(98), 200),
        (lines(99), 431),
        (lines(8_000), 431),
        (format!("x: {}\r\n", "y".repeat(60 << 10)), 200),
        (format!("x: {}\r\n", "y".repeat(64 << 10)), 431),
    ] {
        let head = format!("GET /health/live HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{lines}\r\n");
        let response = exchange(address, head.as_bytes()).await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{}: {response}", lines.len());
        assert_eq!(response.contains("HEAD_TOO_LARGE"), status == 431, "{response}");
    }
}

#[tokio::test]
async fn accepts_unusual_but_valid_heads() {
    let app = TestApp::start().await;
    let (address, _stop) = serve_app(&app).await;
    for (head, status) in [
        ("GET /health/live HTTP/1.0\r\n\r\n", 200),
        ("GET /health/live HTTP/1.0\r\nHost: a\r\n\r\n", 200),
        ("\r\n\r\nGET /health/live HTTP/1.1\r\nHost: a\r\n", 200),
        ("GET /health/live HTTP/1.1\r\nHost:a.test.:8080\r\n", 200),
        ("GET /health/live HTTP/1.1\r\nHost: \ta_b-c:\t\r\n", 200),
        ("GET /health/live HTTP/1.1\r\nHost: 192.0.2.1:80\r\n", 200),
        ("GET /health/live HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n", 200),
        ("GET /health/live HTTP/1.1\r\nhost: a\r\nX: caf\u{e9}\t;\r\nEmpty:\r\n", 200),
        // The host of an absolute form replaces that of `Host`; the server uses neither.
        ("GET http://other.test/health/live?a=b HTTP/1.1\r\nHost: a\r\n", 200),
        ("GET HTTPS://other.test:443/health/live HTTP/1.1\r\nHost: a\r\n", 200),
        ("GET http://other.test?x HTTP/1.1\r\nHost: a\r\n", 303),
        ("HEAD /health/live HTTP/1.1\r\nHost: a\r\n", 200),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n", 404),
        ("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n", 404),
        ("TRACE /health/live HTTP/1.1\r\nHost: a\r\n", 404),
        ("BREW /session HTTP/1.1\r\nHost: a\r\n", 404),
        // Paths are not normalized.
        ("GET //health/live HTTP/1.1\r\nHost: a\r\n", 404),
        ("GET /health/./live HTTP/1.1\r\nHost: a\r\n", 404),
        ("GET /docs/../health/live HTTP/1.1\r\nHost: a\r\n", 404),
        ("GET /health%2flive HTTP/1.1\r\nHost: a\r\n", 404),
        ("GET /%68ealth/live HTTP/1.1\r\nHost: a\r\n", 404),
        // Except for a slash too many, which is redirected.
        ("GET /health/live/ HTTP/1.1\r\nHost: a\r\n", 308),
        ("GET /health//live/ HTTP/1.1\r\nHost: a\r\n", 404),
    ] {
        let end = if head.ends_with("\r\n\r\n") { "" } else { "Connection: close\r\n\r\n" };
        let response = exchange(address, format!("{head}{end}").as_bytes()).await;
        let version = if head.contains("HTTP/1.0") { "HTTP/1.0" } else { "HTTP/1.1" };
        assert!(response.starts_with(&format!("{version} {status} ")), "{head:?}: {response}");
    }
}

/// Responds with the length of the request's body, or with the code of a rejected head.
async fn echo(request: Request, _: vestibule_web::Peer) -> Response {
    if let Some(RejectedHead(code)) = request.extensions().get() {
        return code.as_str().into_response();
    }
    let path = request.uri().path().to_owned();
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.map(|bytes| bytes.len());
    format!("{path} {}", body.map_or("broken".to_owned(), |length| length.to_string())).into_response()
}

fn bodies(responses: &str) -> Vec<&str> {
    responses.split("HTTP/1.1 ").skip(1).map(|response| response.split_once("\r\n\r\n").unwrap().1).collect()
}

#[tokio::test]
async fn finds_heads_after_bodies_in_any_split_of_the_stream() {
    let (address, _stop, _) = serve(echo, ConnectionLimits::new(4)).await;
    // The bodies look like heads and have bare line feeds.
    let lines = "GET /in-body HTTP/1.1\n\nHost: b\r\n\r\n\n";
    let stream = format!(
        "POST /1 HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{lines}\
         GET /2 HTTP/1.1\r\nhost: a\r\n\r\n\
         \r\nPOST /3 HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n\
         POST /4 HTTP/1.1\r\nhost: a\r\ncontent-length: 40000\r\n\r\n{}\
         GET /5 HTTP/1.1\nhost: a\r\n\r\n{SMUGGLED}",
        lines.len(),
        "\n".repeat(40_000),
    );
    let expected = ["/1 35", "/2 0", "/3 0", "/4 40000", "MALFORMED_REQUEST"];
    assert_eq!(bodies(&exchange(address, stream.as_bytes()).await), expected);
    // The first part ends at each of the first bytes; the rest comes in parts of one size.
    for (first, size) in (1..150).map(|first| (first, 40_000)).chain([(1, 1), (1, 7), (3, 1000)]) {
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.set_nodelay(true).unwrap();
        let (mut reader, mut writer) = connection.split();
        let (first, rest) = stream.as_bytes().split_at(first);
        let write = async {
            for part in std::iter::once(first).chain(rest.chunks(size)) {
                if writer.write_all(part).await.is_err() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        };
        let mut received = Vec::new();
        let (_, ()) = tokio::join!(reader.read_to_end(&mut received), write);
        assert_eq!(bodies(&String::from_utf8_lossy(&received)), expected, "{} {size}", first.len());
    }
}

#[tokio::test]
async fn closes_after_a_chunked_body_so_that_nothing_after_it_is_a_request() {
    let (address, _stop, _) = serve(echo, ConnectionLimits::new(4)).await;
    for (chunks, expected) in [
        ("3\r\nabc\r\n0\r\n\r\n", "/ 3"),
        ("3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n", "/ 5"),
        ("0\r\n\r\n", "/ 0"),
        ("3\nabc\r\n0\r\n\r\n", "/ broken"),
        ("3\r\nabc0\r\n\r\n", "/ broken"),
        ("-1\r\nabc\r\n0\r\n\r\n", "/ broken"),
        ("3;\nGET /\r\nabc\r\n0\r\n\r\n", "/ broken"),
    ] {
        let request = format!("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: Chunked\r\n\r\n{chunks}{SMUGGLED}");
        let responses = exchange(address, request.as_bytes()).await;
        assert_eq!(bodies(&responses), [expected], "{chunks:?}");
        assert!(responses.contains(&format!("{}: close\r\n", header::CONNECTION)), "{responses}");
    }
}
