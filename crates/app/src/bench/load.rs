//! The load: connections that each send a request, wait for its answer, and send the next.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::company::Work;
use super::server::Server;

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Played {
    /// Each request's time, in order of length.
    times: Vec<Duration>,
    /// Answers that were no success.
    pub(super) refused: usize,
    took: Duration,
    processor: Option<Duration>,
}

impl Played {
    /// Requests a second.
    pub(super) fn rate(&self) -> f64 {
        count(self.times.len()) / self.took.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// The time that so many percent of the requests stayed within, in milliseconds.
    pub(super) fn percentile_ms(&self, percent: usize) -> f64 {
        let place = (self.times.len() * percent / 100).min(self.times.len().saturating_sub(1));
        self.times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    }

    /// Processor time a request, in microseconds.
    pub(super) fn cpu_us(&self) -> Option<f64> {
        Some(self.processor?.as_secs_f64() * 1_000_000.0 / count(self.times.len()).max(1.0))
    }
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Plays a work on so many connections for so long.
pub(super) async fn play(server: &Server, work: &Work, connections: usize, span: Duration) -> io::Result<Played> {
    let begun = Instant::now();
    let before = server.processor_time();
    let mut players = JoinSet::new();
    let sent = Arc::<AtomicU64>::default();
    for _ in 0..connections {
        let (address, work, sent) = (server.address.clone(), work.clone(), Arc::clone(&sent));
        players.spawn(async move { Connection::open(&address).await?.play(&work, &sent, begun + span).await });
    }
    let mut played = Played::default();
    while let Some(one) = players.join_next().await {
        let (times, refused) = one.map_err(io::Error::other)??;
        played.times.extend(times);
        played.refused += refused;
    }
    played.took = begun.elapsed();
    played.processor = server.processor_time().zip(before).map(|(now, before)| now.saturating_sub(before));
    played.times.sort();
    Ok(played)
}

/// Sends a work's request once and gives the body of the answer.
pub(super) async fn ask(server: &Server, work: &Work) -> io::Result<Vec<u8>> {
    let mut connection = Connection::open(&server.address).await?;
    connection.send(&work.request(0)).await?;
    Ok(connection.body.clone())
}

/// One connection, and what was read from it.
struct Connection {
    stream: TcpStream,
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Connection {
    async fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, head: Vec::new(), body: Vec::new() })
    }

    /// Each request's time, and how many were refused.
    async fn play(mut self, work: &Work, sent: &AtomicU64, until: Instant) -> io::Result<(Vec<Duration>, usize)> {
        let (mut times, mut refused) = (Vec::new(), 0);
        while Instant::now() < until {
            let request = work.request(sent.fetch_add(1, Ordering::Relaxed));
            let begun = Instant::now();
            let status = self.send(&request).await?;
            times.push(begun.elapsed());
            refused += usize::from(status != 200);
        }
        Ok((times, refused))
    }

    /// Sends a request and reads its answer; the status of that.
    async fn send(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        self.head.clear();
        let end = loop {
            let searched = self.head.len().saturating_sub(3);
            if self.stream.read_buf(&mut self.head).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if let Some(end) = self.head[searched..].windows(4).position(|four| four == b"\r\n\r\n") {
                break searched + end + 4;
            }
        };
        self.body = self.head.split_off(end);
        let (status, length) = status_and_length(&self.head).ok_or(ErrorKind::InvalidData)?;
        while self.body.len() < length {
            if self.stream.read_buf(&mut self.body).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(status)
    }
}

/// What an answer's head says (RFC 9112, 4 and 6.2).
fn status_and_length(head: &[u8]) -> Option<(u16, usize)> {
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let named = lines.filter_map(|line| line.split_once(':'));
    let mut lengths = named.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    Some((status, lengths.next()?.1.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answers_head_is_understood() {
        let head = |text: &str| status_and_length(text.as_bytes());
        assert_eq!(head("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"), Some((200, 12)));
        assert_eq!(head("HTTP/1.1 503 \r\na: b\r\ncontent-length:0\r\n\r\n"), Some((503, 0)));
        for wrong in ["", "HTTP/1.1", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 ok\r\ncontent-length: 1\r\n\r\n"] {
            assert_eq!(head(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn percentiles_are_of_what_was_played() {
        let times = (1..=200).map(Duration::from_millis).collect();
        let played = Played { times, took: Duration::from_secs(2), ..Played::default() };
        assert!((played.rate() - 100.0).abs() < 0.01);
        assert!((played.percentile_ms(50) - 101.0).abs() < 0.01);
        assert!((played.percentile_ms(99) - 199.0).abs() < 0.01);
        assert_eq!(played.cpu_us(), None);
        assert!(Played::default().percentile_ms(99).abs() < 0.01);
    }
}
