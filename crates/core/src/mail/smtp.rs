//! Mail carried by SMTP: connections that are kept, TLS, and what the server's answers mean for the mail.

use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tokio::time::timeout;

use super::message::Message;
use super::transport::{MailTransport, Sending, Undelivered};
use crate::settings::{Security, Smtp};

/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 200;

/// Hands mail to a server of the operator's.
pub struct SmtpCarrier {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    patience: Duration,
}

/// Why there is no way to a mail server, or none yet.
#[derive(Debug)]
pub struct SmtpError(String);

impl SmtpCarrier {
    /// A carrier to this server, which calls itself `name` there. Nothing is sent yet, and nobody connected to.
    ///
    /// Errors: the trusted certificate cannot be read; the system has none to trust.
    pub fn new(smtp: &Smtp, name: &str) -> Result<Self, SmtpError> {
        let unusable = |error: Error| SmtpError(message(&error));
        let parameters = || -> Result<TlsParameters, SmtpError> {
            let mut builder = TlsParameters::builder(smtp.host.clone());
            if let Some(file) = &smtp.ca_file {
                let pem = std::fs::read(file).map_err(|error| SmtpError(format!("{}: {error}", file.display())))?;
                builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(unusable)?);
            }
            builder.build_rustls().map_err(unusable)
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
            .hello_name(ClientId::Domain(name.to_owned()));
        if let Some((user, password)) = &smtp.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.as_str().to_owned()));
        }
        Ok(Self { transport: builder.build(), patience: smtp.timeout })
    }

    /// Connects, says hello and signs in, and sends nothing.
    ///
    /// Errors: what the server or the network has against it.
    pub async fn check(&self) -> Result<(), SmtpError> {
        match timeout(self.patience, self.transport.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(SmtpError("it took the connection and closed it again".to_owned())),
            Ok(Err(error)) => Err(SmtpError(message(&error))),
            Err(_) => Err(SmtpError(format!("it did not answer within {} s", self.patience.as_secs_f32()))),
        }
    }
}

impl MailTransport for SmtpCarrier {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        Box::pin(async move {
            let (envelope, eml) = (message.envelope()?, message.eml()?);
            // The library's own time limit ends with the connection; a server may fall silent after any line.
            match timeout(self.patience, self.transport.send_raw(&envelope, &eml)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(undelivered(&error)),
                Err(_) => Err(Undelivered { reason: "the mail server fell silent".to_owned(), retry: true }),
            }
        })
    }
}

/// What the server's refusal means: five hundreds are final, but for those that an operator mends by other settings.
fn undelivered(error: &Error) -> Undelivered {
    let code = error.status().map(u16::from);
    let is_about_us = matches!(code, Some(530 | 534 | 535 | 538));
    Undelivered { reason: message(error), retry: !error.is_permanent() || is_about_us }
}

/// The refusal in words, on one line and without anybody's address.
fn message(error: &Error) -> String {
    if error.is_timeout() {
        return "the mail server did not answer".to_owned();
    }
    let mut message = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    // Each says what its cause says, and then the cause says it again.
    let mut said: Vec<&str> = Vec::new();
    for part in message.split(": ") {
        if !said.contains(&part) {
            said.push(part);
        }
    }
    let message = said.join(": ");
    harmless(&message)
}

/// One short line, in which no word has an `@`.
pub(super) fn harmless(text: &str) -> String {
    let message = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let message: Vec<_> = message.map(|word| if word.contains('@') { "…" } else { word }).collect();
    message.join(" ").chars().take(LONGEST_REASON).collect()
}

impl fmt::Debug for SmtpCarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpCarrier").finish_non_exhaustive()
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
    fn a_reason_is_one_line_without_addresses() {
        assert_eq!(
            harmless("550 5.1.1 <nina@example.com>:\r\n Recipient  address rejected"),
            "550 5.1.1 … Recipient address rejected"
        );
        assert_eq!(harmless(&"x ".repeat(500)).chars().count(), 200);
    }
}
