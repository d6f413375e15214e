//! A way to the server that can be cut: the network between a process and its database, in the test's hands.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It arrives.
    Open,
    /// It goes nowhere, and nobody is told.
    Frozen,
    /// Every connection is closed, and no new one lives.
    Closed,
    /// Connections are closed once this text has been sent to the server, before any answer comes back.
    ClosedBehind(&'static str),
}

/// The way, as long as it is not dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    way: watch::Sender<Way>,
    packets: Arc<AtomicU32>,
}

impl Proxy {
    /// A way to this server, open.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (way, watched) = watch::channel(Way::Open);
        let packets = Arc::new(AtomicU32::new(u32::MAX));
        let left = Arc::clone(&packets);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connect(client, server, watched.clone(), Arc::clone(&left)));
            }
        });
        Self { address, way, packets }
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the way for all connections, there and to come.
    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
    }

    /// Lets this many more packets through to the server; the next one's connection is closed instead, and only that.
    pub fn cut_after(&self, packets: u32) {
        self.packets.store(packets, Ordering::SeqCst);
    }

    /// Whether the cut that was asked for has happened; from then on there is none.
    pub fn has_cut(&self) -> bool {
        self.packets.swap(u32::MAX, Ordering::SeqCst) > u32::MAX / 2
    }
}

async fn connect(client: TcpStream, server: SocketAddr, mut way: watch::Receiver<Way>, left: Arc<AtomicU32>) {
    client.set_nodelay(true).unwrap();
    while *way.borrow_and_update() == Way::Frozen {
        if way.changed().await.is_err() {
            return;
        }
    }
    if *way.borrow() == Way::Closed {
        return;
    }
    let Ok(server) = TcpStream::connect(server).await else { return };
    server.set_nodelay(true).unwrap();
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let muted = Arc::new(AtomicBool::new(false));
    tokio::select! {
        () = to_the_server(from_client, to_server, way.clone(), &left, &muted) => {}
        () = to_the_client(from_server, to_client, way, &muted) => {}
    }
}

/// What has been read, once the way lets it pass; `None` when the connection is to be closed.
async fn read<'a>(from: &mut OwnedReadHalf, buffer: &'a mut [u8], way: &mut watch::Receiver<Way>) -> Option<&'a [u8]> {
    let length = loop {
        tokio::select! {
            read = from.read(buffer) => break read.ok().filter(|length| *length > 0)?,
            changed = way.changed() => match (changed, *way.borrow_and_update()) {
                (Err(_), _) | (_, Way::Closed) => return None,
                _ => {}
            },
        }
    };
    while *way.borrow_and_update() == Way::Frozen {
        way.changed().await.ok()?;
    }
    Some(&buffer[..length])
}

async fn to_the_server(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut way: watch::Receiver<Way>,
    left: &AtomicU32,
    muted: &AtomicBool,
) {
    let mut buffer = vec![0; 1 << 16];
    while let Some(bytes) = read(&mut from, &mut buffer, &mut way).await {
        if left.fetch_sub(1, Ordering::SeqCst) == 0 {
            return;
        }
        let last = match *way.borrow() {
            Way::ClosedBehind(text) => bytes.windows(text.len()).any(|window| window == text.as_bytes()),
            _ => false,
        };
        muted.store(last, Ordering::SeqCst);
        if to.write_all(bytes).await.is_err() {
            return;
        }
        if last {
            // The server does what it has read, tells nobody, and closes; then the other direction ends both.
            let _ = to.shutdown().await;
            std::future::pending::<()>().await;
        }
    }
}

async fn to_the_client(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut way: watch::Receiver<Way>,
    muted: &AtomicBool,
) {
    let mut buffer = vec![0; 1 << 16];
    while let Some(bytes) = read(&mut from, &mut buffer, &mut way).await {
        if !muted.load(Ordering::SeqCst) && to.write_all(bytes).await.is_err() {
            return;
        }
    }
}
