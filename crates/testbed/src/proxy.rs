//! A TCP proxy between a process and its database server, which simulates network failures.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the proxy does with data and connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyMode {
    /// Forwards everything.
    Forward,
    /// Keeps connections open and forwards nothing.
    Stall,
    /// Closes every connection, and each new one.
    Refuse,
    /// Forwards requests up to this text, then closes the connection without returning the server's response.
    CloseAfter(&'static str),
}

/// A running proxy.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    mode: watch::Sender<ProxyMode>,
    packets: Arc<AtomicU32>,
}

impl Proxy {
    /// Starts a proxy to this server in mode [`ProxyMode::Forward`].
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mode, watched) = watch::channel(ProxyMode::Forward);
        let packets = Arc::new(AtomicU32::new(u32::MAX));
        let remaining = Arc::clone(&packets);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connect(client, server, watched.clone(), Arc::clone(&remaining)));
            }
        });
        Self { address, mode, packets }
    }

    /// Returns the address that clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the mode of all connections, open and new.
    pub fn set_mode(&self, mode: ProxyMode) {
        self.mode.send_replace(mode);
    }

    /// Forwards this many more packets to the server, then closes the connection of the next one, once.
    pub fn close_after_packets(&self, packets: u32) {
        self.packets.store(packets, Ordering::SeqCst);
    }

    /// Returns whether the connection was closed, and cancels [`Self::close_after_packets`] if not.
    pub fn has_closed(&self) -> bool {
        self.packets.swap(u32::MAX, Ordering::SeqCst) > u32::MAX / 2
    }
}

async fn connect(
    client: TcpStream,
    server: SocketAddr,
    mut mode: watch::Receiver<ProxyMode>,
    remaining: Arc<AtomicU32>,
) {
    client.set_nodelay(true).unwrap();
    while *mode.borrow_and_update() == ProxyMode::Stall {
        if mode.changed().await.is_err() {
            return;
        }
    }
    if *mode.borrow() == ProxyMode::Refuse {
        return;
    }
    let Ok(server) = TcpStream::connect(server).await else { return };
    server.set_nodelay(true).unwrap();
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let muted = Arc::new(AtomicBool::new(false));
    tokio::select! {
        () = forward_to_server(from_client, to_server, mode.clone(), &remaining, &muted) => {}
        () = forward_to_client(from_server, to_client, mode, &muted) => {}
    }
}

/// Reads data, and returns it as soon as the mode allows to forward it. Returns `None` to close the connection.
async fn read<'a>(
    from: &mut OwnedReadHalf,
    buffer: &'a mut [u8],
    mode: &mut watch::Receiver<ProxyMode>,
) -> Option<&'a [u8]> {
    let length = loop {
        tokio::select! {
            read = from.read(buffer) => break read.ok().filter(|length| *length > 0)?,
            changed = mode.changed() => match (changed, *mode.borrow_and_update()) {
                (Err(_), _) | (_, ProxyMode::Refuse) => return None,
                _ => {}
            },
        }
    };
    while *mode.borrow_and_update() == ProxyMode::Stall {
        mode.changed().await.ok()?;
    }
    Some(&buffer[..length])
}

async fn forward_to_server(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut mode: watch::Receiver<ProxyMode>,
    remaining: &AtomicU32,
    muted: &AtomicBool,
) {
    let mut buffer = vec![0; 1 << 16];
    while let Some(bytes) = read(&mut from, &mut buffer, &mut mode).await {
        if remaining.fetch_sub(1, Ordering::SeqCst) == 0 {
            return;
        }
        let last = match *mode.borrow() {
            ProxyMode::CloseAfter(text) => bytes.windows(text.len()).any(|window| window == text.as_bytes()),
            _ => false,
        };
        muted.store(last, Ordering::SeqCst);
        if to.write_all(bytes).await.is_err() {
            return;
        }
        if last {
            // The server executes what it has read and closes the connection, which ends both directions.
            let _ = to.shutdown().await;
            std::future::pending::<()>().await;
        }
    }
}

async fn forward_to_client(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut mode: watch::Receiver<ProxyMode>,
    muted: &AtomicBool,
) {
    let mut buffer = vec![0; 1 << 16];
    while let Some(bytes) = read(&mut from, &mut buffer, &mut mode).await {
        if !muted.load(Ordering::SeqCst) && to.write_all(bytes).await.is_err() {
            return;
        }
    }
}
