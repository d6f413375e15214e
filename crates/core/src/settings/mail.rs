//! How mail is written and sent.

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;

use super::host::{is_host_name, is_ipv4_like};
use super::{PublicUrl, Secret};
use crate::email_address::EmailAddress;
use crate::language::Language;

const MAX_SENDER_BYTES: usize = 300;
/// RFC 5321, section 4.5.3.1.1.
const MAX_LOCAL_PART_BYTES: usize = 64;

#[derive(Clone, Debug)]
pub struct Mail {
    /// The sender of all mail.
    pub from: String,
    /// Where answers to mail go. `None` for the sender.
    pub reply_to: Option<EmailAddress>,
    /// Whether answers to an invitation go to the inviter, if they have a verified address.
    pub reply_to_inviter: bool,
    pub transport: Transport,
    /// The page that invitation links open; `None` for the built-in `/invite`. See [`Mail::invitation_link`].
    pub invitation_url: Option<String>,
    /// A directory as `Templates::from_folder` reads it.
    pub template_dir: Option<PathBuf>,
    /// The language of mail to recipients whose language is unknown.
    pub language: Language,
    /// The maximum number of mails that are sent at once, for each of the two queues of the outbox.
    pub max_concurrent_deliveries: usize,
    /// A directory where the mail server stores bounces, one per file.
    pub bounce_dir: Option<PathBuf>,
    /// The secret that signs bounces reported by HTTP; `None` rejects them.
    pub bounce_secret: Option<Secret>,
}

impl Mail {
    /// What stands for the token in `invitation_url`.
    pub const TOKEN: &str = "{token}";

    /// Returns the link to an invitation. The token replaces `{token}` in the page's URL. Without that it is the
    /// fragment, which browsers send to no server, proxy or Referer.
    pub fn invitation_link(&self, public_url: &PublicUrl, token: &str) -> String {
        match &self.invitation_url {
            Some(page) if page.contains(Self::TOKEN) => page.replace(Self::TOKEN, token),
            Some(page) => format!("{page}#token={token}"),
            None => format!("{}/invite#token={token}", public_url.as_str()),
        }
    }

    /// Checks a sender: `hello@example.com` or `Name <hello@example.com>`, on one line. The address must be ASCII: only
    /// servers with SMTPUTF8 (RFC 6531) accept another one.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn check_sender(text: &str) -> Result<(), &'static str> {
        if text.contains(char::is_control) || text.len() > MAX_SENDER_BYTES {
            return Err("it must be one line of at most 300 bytes");
        }
        let mailbox: Mailbox = text.parse().map_err(|_| "it is no email address")?;
        let (local, domain) = (mailbox.email.user(), mailbox.email.domain());
        if !local.is_ascii() || local.len() > MAX_LOCAL_PART_BYTES {
            return Err(
                "before the @, the address can have up to 64 ASCII characters only, or many mail servers refuse it",
            );
        }
        if !domain.is_ascii() {
            return Err("write the domain of the address in its ASCII form, xn--…");
        }
        if is_host_name(domain) && !is_ipv4_like(domain) {
            Ok(())
        } else {
            Err("after the @, the address must have a domain name such as example.com, without a dot at its end")
        }
    }
}

/// How mail is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Writes each mail as an `.eml` file into this directory.
    File(PathBuf),
    Smtp(Box<Smtp>),
    /// Sends nothing: the delivery status of an invitation is `not_sent`. An admin can pass on its token, but only to a
    /// user with a verified address, because verification requires mail.
    None,
}

/// The connection to a mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smtp {
    /// The certificate of the server must be valid for this name.
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// User name and password.
    pub credentials: Option<(String, Secret)>,
    /// A PEM file with a certificate that is trusted besides the system's certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// The maximum time to send one mail.
    pub timeout: Duration,
}

/// Encryption of the connection to a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// STARTTLS, required (port 587).
    StartTls,
    /// TLS from the first byte (port 465).
    Tls,
    /// No encryption (port 25).
    None,
}

impl Security {
    /// Returns the standard port.
    pub const fn port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            from: "vestibule@localhost".to_owned(),
            reply_to: None,
            reply_to_inviter: true,
            transport: Transport::None,
            invitation_url: None,
            template_dir: None,
            language: Language::English,
            max_concurrent_deliveries: 4,
            bounce_dir: None,
            bounce_secret: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_the_fragment_unless_the_page_names_its_place() {
        let public_url = PublicUrl::parse("https://join.example.com").unwrap();
        for (page, link) in [
            (None, "https://join.example.com/invite#token=inv_a.b"),
            (Some("https://a.example/join?from=mail"), "https://a.example/join?from=mail#token=inv_a.b"),
            (Some("https://a.example/join?token={token}"), "https://a.example/join?token=inv_a.b"),
            (Some("https://a.example/i/{token}?x=1"), "https://a.example/i/inv_a.b?x=1"),
            (Some("https://a.example/#/join?invite_token={token}"), "https://a.example/#/join?invite_token=inv_a.b"),
        ] {
            let mail = Mail { invitation_url: page.map(str::to_owned), ..Mail::default() };
            assert_eq!(mail.invitation_link(&public_url, "inv_a.b"), link);
        }
    }

    #[test]
    fn sender_is_one_address_with_optional_name() {
        assert_eq!(Mail::check_sender(&Mail::default().from), Ok(()));
        assert_eq!(Mail::check_sender("Vestibule <hall@example.com>"), Ok(()));
        for invalid in ["", "Vestibule", "a@example.com, b@example.com", "a@example.com\r\nBcc: b@example.com"] {
            assert!(Mail::check_sender(invalid).is_err(), "{invalid:?}");
        }
        for valid in
            ["hall@xn--bcher-kva.example", "Büchereingang <hall@example.com>", "\"Hall, Inc.\" <hall@example.com>"]
        {
            assert_eq!(Mail::check_sender(valid), Ok(()), "{valid}");
        }
        for invalid in [
            "hall@bücher.example",
            "Hall <hall@bücher.example>",
            "häll@example.com",
            "hall@example.com.",
            "hall@example..com",
            "hall@-example.com",
            "hall@exa_mple.com",
            "hall@1.2.3.4",
            "hall@",
            "@example.com",
            "Hall <hall@example.com",
            "hall@[127.0.0]",
            "hall@[127.0.0.1]",
        ] {
            assert!(Mail::check_sender(invalid).is_err(), "{invalid:?}");
        }
        assert!(Mail::check_sender(&format!("{}@example.com", "a".repeat(65))).is_err());
        assert!(Mail::check_sender(&format!("{} <a@example.com>", "a".repeat(300))).is_err());
    }
}
