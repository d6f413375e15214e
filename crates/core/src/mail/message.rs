//! One mail, complete but for the road it takes.

use std::fmt;
use std::time::{Duration, SystemTime};

use lettre::address::{Address, Envelope};
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, MultiPartKind, SinglePart};
use sha2::{Digest, Sha256};

use crate::email_address::EmailAddress;
use crate::time::Timestamp;

/// The last second of the year 9999, which is as far as a mail's date can go.
const LAST_SECOND: u64 = 253_402_300_799;
const LONGEST_ID: usize = 200;

/// A mail in text and HTML. The same fields always make the same bytes, so a mail that is carried twice is one mail to
/// whoever compares message ids.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Whom it goes to.
    pub to: EmailAddress,
    /// Whom it comes from: an address, or `Name <address>`.
    pub from: String,
    /// One line.
    pub subject: String,
    /// The words.
    pub text: String,
    /// The same words, for programs that show HTML.
    pub html: String,
    /// `left@right` without angle brackets, at most 200 letters, digits, dots, dashes and underscores; the left part
    /// names the mail among all of ours.
    pub message_id: String,
    /// When it was written.
    pub date: Timestamp,
    /// Where one gets no more mail of this kind, with one click (RFC 8058): an https or http URL.
    pub stop: Option<String>,
}

impl Message {
    /// The mail as bytes of RFC 5322, ready for a carrier.
    ///
    /// Errors: a header that would not be one line of its own, or an address that is none.
    pub fn eml(&self) -> Result<Vec<u8>, NotAMessage> {
        if [&self.from, &self.subject].iter().any(|header| header.contains(char::is_control)) {
            return Err(NotAMessage("a header has a line break or control character in it"));
        }
        if self.id_parts().is_none() {
            return Err(NotAMessage("the message id is not of the form left@right"));
        }
        let from: Mailbox = self.from.parse().map_err(|_| NotAMessage("the sender's address cannot be read"))?;
        let to = self.receiver()?;
        let envelope = self.envelope()?;
        let seconds = u64::try_from(self.date.unix_seconds()).unwrap_or(0).min(LAST_SECOND);
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
            .subject(undecodable(&self.subject))
            // Answering machines leave such mail alone (RFC 3834).
            .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()));
        if let Some(stop) = &self.stop {
            if !stop.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b',')) {
                return Err(NotAMessage("the way to unsubscribe is no URL"));
            }
            mail = mail
                .raw_header(HeaderValue::new(LIST_UNSUBSCRIBE, format!("<{stop}>")))
                .raw_header(HeaderValue::new(LIST_UNSUBSCRIBE_POST, "List-Unsubscribe=One-Click".to_owned()));
        }
        let mail = mail.multipart(body).map_err(|_| NotAMessage("the parts make no mail"))?;
        Ok(mail.formatted())
    }

    /// Between whom it travels.
    pub(super) fn envelope(&self) -> Result<Envelope, NotAMessage> {
        let from: Mailbox = self.from.parse().map_err(|_| NotAMessage("the sender's address cannot be read"))?;
        let to = self.receiver()?;
        Envelope::new(Some(from.email), vec![to]).map_err(|_| NotAMessage("sender and address make no envelope"))
    }

    /// Read once more, because a row can hold what `parse` has never seen: mail goes to the address that was compared.
    fn receiver(&self) -> Result<Address, NotAMessage> {
        EmailAddress::parse(self.to.as_str())
            .ok()
            .filter(|read| *read == self.to)
            .and_then(|read| read.as_str().parse().ok())
            .ok_or(NotAMessage("the address is none"))
    }

    /// A file name for this mail without its ending: the id's left part, other signs than `A-Za-z0-9_-` as `_`.
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
            .filter(|(left, right)| self.message_id.len() <= LONGEST_ID && is_part(left) && is_part(right))
    }

    /// Made from what it parts, so that it comes out the same every time and no text can have it in it. `=_` never
    /// occurs in an encoded part besides.
    fn boundary(&self) -> String {
        let digest = [&self.message_id, &self.text, &self.html]
            .iter()
            .fold(Sha256::new(), |digest, part| digest.chain_update(Sha256::digest(part.as_bytes())));
        format!("=_{}", data_encoding::HEXLOWER.encode(&digest.finalize()[..20]))
    }
}

