//! The stream between a connection and hyper: it passes on only heads that [`request_head`] accepts.
//!
//! Bytes of a head are held back until the head is complete. hyper therefore never sees a rejected head; it gets a
//! placeholder instead, so that the rejection is a response like others, in its order on the connection.
//!
//! [`request_head`]: super::request_head

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;
use vestibule_core::Code;

use super::request_head::{Body, HeadScanner, check};

/// The request that hyper gets in place of a rejected head.
const PLACEHOLDER: &[u8] = b"GET / HTTP/1.1\r\nhost: rejected\r\nconnection: close\r\n\r\n";
/// Bytes that are discarded before a connection with unread input is closed: more than the largest body.
const MAX_DISCARDED_BYTES: usize = 6 << 20;
/// How long a client may take to send them.
const LINGER_TIMEOUT: Duration = Duration::from_secs(2);

#[expect(clippy::disallowed_methods, reason = "a client sends nothing that tells when it has finished")]
fn linger_timeout() -> Sleep {
    tokio::time::sleep(LINGER_TIMEOUT)
}

/// Why the connection's last head was rejected; empty before that.
pub(super) type Rejection = Arc<OnceLock<Code>>;

/// What the next bytes of the stream are.
#[derive(Debug)]
enum Expected {
    Head(HeadScanner),
    /// This many bytes of a body, more than 0.
    Body(u64),
    /// A chunked body. The service closes the connection after it, so nothing that follows is a request.
    UntilClose,
}

#[derive(Debug)]
pub(super) struct StrictReader<S> {
    stream: S,
    expected: Expected,
    /// Bytes from the stream that hyper has not read yet. In the common case, that a read returns one request, none.
    held: BytesMut,
    /// How many of the held bytes hyper may read.
    released: usize,
    rejection: Rejection,
    /// Set when the connection is closed with unread input.
    linger: Option<Linger>,
    is_shut_down: bool,
}

#[derive(Debug)]
struct Linger {
    remaining_bytes: usize,
    timeout: Pin<Box<Sleep>>,
}

impl<S> StrictReader<S> {
    pub(super) fn new(stream: S, rejection: Rejection) -> Self {
        let expected = Expected::Head(HeadScanner::default());
        Self { stream, expected, held: BytesMut::new(), released: 0, rejection, linger: None, is_shut_down: false }
    }

    /// Returns how many of these unread bytes hyper may read: the first head, or what belongs to the current body.
    /// Returns 0 for an incomplete head.
    fn admit(expected: &mut Expected, bytes: &[u8]) -> Result<usize, Code> {
        match expected {
            Expected::UntilClose => Ok(bytes.len()),
            Expected::Body(remaining) => {
                let length = usize::try_from(*remaining).map_or(bytes.len(), |remaining| remaining.min(bytes.len()));
                *remaining -= length as u64;
                if *remaining == 0 {
                    *expected = Expected::Head(HeadScanner::default());
                }
                Ok(length)
            }
            Expected::Head(scanner) => {
                let Some(length) = scanner.head_length(bytes)? else {
                    return Ok(0);
                };
                *expected = match check(&bytes[..length])? {
                    Body::Length(0) => Expected::Head(HeadScanner::default()),
                    Body::Length(length) => Expected::Body(length),
                    Body::Chunked => Expected::UntilClose,
                };
                Ok(length)
            }
        }
    }

    fn reject(&mut self, code: Code) {
        // The first rejection ends the connection, so there is no second one.
        let _ = self.rejection.set(code);
        self.held = BytesMut::from(PLACEHOLDER);
        self.released = PLACEHOLDER.len();
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StrictReader<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.released > 0 {
                let length = this.released.min(buffer.remaining());
                buffer.put_slice(&this.held[..length]);
                this.held.advance(length);
                this.released -= length;
                return Poll::Ready(Ok(()));
            }
            if this.rejection.get().is_some() {
                // Nothing is read any more. The connection ends after the response; an end of the stream here would
                // end it before.
                return Poll::Pending;
            }
            if !this.held.is_empty() {
                match Self::admit(&mut this.expected, &this.held) {
                    Ok(length) => this.released = length,
                    Err(code) => this.reject(code),
                }
                if this.released > 0 {
                    continue;
                }
            }
            let start = buffer.filled().len();
            ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
            let read = &buffer.filled()[start..];
            if read.is_empty() {
                return Poll::Ready(Ok(()));
            }
            if this.held.is_empty() {
                match Self::admit(&mut this.expected, read) {
                    Ok(length) => {
                        this.held.extend_from_slice(&read[length..]);
                        buffer.set_filled(start + length);
                        if length > 0 {
                            return Poll::Ready(Ok(()));
                        }
                    }
                    Err(code) => {
                        this.reject(code);
                        buffer.set_filled(start);
                    }
                }
            } else {
                this.held.extend_from_slice(read);
                buffer.set_filled(start);
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for StrictReader<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.is_shut_down {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            this.is_shut_down = true;
            if this.has_unread_input() {
                let timeout = Box::pin(linger_timeout());
                this.linger = Some(Linger { remaining_bytes: MAX_DISCARDED_BYTES, timeout });
            }
        }
        this.poll_linger(cx).map(Ok)
    }
}

impl<S: AsyncRead + Unpin> StrictReader<S> {
    /// Whether the client may still be sending: the rest of a body that the handler did not want, or anything after a
    /// rejected head.
    fn has_unread_input(&self) -> bool {
        self.rejection.get().is_some() || !matches!(self.expected, Expected::Head(_))
    }

    /// Discards what the client still sends, until it closes: closing a socket with unread data resets the connection,
    /// and the client may lose the response. It ends after [`MAX_DISCARDED_BYTES`] or [`LINGER_TIMEOUT`].
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(linger) = &mut self.linger else {
            return Poll::Ready(());
        };
        let mut space = [0; 8192];
        while linger.remaining_bytes > 0 {
            let mut buffer = ReadBuf::new(&mut space);
            match Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    linger.remaining_bytes = linger.remaining_bytes.saturating_sub(buffer.filled().len());
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return linger.timeout.as_mut().poll(cx),
            }
        }
        Poll::Ready(())
    }
}
