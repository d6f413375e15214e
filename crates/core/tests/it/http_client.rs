//! The client for requests to URLs that users name, against servers and DNS answers that try to harm.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use vestibule_core::dns::{Dns, DnsError, LookupFuture};
use vestibule_core::http_client::{
    Excess, HttpClient, HttpError, HttpErrorKind, Limits, OutgoingRequest, OutgoingResponse, UrlError,
};
use vestibule_core::permission::parse_network;
use vestibule_core::settings::{AllowedHost, Mode, Settings, TrustedCertificates};
use vestibule_testbed::receiver::{Behaviour, Receiver};

/// The time for what must not time out, also on a slow machine.
const LONG: Duration = Duration::from_mins(2);
/// The time for what never ends.
const SHORT: Duration = Duration::from_millis(100);

/// Answers in this order, whatever the name. The last answer stays.
#[derive(Debug, Default)]
struct ScriptedDns {
    answers: Mutex<VecDeque<Result<Vec<IpAddr>, DnsError>>>,
    lookups: AtomicUsize,
}

impl ScriptedDns {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |addresses: &&[&str]| Ok(addresses.iter().map(|address| address.parse().unwrap()).collect());
        Arc::new(Self { answers: Mutex::new(answers.iter().map(parse).collect()), ..Self::default() })
    }

    fn lookups(&self) -> usize {
        self.lookups.load(Ordering::SeqCst)
    }
}

impl Dns for ScriptedDns {
    fn lookup_txt<'a>(&'a self, _: &'a str) -> LookupFuture<'a> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn lookup_addresses<'a>(&'a self, _: &'a str) -> LookupFuture<'a, IpAddr> {
        self.lookups.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        Box::pin(async move { answer.unwrap() })
    }
}

/// A client that may reach 127.0.0.1, and no other address of this machine, and that trusts the receiver's authority.
fn tls_client(receiver: &Receiver, dns: &Arc<ScriptedDns>, limits: Limits) -> HttpClient {
    let mut settings = Settings::default();
    settings.http_client.allowed_networks = vec![parse_network("127.0.0.1").unwrap()];
    settings.http_client.certificates = TrustedCertificates::parse_pem(receiver.authority().as_bytes()).unwrap();
    HttpClient::with_limits(&settings, Arc::<ScriptedDns>::clone(dns), limits)
}

/// A client as during development: it reaches this machine by http.
fn development_client(limits: Limits) -> HttpClient {
    let settings = Settings { mode: Mode::Staging, ..Settings::default() };
    HttpClient::with_limits(&settings, ScriptedDns::new(&[]), limits)
}

fn without_reuse() -> Limits {
    Limits { idle_timeout: Duration::ZERO, ..Limits::default() }
}

/// Connections that are idle for so long that no test is slower.
fn with_reuse() -> Limits {
    Limits { idle_timeout: LONG, ..Limits::default() }
}

async fn post(client: &HttpClient, url: &str, timeout: Duration) -> Result<OutgoingResponse, HttpError> {
    post_with(client, url, timeout, Excess::Refuse, "{}").await
}

async fn post_with(
    client: &HttpClient,
    url: &str,
    timeout: Duration,
    excess: Excess,
    body: impl Into<Bytes>,
) -> Result<OutgoingResponse, HttpError> {
    let url = client.parse_url(url).unwrap();
    let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    let request = OutgoingRequest {
        method: Method::POST,
        url: &url,
        headers,
        body: body.into(),
        is_repeatable: true,
        timeout,
        max_response_bytes: 1000,
        excess,
    };
    client.send(&request).await
}

fn kind(result: Result<OutgoingResponse, HttpError>) -> HttpErrorKind {
    result.unwrap_err().kind
}

#[tokio::test]
async fn sends_the_request_and_returns_the_response() {
    let receiver = Receiver::start().await;
    receiver.next([Behaviour::Respond {
        status: 404,
        headers: vec![("X-Answer", "yes".to_owned())],
        body: b"not here".to_vec(),
    }]);
    let client = development_client(with_reuse());
    let port = receiver.address().port();
    let response = post(&client, &format!("http://LocalHost:{port}/hook?a=%20b"), LONG).await.unwrap();
    assert_eq!((response.status, response.is_complete), (StatusCode::NOT_FOUND, true));
    assert_eq!((response.headers["x-answer"].as_bytes(), &response.body[..]), (&b"yes"[..], &b"not here"[..]));
    let [request]: [_; 1] = receiver.received().try_into().unwrap();
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/hook?a=%20b"));
    assert_eq!(request.header("host"), format!("localhost:{port}"));
    assert!(request.header("user-agent").starts_with("Vestibule/"));
    assert_eq!((request.header("content-type"), request.header("content-length")), ("application/json", "2"));
    assert_eq!(request.body, b"{}");
    assert_eq!(request.headers.len(), 4, "{:?}", request.headers);
}

