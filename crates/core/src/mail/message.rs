//! A complete mail and its RFC 5322 form.

use std::fmt;
use std::time::{Duration, SystemTime};

use lettre::address::{Address, Envelope};
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, MultiPartKind, SinglePart};
use sha2::{Digest, Sha256};

use super::sanitize_name;
use crate::email_address::EmailAddress;
use crate::time::Timestamp;

/// The last second of the year 9999, the latest date of a mail.
const MAX_DATE: u64 = 253_402_300_799;
const MAX_ID_LENGTH: usize = 200;

/// A mail in text and HTML. The same fields always give the same bytes, so that a mail that is sent twice can be
/// recognized by its message id.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub to: EmailAddress,
    /// An address, or `Name <address>`.
    pub from: String,
    /// Where answers go. `None` for the sender.
    pub reply_to: Option<ReplyTo>,
    /// One line.
    pub subject: String,
    pub text: String,
    pub html: String,
    /// `left@right` without angle brackets: at most 200 letters, digits, dots, dashes and underscores. The left part is
    /// unique.
    pub message_id: String,
    pub date: Timestamp,
    /// The URL for one-click unsubscribing (RFC 8058).
    pub unsubscribe_url: Option<String>,
}

/// The address that answers to a mail go to.
#[derive(Clone, PartialEq, Eq)]
pub struct ReplyTo {
    /// Plain text of any kind, also user input. May be empty.
    pub name: String,
    pub address: EmailAddress,
}

impl ReplyTo {
    /// An address without a name.
    pub fn address(address: EmailAddress) -> Self {
        Self { name: String::new(), address }
    }

    /// The name is sanitized as names in the text are, so it is one short line.
    fn mailbox(&self) -> Result<Mailbox, InvalidMessage> {
        let address = parse_again(&self.address).ok_or(InvalidMessage("the address for answers is invalid"))?;
        let name = break_encoded_words(&sanitize_name(&self.name));
        Ok(Mailbox::new(Some(name).filter(|name| !name.is_empty()), address))
    }
}

