//! An HTTP server on loopback for the requests that the service sends: it records them, and misbehaves as it is told.

mod behaviour;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

pub use self::behaviour::Behaviour;

/// A request as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Counts from 1.
    pub connection: usize,
    pub method: String,
    /// The path and the query.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Received {
    /// The value of a header; empty without it.
    ///
    /// # Panics
    /// If it was sent twice.
    pub fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(other, _)| other == name);
        let value = values.next().map_or("", |(_, value)| value);
        assert!(values.next().is_none(), "the header {name} was sent twice");
        value
    }
}

/// A running receiver. It stops with the runtime of the test.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    authority: Option<String>,
}

#[derive(Debug)]
struct Shared {
    always: Mutex<Behaviour>,
    next: Mutex<VecDeque<Behaviour>>,
    received: watch::Sender<Vec<Received>>,
    connections: watch::Sender<usize>,
    is_released: watch::Sender<bool>,
    bytes_sent: AtomicU64,
}

impl Receiver {
    /// Starts a receiver for http that responds with 200.
    pub async fn start() -> Self {
        Self::start_at("127.0.0.1:0", None).await
    }

    /// Starts a receiver on another loopback address.
    pub async fn start_on(address: &str) -> Self {
        Self::start_at(address, None).await
    }

    /// Starts a receiver for https, with a certificate for this name that an authority of its own has issued.
    pub async fn start_tls(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key.serialize_der().try_into().unwrap())
            .unwrap();
        Self::start_at("127.0.0.1:0", Some((config, authority.pem()))).await
    }

    async fn start_at(address: &str, tls: Option<(ServerConfig, String)>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            always: Mutex::new(Behaviour::status(200)),
            next: Mutex::default(),
            received: watch::Sender::default(),
            connections: watch::Sender::default(),
            is_released: watch::Sender::default(),
            bytes_sent: AtomicU64::new(0),
        });
        let (config, authority) = tls.unzip();
        let acceptor = config.map(|config| TlsAcceptor::from(Arc::new(config)));
        tokio::spawn(accept(listener, acceptor, Arc::clone(&shared)));
        Self { address, shared, authority }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of a path on this receiver, by its address.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns the URL of a path with another host name and this receiver's port.
    pub fn https_url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.address.port())
    }

    /// The certificate of the authority in PEM.
    ///
    /// # Panics
    /// If the receiver has no TLS.
    pub fn authority(&self) -> &str {
        self.authority.as_deref().expect("a receiver with TLS")
    }

    /// Treats all further requests in this way.
    pub fn always(&self, behaviour: Behaviour) {
        *self.shared.always.lock().unwrap() = behaviour;
    }

    /// Treats the next requests in these ways, one each.
    pub fn next(&self, behaviours: impl IntoIterator<Item = Behaviour>) {
        self.shared.next.lock().unwrap().extend(behaviours);
    }

    /// Responds to all requests that are held, now and later.
    pub fn release(&self) {
        self.shared.is_released.send_replace(true);
    }

    /// The requests so far, in the order in which they were complete.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.borrow().clone()
    }

    /// Waits until there are this many requests.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let mut received = self.shared.received.subscribe();
        received.wait_for(|received| received.len() >= count).await.unwrap().clone()
    }

    /// The number of connections so far.
    pub fn connections(&self) -> usize {
        *self.shared.connections.borrow()
    }

    /// The number of bytes that were sent, also of those that the client did not read.
    pub fn bytes_sent(&self) -> u64 {
        self.shared.bytes_sent.load(Ordering::SeqCst)
    }
}

impl Shared {
    /// The behaviour for the next request, if `applies` to it.
    fn next_if(&self, applies: impl Fn(&Behaviour) -> bool) -> Option<Behaviour> {
        let mut next = self.next.lock().unwrap();
        match next.front() {
            Some(behaviour) if applies(behaviour) => next.pop_front(),
            Some(_) => None,
            None => Some(self.always.lock().unwrap().clone()).filter(applies),
        }
    }
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).unwrap();
        shared.connections.send_modify(|count| *count += 1);
        let number = *shared.connections.borrow();
        let (acceptor, shared) = (acceptor.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            if shared.next_if(|behaviour| matches!(behaviour, Behaviour::Silent)).is_some() {
                let _open = stream;
                return std::future::pending().await;
            }
            match acceptor {
                None => serve(stream, number, &shared, |stream| stream).await,
                Some(acceptor) => {
                    // A client that does not trust the certificate ends the handshake.
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    serve(stream, number, &shared, |stream| stream.get_ref().0).await;
                }
            }
        });
    }
}

/// Serves the requests of a connection, one after the other.
async fn serve<S>(stream: S, connection: usize, shared: &Shared, tcp: impl Fn(&S) -> &TcpStream)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stream = BufReader::new(stream);
    loop {
        let Some(mut request) = read_head(&mut stream, connection).await else { return };
        let early = shared.next_if(|behaviour| matches!(behaviour, Behaviour::RespondEarly(_)));
        if let Some(Behaviour::RespondEarly(status)) = &early {
            let _ = send(&mut stream, shared, &response(*status, &[], b"")).await;
        }
        request.body = vec![0; request.header("content-length").parse().unwrap_or(0)];
        if stream.read_exact(&mut request.body).await.is_err() {
            return;
        }
        shared.received.send_modify(|received| received.push(request));
        if early.is_some() {
            continue;
        }
        let behaviour = shared.next_if(|_| true).unwrap_or_else(|| Behaviour::status(200));
        if matches!(behaviour, Behaviour::Reset | Behaviour::ResetInBody) {
            tcp(stream.get_ref()).set_zero_linger().unwrap();
        }
        if respond(&mut stream, shared, &behaviour).await.is_none() {
            return;
        }
    }
}