/// A part as it is written, if it can be: then a link stands whole in the file for whoever looks into it with a pager.
/// lettre would encode lines over 76 characters, although mail may have 998 (RFC 5322, 2.1.1).
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
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// ASCII goes into a header as it is, so `=?…?=` in a name would be decoded by the reader's program.
fn undecodable(subject: &str) -> String {
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

/// These fields make no mail. Sending them again would not help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAMessage(&'static str);

impl fmt::Display for NotAMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for NotAMessage {}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    pub(crate) fn message() -> Message {
        Message {
            to: EmailAddress::parse("Nora@example.com").unwrap(),
            from: "Vestibule <mail@vestibule.example>".to_owned(),
            subject: "Žofie invites you".to_owned(),
            text: "Žofie asks you in.\n\nhttps://join.example/invite#a=b+c\n".to_owned(),
            html: format!("<p>Žofie asks you in.</p>\n<p>{}</p>", "long ".repeat(100)),
            message_id: "invitation-12.1@vestibule.example".to_owned(),
            date: Timestamp::from_microseconds(1_705_919_400_000_000),
            stop: None,
        }
    }

    /// Header names and values of one part (unfolded), and its body.
    fn read(part: &str) -> (Vec<(String, String)>, String) {
        let (head, body) = part.split_once("\r\n\r\n").unwrap();
        let headers = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let headers = headers.split("\r\n").map(|line| line.split_once(": ").expect(line));
        (headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), body.to_owned())
    }

    fn value<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
        &headers.iter().find(|(header, _)| header == name).expect(name).1
    }

    fn decoded((headers, body): (Vec<(String, String)>, String)) -> String {
        let bytes = match value(&headers, "Content-Transfer-Encoding") {
            "7bit" => body.into_bytes(),
            "base64" => STANDARD.decode(body.replace("\r\n", "")).unwrap(),
            "quoted-printable" => unquoted(&body),
            other => panic!("{other}"),
        };
        String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
    }

    fn unquoted(body: &str) -> Vec<u8> {
        let joined = body.replace("=\r\n", "");
        let (first, rest) = joined.split_once('=').unwrap_or((&joined, ""));
        let mut bytes = first.as_bytes().to_owned();
        for piece in rest.split('=').filter(|piece| !piece.is_empty()) {
            bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
            bytes.extend_from_slice(&piece.as_bytes()[2..]);
        }
        bytes
    }

    /// Headers of the whole, and both parts decoded.
    fn taken_apart(message: &Message) -> (Vec<(String, String)>, String, String) {
        let eml = String::from_utf8(message.eml().unwrap()).unwrap();
        assert!(eml.is_ascii());
        assert!(!eml.replace("\r\n", "").contains(['\r', '\n']));
        let (headers, body) = read(&eml);
        let boundary = format!("--{}", message.boundary());
        let pieces: Vec<_> = body.split(&boundary).collect();
        let [_, text, html, end] = pieces.as_slice() else { panic!("{} pieces", pieces.len()) };
        assert_eq!(end.trim(), "--");
        let part = |piece: &str| {
            let (headers, body) = read(piece.strip_prefix("\r\n").unwrap());
            decoded((headers, body.strip_suffix("\r\n").unwrap().to_owned()))
        };
        assert!(text.contains("Content-Type: text/plain; charset=utf-8\r\n"), "{text}");
        assert!(html.contains("Content-Type: text/html; charset=utf-8\r\n"), "{html}");
        (headers, part(text), part(html))
    }

    const HEADERS: [&str; 8] =
        ["Date", "From", "To", "Message-ID", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type"];

    #[test]
    fn a_mail_reads_back() {
        let message = message();
        let (headers, text, html) = taken_apart(&message);
        assert_eq!(headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), HEADERS);
        assert_eq!(value(&headers, "Date"), "Mon, 22 Jan 2024 10:30:00 +0000");
        assert_eq!(value(&headers, "From"), "Vestibule <mail@vestibule.example>");
        assert_eq!(value(&headers, "To"), "Nora@example.com");
        assert_eq!(value(&headers, "Message-ID"), "<invitation-12.1@vestibule.example>");
        assert_eq!(value(&headers, "Subject"), "=?utf-8?b?xb1vZmll?= invites you");
        assert_eq!(value(&headers, "Auto-Submitted"), "auto-generated");
        let kind = format!("multipart/alternative; boundary=\"{}\"", message.boundary());
        assert_eq!(value(&headers, "Content-Type"), kind);
        assert_eq!((text, html), (message.text.clone(), message.html.clone()));
        assert_eq!(message.eml(), message.eml(), "no clock and no chance in it");
    }

    #[test]
    fn no_header_is_made_of_a_value() {
        for line in ["x\r\nBcc: mallory@evil.com", "x\nBcc: y", "x\rBcc: y", "x\0", "x\u{85}y"] {
            assert!(Message { subject: line.to_owned(), ..message() }.eml().is_err(), "{line:?}");
            assert!(Message { from: format!("{line} <a@b.c>"), ..message() }.eml().is_err(), "{line:?}");
            assert!(Message { message_id: format!("{line}@b.c"), ..message() }.eml().is_err(), "{line:?}");
            let to = EmailAddress::from_stored(format!("a@b.c{line}"), "a@b.c".to_owned());
            assert!(Message { to, ..message() }.eml().is_err(), "{line:?}");
        }
        for id in
            ["", "@", "a@", "@b", "a@b@c", "<a@b>", "a b@c", "a..b@c", "../a@b", &format!("{}@b", "a".repeat(200))]
        {
            assert!(Message { message_id: id.to_owned(), ..message() }.eml().is_err(), "{id:?}");
        }
        let other = EmailAddress::from_stored("mallory@evil.com".to_owned(), "nora@example.com".to_owned());
        assert!(Message { to: other, ..message() }.eml().is_err());
        assert!(Message { from: "nobody".to_owned(), ..message() }.eml().is_err());
        assert!(Message { from: "vestibule@localhost".to_owned(), ..message() }.eml().is_ok());
    }

    #[test]
    fn a_subject_is_not_decoded_twice() {
        let message = Message { subject: "=?utf-8?q?=61?= and =?utf-8?b?YQ==?=".to_owned(), ..message() };
        let (headers, ..) = taken_apart(&message);
        assert!(!value(&headers, "Subject").contains("=?utf-8?q?=61?="));
    }

    #[test]
    fn dates_outside_the_calendar_do_no_harm() {
        for date in [Timestamp::EARLIEST, Timestamp::LATEST] {
            assert!(Message { date, ..message() }.eml().is_ok());
        }
    }

    #[test]
    fn logs_see_neither_words_nor_address() {
        let shown = format!("{:?}", message());
        assert_eq!(
            shown,
            "Message { message_id: \"invitation-12.1@vestibule.example\", to: \"n***@example.com\", .. }"
        );
    }

    proptest! {
        #[test]
        fn every_address_can_be_written_to(
            local in "[A-Za-z0-9#$&'*+/=^_`{|}~-]{1,30}(\\.[A-Za-z0-9#$&'*+/=^_`{|}~-]{1,30})?",
            domain in "([a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?\\.){1,3}[a-z0-9]{0,9}[a-z]",
        ) {
            let address = format!("{local}@{domain}");
            let to = EmailAddress::parse(&address).unwrap();
            let (headers, ..) = taken_apart(&Message { to, ..message() });
            prop_assert_eq!(value(&headers, "To"), address);
        }

        #[test]
        fn any_words_make_the_same_headers(subject in any::<String>(), text in any::<String>(), from in any::<String>()) {
            let _ = Message { from, ..message() }.eml();
            let message = Message { subject: subject.clone(), html: text.clone(), text, ..message() };
            if let Ok(eml) = message.eml() {
                let (headers, _) = read(std::str::from_utf8(&eml).unwrap());
                prop_assert_eq!(headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), HEADERS);
            } else {
                prop_assert!(subject.contains(char::is_control));
            }
        }
    }
}