impl Message {
    /// Formats the mail as in RFC 5322, for a transport.
    ///
    /// # Errors
    /// A header with a line break or control character, or an invalid address, message id or unsubscribe URL.
    pub fn eml(&self) -> Result<Vec<u8>, InvalidMessage> {
        if [&self.from, &self.subject].iter().any(|header| header.contains(char::is_control)) {
            return Err(InvalidMessage("a header has a line break or control character in it"));
        }
        if self.id_parts().is_none() {
            return Err(InvalidMessage("the message id is not of the form left@right"));
        }
        let from: Mailbox = self.from.parse().map_err(|_| InvalidMessage("the sender's address is invalid"))?;
        let to = self.recipient()?;
        let envelope = self.envelope()?;
        let seconds = u64::try_from(self.date.unix_seconds()).unwrap_or(0).min(MAX_DATE);
        let body = MultiPart::builder()
            .kind(MultiPartKind::Alternative)
            .boundary(self.boundary())
            .singlepart(part(ContentType::TEXT_PLAIN, &self.text))
            .singlepart(part(ContentType::TEXT_HTML, &self.html));
        let mut mail = lettre::Message::builder()
            .envelope(envelope)
            .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
            .from(from)
            .to(Mailbox::new(None, to))
            .message_id(Some(format!("<{}>", self.message_id)))
            .subject(break_encoded_words(&self.subject))
            // Survives providers that replace the message id, so that a bounce still names this mail.
            .raw_header(HeaderValue::new(OWN_MESSAGE_ID_NAME, format!("<{}>", self.message_id)))
            // Keeps auto-responders from replying (RFC 3834).
            .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()));
        if let Some(reply_to) = &self.reply_to {
            mail = mail.reply_to(reply_to.mailbox()?);
        }
        if let Some(url) = &self.unsubscribe_url {
            if !url.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b',')) {
                return Err(InvalidMessage("the unsubscribe URL is invalid"));
            }
            mail = mail
                .raw_header(HeaderValue::new(LIST_UNSUBSCRIBE, format!("<{url}>")))
                .raw_header(HeaderValue::new(LIST_UNSUBSCRIBE_POST, "List-Unsubscribe=One-Click".to_owned()));
        }
        let mail = mail.multipart(body).map_err(|_| InvalidMessage("the mail cannot be assembled"))?;
        Ok(mail.formatted())
    }

    /// The SMTP envelope.
    pub(super) fn envelope(&self) -> Result<Envelope, InvalidMessage> {
        let from: Mailbox = self.from.parse().map_err(|_| InvalidMessage("the sender's address is invalid"))?;
        let to = self.recipient()?;
        Envelope::new(Some(from.email), vec![to])
            .map_err(|_| InvalidMessage("sender and recipient make no valid envelope"))
    }

    fn recipient(&self) -> Result<Address, InvalidMessage> {
        parse_again(&self.to).ok_or(InvalidMessage("the recipient's address is invalid"))
    }

    /// A file name without extension: the left part of the message id, with `_` for characters other than
    /// `A-Za-z0-9_-`.
    pub(super) fn file_name(&self) -> String {
        let left = self.id_parts().map_or("mail", |(left, _)| left);
        left.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
    }

    fn id_parts(&self) -> Option<(&str, &str)> {
        let is_part = |part: &str| {
            !part.split('.').any(str::is_empty)
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
        };
        self.message_id
            .split_once('@')
            .filter(|(left, right)| self.message_id.len() <= MAX_ID_LENGTH && is_part(left) && is_part(right))
    }

    /// The MIME boundary. It is a digest of the parts, so it is deterministic and no part can contain it. Encoded parts
    /// never contain `=_` either.
    fn boundary(&self) -> String {
        let digest = [&self.message_id, &self.text, &self.html]
            .iter()
            .fold(Sha256::new(), |digest, part| digest.chain_update(Sha256::digest(part.as_bytes())));
        format!("=_{}", data_encoding::HEXLOWER.encode(&digest.finalize()[..20]))
    }
}

/// Parses a stored address, which was not validated by `parse`: the mail must go to the address that was checked.
fn parse_again(address: &EmailAddress) -> Option<Address> {
    let parsed = EmailAddress::parse(address.as_str()).ok().filter(|parsed| parsed == address)?;
    parsed.as_str().parse().ok()
}

/// Leaves a part unencoded if possible, so that links are readable in the mail file. lettre would encode lines of more
/// than 76 characters, although mail may have 998 (RFC 5322, section 2.1.1).
fn part(kind: ContentType, text: &str) -> SinglePart {
    let fits =
        text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) && text.lines().all(|line| line.len() <= 998);
    let body = if fits {
        Body::dangerous_pre_encoded(text.replace('\n', "\r\n").into_bytes(), ContentTransferEncoding::SevenBit)
    } else {
        Body::new(text.to_owned())
    };
    SinglePart::builder().header(kind).body(body)
}

const LIST_UNSUBSCRIBE: HeaderName = HeaderName::new_from_ascii_str("List-Unsubscribe");
const LIST_UNSUBSCRIBE_POST: HeaderName = HeaderName::new_from_ascii_str("List-Unsubscribe-Post");
/// The header that repeats the message id.
pub(super) const OWN_MESSAGE_ID: &str = "Vestibule-Message-ID";
const OWN_MESSAGE_ID_NAME: HeaderName = HeaderName::new_from_ascii_str(OWN_MESSAGE_ID);
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// Prevents a mail program from decoding `=?…?=` in a name: lettre writes ASCII into a header as it is.
fn break_encoded_words(subject: &str) -> String {
    subject.replace("=?", "=\u{2060}?")
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("message_id", &self.message_id)
            .field("to", &self.to.redacted())
            .finish_non_exhaustive()
    }
}

/// The fields make no valid mail. A retry would fail as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidMessage(&'static str);

impl fmt::Display for InvalidMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for InvalidMessage {}

#[cfg(test)]
pub(crate) mod tests;
