//! More connections than there is room for.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::harness::App;

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
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async { drop(stopped.await) };
    let served = tokio::spawn(vestibule_web::serve(listener, app.inner.router.clone(), 2, stopped));
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