#[tokio::test]
async fn connects_only_to_addresses_that_it_has_checked() {
    let receiver = Receiver::start_tls("hooks.example").await;
    // The same port, so that the answer alone makes the difference.
    let internal = Receiver::start_on(&format!("127.0.0.2:{}", receiver.address().port())).await;
    let url = receiver.https_url("hooks.example", "/");
    let dns = ScriptedDns::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let client = tls_client(&receiver, &dns, without_reuse());
    assert_eq!(post(&client, &url, LONG).await.unwrap().status, StatusCode::OK);
    assert_eq!(dns.lookups(), 1, "no second lookup comes between check and connection");
    for lookups in [2, 3] {
        assert_eq!(kind(post(&client, &url, LONG).await), HttpErrorKind::BlockedAddress);
        assert_eq!(dns.lookups(), lookups);
    }
    assert_eq!((receiver.connections(), internal.connections()), (1, 0));

    // A connection to a checked address may be used again, without a lookup.
    let dns = ScriptedDns::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let client = tls_client(&receiver, &dns, with_reuse());
    for _ in 0..3 {
        assert_eq!(post(&client, &url, LONG).await.unwrap().status, StatusCode::OK);
    }
    assert_eq!((dns.lookups(), receiver.connections(), internal.connections()), (1, 2, 0));
}

