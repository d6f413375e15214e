//! A system without Unix sockets: stop the server before a command that changes data on SQLite.

use std::io;
use std::path::Path;
use std::sync::Arc;

use vestibule_core::service::Service;

use crate::error::SocketError;

#[derive(Debug)]
pub(crate) enum OperatorServer {}

impl OperatorServer {
    pub(crate) fn bind(_: &Path) -> Result<Self, SocketError> {
        Err(SocketError::Io(io::ErrorKind::Unsupported.into()))
    }

    pub(crate) async fn run(self, _: Arc<Service>, _: impl Future<Output = ()>) {
        match self {}
    }
}
