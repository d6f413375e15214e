//! Log lines about proxies that do not tell the client's address. Each kind is logged once for a proxy, because such a
//! proxy causes it with every request.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use vestibule_core::settings::ForwardedHeader;

use super::node::Node;

/// Further ones are not logged.
const MAX_NOTICES: usize = 32;
/// Of an unreadable entry, in bytes. More are not logged.
const MAX_SHOWN_BYTES: usize = 60;

/// What the operator should know about a trusted proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    proxy: Node,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Hidden,
    /// The entry, shortened and escaped.
    Unreadable(String),
    /// The proxy does not send the header of the settings, but the request has this one.
    OtherHeader(ForwardedHeader),
}

impl Notice {
    pub(super) const fn hidden(proxy: Node) -> Self {
        Self { proxy, kind: Kind::Hidden }
    }

    pub(super) fn unreadable(proxy: Node, entry: &[u8]) -> Self {
        let entry = entry.trim_ascii();
        let shown = &entry[..entry.len().min(MAX_SHOWN_BYTES)];
        Self { proxy, kind: Kind::Unreadable(shown.escape_ascii().to_string()) }
    }

    pub(super) const fn other_header(proxy: Node, header: ForwardedHeader) -> Self {
        Self { proxy, kind: Kind::OtherHeader(header) }
    }

    fn is_alike(&self, other: &Self) -> bool {
        self.proxy == other.proxy && std::mem::discriminant(&self.kind) == std::mem::discriminant(&other.kind)
    }
}

/// The notices that were logged.
#[derive(Debug, Default)]
pub(crate) struct Notices(Mutex<Vec<Notice>>);

impl Notices {
    /// Logs a notice, unless one of its kind was logged for this proxy.
    pub(crate) fn log(&self, notice: Notice, header: ForwardedHeader) {
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.len() >= MAX_NOTICES || logged.iter().any(|one| one.is_alike(&notice)) {
            return;
        }
        let (proxy, header) = (&notice.proxy, header.name());
        match &notice.kind {
            Kind::Hidden => tracing::warn!(
                %proxy, header,
                "a trusted proxy hides the client's address: limits by address do not apply, and IP allowlists refuse"
            ),
            Kind::Unreadable(entry) => tracing::warn!(
                %proxy, header, entry,
                "the entry of a trusted proxy is no address, so the client's is unknown: limits by address do not apply, \
                 and IP allowlists refuse"
            ),
            Kind::OtherHeader(found) => tracing::warn!(
                %proxy, header, found = found.name(),
                "a trusted proxy does not send the header of forwarded_header: all its clients count as one"
            ),
        }
        logged.push(notice);
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Unix => f.write_str("unix:"),
            Self::Hidden => f.write_str("unknown"),
        }
    }
}