#[tokio::test]
async fn one_address_that_is_not_public_blocks_the_host() {
    let receiver = Receiver::start_tls("hooks.example").await;
    let url = receiver.https_url("hooks.example", "/");
    for address in [
        "10.0.0.1",
        "127.0.0.2",
        "169.254.169.254",
        "168.63.129.16",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
        "2001:0:7f00:1::",
        "fe80::1",
        "fec0::1",
        "fd00::1",
        "ff02::1",
    ] {
        for answer in [vec![address], vec!["127.0.0.1", address], vec![address, "127.0.0.1"]] {
            let client = tls_client(&receiver, &ScriptedDns::new(&[&answer]), with_reuse());
            let error = post(&client, &url, LONG).await.unwrap_err();
            assert_eq!(error.kind, HttpErrorKind::BlockedAddress, "{answer:?}");
            assert!(error.detail.contains("hooks.example") && error.detail.contains(" address"), "{error}");
        }
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn settings_allow_networks_and_hosts() {
    let receiver = Receiver::start_tls("hooks.internal").await;
    let url = receiver.https_url("hooks.internal", "/");
    let send = async |hosts: &[&str]| {
        let mut settings = Settings::default();
        settings.http_client.allowed_hosts = hosts.iter().map(|host| AllowedHost::parse(host).unwrap()).collect();
        settings.http_client.certificates = TrustedCertificates::parse_pem(receiver.authority().as_bytes()).unwrap();
        let client = HttpClient::new(&settings, ScriptedDns::new(&[&["127.0.0.1"]]));
        post(&client, &url, LONG).await.map(|response| response.status).map_err(|error| error.kind)
    };
    assert_eq!(send(&["hooks.internal"]).await, Ok(StatusCode::OK));
    assert_eq!(send(&[&format!("hooks.internal:{}", receiver.address().port())]).await, Ok(StatusCode::OK));
    assert_eq!(send(&["hooks.internal:1", "internal"]).await, Err(HttpErrorKind::BlockedAddress));
    assert_eq!(send(&[]).await, Err(HttpErrorKind::BlockedAddress));
    assert_eq!(receiver.connections(), 2);
}

#[tokio::test]
async fn verifies_the_certificate_for_the_name_in_the_url() {
    let receiver = Receiver::start_tls("hooks.example").await;
    let other = Receiver::start_tls("hooks.example").await;
    let dns = ScriptedDns::new(&[&["127.0.0.1"]]);
    let client = tls_client(&receiver, &dns, with_reuse());
    assert!(post(&client, &receiver.https_url("HOOKS.example", "/"), LONG).await.is_ok());
    for (url, why) in [
        (receiver.https_url("other.example", "/"), "another name"),
        (receiver.https_url("a.hooks.example", "/"), "a subdomain"),
        (receiver.https_url("127.0.0.1", "/"), "an address"),
        (other.https_url("hooks.example", "/"), "an unknown authority"),
    ] {
        assert_eq!(kind(post(&client, &url, LONG).await), HttpErrorKind::TlsFailed, "{why}");
    }
    assert_eq!((receiver.received().len(), other.received().len()), (1, 0));
    let plain = Receiver::start().await;
    let result = post(&client, &plain.https_url("hooks.example", "/"), LONG).await;
    assert!(matches!(kind(result), HttpErrorKind::TlsFailed | HttpErrorKind::ConnectionLost), "a server without TLS");
}

#[tokio::test]
async fn reports_names_and_servers_that_do_not_answer() {
    let receiver = Receiver::start_tls("hooks.example").await;
    let url = receiver.https_url("hooks.example", "/");
    let dns = ScriptedDns::new(&[&[]]);
    assert_eq!(kind(post(&tls_client(&receiver, &dns, with_reuse()), &url, LONG).await), HttpErrorKind::NameNotFound);
    dns.answers.lock().unwrap()[0] = Err(DnsError("no answer in time".to_owned()));
    assert_eq!(kind(post(&tls_client(&receiver, &dns, with_reuse()), &url, LONG).await), HttpErrorKind::LookupFailed);

    let client = development_client(with_reuse());
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(kind(post(&client, &format!("http://{free}/"), LONG).await), HttpErrorKind::Unreachable);

    // The handshake has a timeout of its own.
    receiver.always(Behaviour::Silent);
    let dns = ScriptedDns::new(&[&["127.0.0.1"]]);
    let client = tls_client(&receiver, &dns, Limits { connect_timeout: SHORT, ..Limits::default() });
    let error = post(&client, &url, LONG).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Timeout);
    assert!(error.detail.contains("no connection"), "{error}");
}

#[tokio::test]
async fn survives_servers_that_hang_break_off_or_send_nonsense() {
    for (behaviour, timeout, expected) in [
        (Behaviour::Silent, SHORT, HttpErrorKind::Timeout),
        (Behaviour::Hang, SHORT, HttpErrorKind::Timeout),
        (Behaviour::HangInBody, SHORT, HttpErrorKind::Timeout),
        (Behaviour::Drip, SHORT, HttpErrorKind::Timeout),
        (Behaviour::EndlessHints, SHORT, HttpErrorKind::Timeout),
        (Behaviour::Close, LONG, HttpErrorKind::ConnectionLost),
        (Behaviour::Reset, LONG, HttpErrorKind::ConnectionLost),
        (Behaviour::HalfBody, LONG, HttpErrorKind::ConnectionLost),
        (Behaviour::Gigabytes, LONG, HttpErrorKind::TooLarge),
        (Behaviour::Endless, LONG, HttpErrorKind::TooLarge),
        (Behaviour::EndlessHeaders, LONG, HttpErrorKind::TooLarge),
        (Behaviour::Garbage, LONG, HttpErrorKind::InvalidResponse),
    ] {
        let receiver = Receiver::start().await;
        receiver.next([behaviour.clone()]);
        let client = development_client(with_reuse());
        let result = post(&client, &receiver.url("/"), timeout).await;
        assert_eq!(kind(result), expected, "{behaviour:?}");
        // The connection is not used again.
        assert_eq!(post(&client, &receiver.url("/"), LONG).await.unwrap().status, StatusCode::OK, "{behaviour:?}");
        assert_eq!(receiver.connections(), 2, "{behaviour:?}");
        assert!(receiver.bytes_sent() < 64 << 20, "{behaviour:?}: {} bytes", receiver.bytes_sent());
    }
}

#[tokio::test]
async fn cuts_off_a_large_body_if_the_status_is_enough() {
    for behaviour in [Behaviour::Gigabytes, Behaviour::Endless, Behaviour::body(vec![b'x'; 1001])] {
        let receiver = Receiver::start().await;
        receiver.next([behaviour.clone()]);
        let client = development_client(with_reuse());
        let response = post_with(&client, &receiver.url("/"), LONG, Excess::Cut, "{}").await.unwrap();
        assert_eq!((response.status, response.body.len(), response.is_complete), (StatusCode::OK, 1000, false));
        assert!(receiver.bytes_sent() < 64 << 20, "{behaviour:?}: {} bytes", receiver.bytes_sent());
        assert!(post(&client, &receiver.url("/"), LONG).await.is_ok());
        assert_eq!(receiver.connections(), 2, "{behaviour:?}");
    }
    let receiver = Receiver::start().await;
    receiver.always(Behaviour::body(vec![b'x'; 1000]));
    let client = development_client(with_reuse());
    for excess in [Excess::Cut, Excess::Refuse] {
        let response = post_with(&client, &receiver.url("/"), LONG, excess, "{}").await.unwrap();
        assert_eq!((response.body.len(), response.is_complete), (1000, true));
    }
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn follows_no_redirect() {
    let (receiver, internal) = (Receiver::start().await, Receiver::start().await);
    let client = development_client(with_reuse());
    for status in [301, 302, 303, 307, 308] {
        for location in [internal.url("/"), "http://169.254.169.254/latest/meta-data/".to_owned(), "/other".to_owned()]
        {
            receiver.next([Behaviour::with_header(status, "Location", &location)]);
            let response = post(&client, &receiver.url("/"), LONG).await.unwrap();
            assert_eq!(
                (response.status.as_u16(), response.headers["location"].to_str().unwrap()),
                (status, &*location)
            );
        }
    }
    assert_eq!((receiver.received().len(), internal.connections()), (15, 0));
    assert!(receiver.received().iter().all(|request| request.target == "/"));
}

#[tokio::test]
async fn uses_connections_again_while_the_server_keeps_them_open() {
    let receiver = Receiver::start().await;
    let client = development_client(with_reuse());
    let url = receiver.url("/");
    for _ in 0..3 {
        post(&client, &url, LONG).await.unwrap();
    }
    assert_eq!(receiver.connections(), 1);
    // Concurrent requests have a connection each, and later ones use these.
    let (first, second, third) =
        tokio::join!(post(&client, &url, LONG), post(&client, &url, LONG), post(&client, &url, LONG));
    assert!([first, second, third].iter().all(Result::is_ok));
    let connections = receiver.connections();
    assert!(connections <= 3);
    for _ in 0..3 {
        post(&client, &url, LONG).await.unwrap();
    }
    assert_eq!(receiver.connections(), connections);
    // A server may close a connection whenever it wants. No request is lost, whether the client has seen it or not.
    receiver.always(Behaviour::RespondAndClose);
    for _ in 0..20 {
        assert_eq!(post(&client, &url, LONG).await.unwrap().status, StatusCode::OK);
    }
}

#[tokio::test]
async fn request_that_may_have_been_processed_is_sent_again_only_if_it_is_repeatable() {
    for (is_repeatable, requests) in [(true, 3), (false, 2)] {
        let receiver = Receiver::start().await;
        let client = development_client(with_reuse());
        let url = client.parse_url(&receiver.url("/")).unwrap();
        let request = OutgoingRequest {
            method: Method::POST,
            url: &url,
            headers: HeaderMap::new(),
            body: Bytes::from_static(b"{}"),
            is_repeatable,
            timeout: LONG,
            max_response_bytes: 0,
            excess: Excess::Refuse,
        };
        client.send(&request).await.unwrap();
        receiver.next([Behaviour::Close]);
        assert_eq!(client.send(&request).await.is_ok(), is_repeatable);
        assert_eq!(receiver.received().len(), requests);
        // A new connection is no reason to try again.
        let client = development_client(with_reuse());
        receiver.next([Behaviour::Close, Behaviour::Close]);
        assert!(client.send(&request).await.is_err());
        assert_eq!(receiver.received().len(), requests + 1);
    }
}

#[tokio::test]
async fn reads_a_response_that_comes_before_the_request_is_sent() {
    let receiver = Receiver::start().await;
    receiver.next([Behaviour::RespondEarly(413)]);
    let client = development_client(with_reuse());
    let body = vec![b'x'; 8 << 20];
    let response = post_with(&client, &receiver.url("/"), LONG, Excess::Cut, body).await.unwrap();
    assert_eq!(response.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(post(&client, &receiver.url("/"), LONG).await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn url_follows_the_mode_and_the_settings() {
    let parse = |settings: &Settings, url: &str| {
        let client = HttpClient::new(settings, ScriptedDns::new(&[]));
        client.parse_url(url).map(|url| url.as_str().to_owned())
    };
    let mut settings = Settings::default();
    assert_eq!(parse(&settings, "http://127.0.0.1:3000/"), Err(UrlError::NotHttps));
    assert_eq!(parse(&settings, "https://10.0.0.1/"), Err(UrlError::BlockedAddress));
    settings.http_client.allowed_networks = vec![parse_network("10.0.0.0/8").unwrap()];
    assert!(parse(&settings, "https://10.0.0.1/").is_ok());
    assert_eq!(parse(&settings, "http://10.0.0.1/"), Err(UrlError::NotHttps));
    settings.mode = Mode::Staging;
    assert!(parse(&settings, "http://127.0.0.1:3000/").is_ok());
}
