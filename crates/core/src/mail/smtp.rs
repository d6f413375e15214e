//! The SMTP transport: pooled connections, TLS, and which errors are temporary.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{AsyncSmtpTransportBuilder, Error, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tokio::time::timeout;

use super::message::Message;
use super::transport::{DeliveryError, MailTransport, SendFuture};
use crate::error::chain;
use crate::names::remove_invisible;
use crate::settings::{ClientName, Security, Smtp};

/// In characters.
pub const MAX_REASON_LENGTH: usize = 500;

/// Idle connections that are kept for the next mail. Deliveries in progress have one connection each, so their number
/// bounds the connections in use.
const MAX_IDLE_CONNECTIONS: u32 = 8;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Sends mail through the operator's SMTP server.
pub struct SmtpTransport {
    builder: AsyncSmtpTransportBuilder,
    /// Clones share one pool of connections.
    transport: Mutex<AsyncSmtpTransport<Tokio1Executor>>,
    timeout: Duration,
}

/// The transport cannot be created, or the server cannot be reached.
#[derive(Debug)]
pub struct SmtpError(String);

impl SmtpTransport {
    /// Does not connect yet. `client_name` is the name in the EHLO command.
    ///
    /// # Errors
    /// The CA file cannot be read, or the system has no CA certificates.
    pub fn new(smtp: &Smtp, client_name: ClientName<'_>) -> Result<Self, SmtpError> {
        let failed = |error: Error| SmtpError(message(&error));
        let parameters = || -> Result<TlsParameters, SmtpError> {
            let mut builder = TlsParameters::builder(smtp.host.clone());
            if let Some(file) = &smtp.ca_file {
                let pem = std::fs::read(file).map_err(|error| SmtpError(format!("{}: {error}", file.display())))?;
                builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(failed)?);
            }
            builder.build_rustls().map_err(failed)
        };
        let tls = match smtp.security {
            Security::StartTls => Tls::Required(parameters()?),
            Security::Tls => Tls::Wrapper(parameters()?),
            Security::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(smtp.host.clone())
            .port(smtp.port)
            .tls(tls)
            .timeout(Some(smtp.timeout))
            .pool_config(PoolConfig::new().max_size(MAX_IDLE_CONNECTIONS).idle_timeout(IDLE_TIMEOUT))
            .hello_name(match client_name {
                ClientName::Domain(name) => ClientId::Domain(name.to_owned()),
                ClientName::Address(IpAddr::V4(address)) => ClientId::Ipv4(address),
                ClientName::Address(IpAddr::V6(address)) => ClientId::Ipv6(address),
            });
        if let Some((user, password)) = &smtp.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.as_str().to_owned()));
        }
        let transport = Mutex::new(builder.clone().build());
        Ok(Self { builder, transport, timeout: smtp.timeout })
    }

    fn transport(&self) -> MutexGuard<'_, AsyncSmtpTransport<Tokio1Executor>> {
        self.transport.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the pool. The library returns a connection to its pool although a mail was abandoned in the middle of
    /// the dialogue. The next mail would wait for the same unresponsive server, or take a late reply for its own.
    fn discard_connections(&self) {
        *self.transport() = self.builder.clone().build();
    }

    /// Connects and authenticates, without sending a mail.
    ///
    /// # Errors
    /// The error of the server or the network.
    pub async fn check(&self) -> Result<(), SmtpError> {
        let transport = self.transport().clone();
        match timeout(self.timeout, transport.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(SmtpError("it accepted the connection and closed it".to_owned())),
            Ok(Err(error)) => Err(SmtpError(message(&error))),
            Err(_) => Err(SmtpError(format!("it did not answer within {} s", self.timeout.as_secs_f32()))),
        }
    }
}

impl MailTransport for SmtpTransport {
    fn send<'a>(&'a self, message: &'a Message) -> SendFuture<'a> {
        Box::pin(async move {
            let (envelope, eml) = (message.envelope()?, message.eml()?);
            // The library's own timeout applies to connecting alone, but a server may stop responding at any time.
            let transport = self.transport().clone();
            match timeout(self.timeout, transport.send_raw(&envelope, &eml)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(delivery_error(&error)),
                Err(_) => {
                    self.discard_connections();
                    Err(DeliveryError { reason: "the mail server stopped responding".to_owned(), retry: true })
                }
            }
        })
    }
}

/// Codes 5xx are permanent, except for authentication errors, which the operator fixes in the settings.
fn delivery_error(error: &Error) -> DeliveryError {
    let code = error.status().map(u16::from);
    let is_authentication_error = matches!(code, Some(530 | 534 | 535 | 538));
    DeliveryError { reason: message(error), retry: !error.is_permanent() || is_authentication_error }
}

/// The error and its sources, on one line and without addresses.
fn message(error: &Error) -> String {
    if error.is_timeout() {
        return "the mail server did not answer".to_owned();
    }
    // lettre's errors repeat the text of their source.
    let mut parts: Vec<&str> = Vec::new();
    let message = chain(error);
    for part in message.split(": ") {
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    sanitize_reason(&parts.join(": "))
}

/// Shortens a reason to one line, and replaces every word with an `@`.
pub(super) fn sanitize_reason(text: &str) -> String {
    let text = remove_invisible(text);
    let message = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let message: Vec<_> = message.map(|word| if word.contains('@') { "…" } else { word }).collect();
    message.join(" ").chars().take(MAX_REASON_LENGTH).collect()
}

impl fmt::Debug for SmtpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpTransport").finish_non_exhaustive()
    }
}

impl fmt::Display for SmtpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SmtpError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sanitized_reason_is_one_line_without_addresses() {
        assert_eq!(
            sanitize_reason("550 5.1.1 <nina@example.com>:\r\n Recipient  address rejected"),
            "550 5.1.1 … Recipient address rejected"
        );
        assert_eq!(sanitize_reason(&"x ".repeat(5000)).chars().count(), MAX_REASON_LENGTH);
    }
}
