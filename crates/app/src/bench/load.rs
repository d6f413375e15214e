//! The load generator: each connection sends a request, waits for the response, and sends the next (closed loop).

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::scenario::Scenario;
use super::server::Server;

/// The measurements of one run.
#[derive(Debug, Default)]
pub(super) struct Measurement {
    /// The latency of each request, sorted.
    latencies: Vec<Duration>,
    /// The number of responses with a status other than 200.
    pub(super) failed: usize,
    elapsed: Duration,
    cpu_time: Option<Duration>,
}

impl Measurement {
    pub(super) fn requests_per_second(&self) -> f64 {
        to_f64(self.latencies.len()) / self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// Returns a percentile of the latency in milliseconds.
    pub(super) fn percentile_ms(&self, percent: usize) -> f64 {
        let index = (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(index).map_or(0.0, |latency| latency.as_secs_f64() * 1000.0)
    }

    /// Returns the CPU time per request in microseconds.
    pub(super) fn cpu_us(&self) -> Option<f64> {
        Some(self.cpu_time?.as_secs_f64() * 1_000_000.0 / to_f64(self.latencies.len()).max(1.0))
    }
}

fn to_f64(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Runs a scenario for `duration`.
pub(super) async fn run(
    server: &Server,
    scenario: &Scenario,
    connections: usize,
    duration: Duration,
) -> io::Result<Measurement> {
    let started = Instant::now();
    let cpu_before = server.cpu_time();
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let (address, scenario) = (server.address_of(scenario).to_owned(), scenario.clone());
        tasks.spawn(async move { Connection::open(&address).await?.run_until(&scenario, started + duration).await });
    }
    let mut measurement = Measurement::default();
    while let Some(result) = tasks.join_next().await {
        let (latencies, failed) = result.map_err(io::Error::other)??;
        measurement.latencies.extend(latencies);
        measurement.failed += failed;
    }
    measurement.elapsed = started.elapsed();
    measurement.cpu_time = server.cpu_time().zip(cpu_before).map(|(now, before)| now.saturating_sub(before));
    measurement.latencies.sort();
    Ok(measurement)
}

/// Sends the request of a scenario once and returns the body of the response.
pub(super) async fn fetch(server: &Server, scenario: &Scenario) -> io::Result<Vec<u8>> {
    let mut connection = Connection::open(server.address_of(scenario)).await?;
    connection.send(&scenario.next_request()).await?;
    Ok(connection.body.clone())
}

/// A connection and the last response read from it.
pub(super) struct Connection {
    stream: TcpStream,
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, head: Vec::new(), body: Vec::new() })
    }

    /// Sends requests until `deadline`. Returns the latency of each and the number of failed ones.
    async fn run_until(mut self, scenario: &Scenario, deadline: Instant) -> io::Result<(Vec<Duration>, usize)> {
        let (mut latencies, mut failed) = (Vec::new(), 0);
        while Instant::now() < deadline {
            let request = scenario.next_request();
            let started = Instant::now();
            let status = self.send(&request).await?;
            latencies.push(started.elapsed());
            failed += usize::from(status != 200);
        }
        Ok((latencies, failed))
    }

    /// Sends a request, reads the response, and returns its status.
    pub(super) async fn send(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        self.head.clear();
        let end = loop {
            let searched = self.head.len().saturating_sub(3);
            if self.stream.read_buf(&mut self.head).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if let Some(end) = self.head[searched..].windows(4).position(|window| window == b"\r\n\r\n") {
                break searched + end + 4;
            }
        };
        self.body = self.head.split_off(end);
        let (status, length) = parse_head(&self.head).ok_or(ErrorKind::InvalidData)?;
        while self.body.len() < length {
            if self.stream.read_buf(&mut self.body).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(status)
    }
}

/// Returns the status and the content length of a response (RFC 9112, sections 4 and 6.2).
fn parse_head(head: &[u8]) -> Option<(u16, usize)> {
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(':'));
    let mut lengths = headers.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    // These have no body, and no length.
    if matches!(status, 204 | 304) {
        return Some((status, 0));
    }
    Some((status, lengths.next()?.1.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_status_and_content_length() {
        let parse = |text: &str| parse_head(text.as_bytes());
        assert_eq!(parse("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"), Some((200, 12)));
        assert_eq!(parse("HTTP/1.1 503 \r\na: b\r\ncontent-length:0\r\n\r\n"), Some((503, 0)));
        assert_eq!(parse("HTTP/1.1 204 No Content\r\n\r\n"), Some((204, 0)));
        for invalid in ["", "HTTP/1.1", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 ok\r\ncontent-length: 1\r\n\r\n"] {
            assert_eq!(parse(invalid), None, "{invalid}");
        }
    }

    #[test]
    fn computes_rate_and_percentiles() {
        let latencies = (1..=200).map(Duration::from_millis).collect();
        let measurement = Measurement { latencies, elapsed: Duration::from_secs(2), ..Measurement::default() };
        assert!((measurement.requests_per_second() - 100.0).abs() < 0.01);
        assert!((measurement.percentile_ms(50) - 101.0).abs() < 0.01);
        assert!((measurement.percentile_ms(99) - 199.0).abs() < 0.01);
        assert_eq!(measurement.cpu_us(), None);
        assert!(Measurement::default().percentile_ms(99).abs() < 0.01);
    }
}
