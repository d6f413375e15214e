//! The client's address. The forwarding header of the settings is only used as far as trusted proxies wrote it.

mod forwarded;
mod node;
mod notices;
mod on_behalf;

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue};
use ipnet::IpNet;
use vestibule_core::caller::UNKNOWN_ADDRESS;
use vestibule_core::settings::{ForwardedHeader, Settings};

pub(crate) use node::Node;
pub(crate) use notices::{Notice, Notices};
pub(crate) use on_behalf::on_behalf;

/// What the settings say about proxies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proxies<'a> {
    pub(crate) networks: &'a [IpNet],
    /// Whether a client of the Unix socket is a trusted proxy.
    pub(crate) unix: bool,
    pub(crate) header: ForwardedHeader,
}

impl<'a> Proxies<'a> {
    pub(crate) fn from_settings(settings: &'a Settings) -> Self {
        Self {
            networks: &settings.trusted_proxies,
            unix: settings.trusts_unix_socket,
            header: settings.forwarded_header,
        }
    }

    fn trusts(&self, node: Node) -> bool {
        match node {
            Node::Address(address) => self.networks.iter().any(|network| network.contains(&address)),
            Node::Unix => self.unix,
            Node::Hidden => false,
        }
    }
}

/// The address of a client, and what the operator should know about how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientAddress {
    /// [`UNKNOWN_ADDRESS`] if a trusted proxy does not tell it.
    pub(crate) address: IpAddr,
    pub(crate) notice: Option<Notice>,
}

/// Returns the nearest hop that is not a trusted proxy, or the farthest one if all are.
///
/// If a trusted proxy hides the client, or its entry is unreadable, the address is unknown. It is not the address of
/// the proxy: then one client could use up the limits of all, and an allowlist with the proxy's network would let
/// everyone in.
pub(crate) fn client_address(peer: Node, headers: &HeaderMap, proxies: &Proxies<'_>) -> ClientAddress {
    let (mut node, mut notice) = (peer, None);
    let mut hops = Hops::new(headers, proxies.header);
    while proxies.trusts(node) {
        match hops.next() {
            Some(Ok(Node::Hidden)) => {
                notice = Some(Notice::hidden(node));
                node = Node::Hidden;
            }
            Some(Ok(hop)) => node = hop,
            Some(Err(entry)) => {
                notice = Some(Notice::unreadable(node, entry));
                node = Node::Hidden;
            }
            // A request of the proxy itself, such as a health check.
            None => {
                let other = proxies.header.other();
                if node == peer && headers.contains_key(other.name()) {
                    notice = Some(Notice::other_header(node, other));
                }
                break;
            }
        }
    }
    let address = match node {
        Node::Address(address) => address,
        Node::Unix | Node::Hidden => UNKNOWN_ADDRESS,
    };
    ClientAddress { address, notice }
}

/// The entries of the forwarding header, the last one first: the node, or the text if it is unreadable.
struct Hops<'a>(Box<dyn Iterator<Item = Result<Node, &'a [u8]>> + 'a>);

impl<'a> Hops<'a> {
    fn new(headers: &'a HeaderMap, header: ForwardedHeader) -> Self {
        // Lines are bytes: what the client wrote at their start need not be text.
        let lines = headers.get_all(header.name()).iter().rev().map(HeaderValue::as_bytes);
        Self(match header {
            ForwardedHeader::XForwardedFor => {
                let entries = lines.flat_map(|line| line.rsplit(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
                Box::new(entries.map(|entry| Node::parse(entry).ok_or(entry)))
            }
            ForwardedHeader::Forwarded => {
                let elements = lines.flat_map(forwarded::elements_from_end);
                Box::new(elements.map(|element| forwarded::node(element).ok_or(element)))
            }
        })
    }
}

impl<'a> Iterator for Hops<'a> {
    type Item = Result<Node, &'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

#[cfg(test)]
mod tests;