async fn respond_once_released<S: AsyncWrite + Unpin>(stream: &mut S, shared: &Shared, status: u16) -> Option<()> {
    shared.is_released.subscribe().wait_for(|is_released| *is_released).await.ok()?;
    send(stream, shared, &response(status, &[], b"")).await
}

/// Returns `None` if the connection ends.
async fn respond<S: AsyncWrite + Unpin>(stream: &mut S, shared: &Shared, behaviour: &Behaviour) -> Option<()> {
    match behaviour {
        Behaviour::Respond { status, headers, body } => send(stream, shared, &response(*status, headers, body)).await,
        Behaviour::RespondEarly(_) => Some(()),
        Behaviour::RespondAndClose => {
            send(stream, shared, &response(200, &[], b"")).await?;
            let _ = stream.shutdown().await;
            None
        }
        Behaviour::Silent | Behaviour::Hang => std::future::pending().await,
        Behaviour::Held => respond_once_released(stream, shared, 200).await,
        Behaviour::HeldStatus(status) => respond_once_released(stream, shared, *status).await,
        Behaviour::HangInBody => {
            send(stream, shared, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await?;
            std::future::pending().await
        }
        Behaviour::Drip => {
            send(stream, shared, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await?;
            drip(stream, shared, b"1\r\nx\r\n", Duration::from_millis(5)).await
        }
        Behaviour::DripHeaders => {
            send(stream, shared, b"HTTP/1.1 200 OK\r\n").await?;
            // So slow that the limit on the number of headers is not what ends it.
            drip(stream, shared, b"X-Filler: more\r\n", Duration::from_secs(1)).await
        }
        Behaviour::ManyHeaders(count) => {
            let lines = "X-Filler: more\r\n".repeat(*count);
            send(stream, shared, format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 0\r\n\r\n").as_bytes()).await
        }
        Behaviour::Close | Behaviour::Reset => None,
        Behaviour::HalfBody => {
            send(stream, shared, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await?;
            let _ = stream.shutdown().await;
            None
        }
        Behaviour::ResetInBody => {
            send(stream, shared, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await?;
            None
        }
        Behaviour::Gigabytes => {
            send(stream, shared, b"HTTP/1.1 200 OK\r\nContent-Length: 4294967296\r\n\r\n").await?;
            let block = vec![b'x'; 1 << 16];
            for _ in 0..(4_u64 << 30 >> 16) {
                send(stream, shared, &block).await?;
            }
            None
        }
        Behaviour::Endless => {
            let chunk = [b"1000\r\n".as_slice(), &[b'x'; 0x1000], b"\r\n"].concat();
            repeat(stream, shared, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", &chunk).await
        }
        Behaviour::EndlessHeaders => {
            repeat(stream, shared, b"HTTP/1.1 200 OK\r\n", b"X-Filler: more and more\r\n").await
        }
        Behaviour::EndlessHints => repeat(stream, shared, b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n").await,
        Behaviour::Garbage => {
            send(stream, shared, b"220 mail.example ESMTP\r\n").await?;
            None
        }
    }
}

fn response(status: u16, headers: &[(&str, String)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Status\r\nContent-Length: {}\r\n", body.len());
    if status == 204 || status == 304 {
        head = format!("HTTP/1.1 {status} Status\r\n");
    }
    for (name, value) in headers {
        head.extend([name, ": ", value.as_str(), "\r\n"]);
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

/// Returns `None` if the client has closed the connection.
async fn send<S: AsyncWrite + Unpin>(stream: &mut S, shared: &Shared, bytes: &[u8]) -> Option<()> {
    stream.write_all(bytes).await.ok()?;
    stream.flush().await.ok()?;
    shared.bytes_sent.fetch_add(bytes.len() as u64, Ordering::SeqCst);
    Some(())
}

/// Sends a piece at each interval.
async fn drip<S: AsyncWrite + Unpin>(stream: &mut S, shared: &Shared, piece: &[u8], interval: Duration) -> Option<()> {
    let mut interval = tokio::time::interval(interval);
    loop {
        interval.tick().await;
        send(stream, shared, piece).await?;
    }
}

async fn repeat<S: AsyncWrite + Unpin>(stream: &mut S, shared: &Shared, head: &[u8], piece: &[u8]) -> Option<()> {
    send(stream, shared, head).await?;
    loop {
        send(stream, shared, piece).await?;
    }
}

/// Reads a request up to its body. `None` at the end of the connection.
async fn read_head<S: AsyncRead + Unpin>(stream: &mut BufReader<S>, connection: usize) -> Option<Received> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|length| *length > 0)?;
        match line.strip_suffix("\r\n").expect("lines end with CRLF") {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut lines = lines.into_iter();
    let first = lines.next()?;
    let [method, target, "HTTP/1.1"] = first.split(' ').collect::<Vec<_>>()[..] else { panic!("{first}") };
    let headers: Vec<_> = lines
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        })
        .collect();
    let (method, target) = (method.to_owned(), target.to_owned());
    Some(Received { connection, method, target, headers, body: Vec::new() })
}
