//! Why a request failed.

use std::error::Error;
use std::{fmt, io};

use crate::error::chain;

/// The kind of a failure. A caller that may not know about the operator's network is shown no more than this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HttpErrorKind {
    /// The host has an address that is not public.
    BlockedAddress,
    /// The host does not exist in DNS, or has no address.
    NameNotFound,
    /// DNS did not answer.
    LookupFailed,
    /// No address accepted a connection.
    Unreachable,
    /// The connection was closed before the response was complete.
    ConnectionLost,
    /// The certificate is not valid for the host, or there is no common TLS version.
    TlsFailed,
    /// The time for the connection or for the whole exchange has passed.
    Timeout,
    /// The response is larger than the caller accepts.
    TooLarge,
    /// The response is no HTTP.
    InvalidResponse,
}

vestibule_db::text_enum!(HttpErrorKind: BlockedAddress = "blocked_address", NameNotFound = "name_not_found",
    LookupFailed = "lookup_failed", Unreachable = "unreachable", ConnectionLost = "connection_lost",
    TlsFailed = "tls_failed", Timeout = "timeout", TooLarge = "too_large", InvalidResponse = "invalid_response");

/// A failed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpError {
    pub kind: HttpErrorKind,
    /// One line for the operator. It may name addresses.
    pub detail: String,
}

impl HttpError {
    pub(super) fn new(kind: HttpErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// The error of a response that has more bytes than the caller accepts.
    pub(super) fn too_large(limit: usize) -> Self {
        Self::new(HttpErrorKind::TooLarge, format!("the response has more than {limit} bytes"))
    }

    /// An error of the connection while a request was sent or a response was read.
    pub(super) fn from_exchange(error: &hyper::Error) -> Self {
        let kind = if error.is_parse_too_large() {
            HttpErrorKind::TooLarge
        } else if error.is_parse() {
            HttpErrorKind::InvalidResponse
        } else if find_source::<rustls::Error>(error).is_some() {
            HttpErrorKind::TlsFailed
        } else {
            HttpErrorKind::ConnectionLost
        };
        Self::new(kind, chain(error))
    }

    /// An error of the TLS handshake.
    pub(super) fn from_handshake(error: &io::Error) -> Self {
        let is_tls = find_source::<rustls::Error>(error).is_some();
        let kind = if is_tls { HttpErrorKind::TlsFailed } else { HttpErrorKind::ConnectionLost };
        Self::new(kind, error.to_string())
    }
}

/// Finds an error of a type among the sources of an error, also inside of [`io::Error`], whose source is that of the
/// error in it.
fn find_source<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    if let Some(found) = inner.and_then(|inner| (inner as &(dyn Error + 'static)).downcast_ref()) {
        return Some(found);
    }
    error.downcast_ref().or_else(|| error.source().and_then(find_source))
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.detail)
    }
}

impl Error for HttpError {}
