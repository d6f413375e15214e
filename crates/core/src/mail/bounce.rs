//! Delivery reports: bounces (RFC 3464, RFC 6533) and complaints (RFC 5965). They are untrusted input: anybody can send
//! one.

use hmac::{Hmac, KeyInit, Mac};
use mailparse::{MailHeaderMap, ParsedMail, parse_mail};
use sha2::Sha256;

use super::delivery_status::RecipientStatus;
use super::message::OWN_MESSAGE_ID;
use super::smtp::sanitize_reason;
use crate::settings::Secret;

/// The limit on nested MIME parts.
const MAX_DEPTH: usize = 8;

/// A report about one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryReport {
    /// The message id of that mail, without angle brackets.
    pub message_id: String,
    pub outcome: DeliveryOutcome,
    /// One line without addresses. It may be empty.
    pub reason: String,
}

/// The outcome that a report states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The mail could not be delivered.
    Bounced,
    /// The recipient reported the mail as spam.
    Complained,
    /// Anything that needs no action: the mail was delivered, or is delayed.
    Other,
}

impl DeliveryReport {
    /// Removes the angle brackets of the message id, and sanitizes the reason.
    pub fn new(message_id: &str, outcome: DeliveryOutcome, reason: &str) -> Self {
        let message_id = message_id.trim().trim_start_matches('<').trim_end_matches('>').to_owned();
        Self { message_id, outcome, reason: sanitize_reason(reason) }
    }
}

/// Verifies the signature of a report that was sent by HTTP, as in Standard Webhooks: an HMAC-SHA256 of id, timestamp
/// and body.
pub fn is_signature_valid(secret: &Secret, (id, timestamp, body): (&str, &str, &[u8]), signature: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_str().as_bytes()) else {
        return false;
    };
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac.verify_slice(signature).is_ok()
}

/// Parses a report from a mail: a delivery status notification, or a complaint (RFC 5965). `None` for any other mail,
/// and for a report that does not name the mail it is about.
pub fn parse_report(eml: &[u8]) -> Option<DeliveryReport> {
    let mail = parse_mail(without_mbox_line(eml)).ok()?;
    let report = Report::find(&mail, MAX_DEPTH)?;
    let returned = report.returned_headers();
    let (outcome, reason) = report.outcome(returned.as_ref())?;
    let message_id = returned.and_then(|returned| returned.message_id);
    let message_id = message_id.or_else(|| first_id(&mail.headers.get_first_value("In-Reply-To")?))?;
    Some(DeliveryReport::new(&message_id, outcome, &reason))
}

/// A part that machines read, and the parts beside it.
struct Report<'a> {
    status: &'a ParsedMail<'a>,
    parts: &'a [ParsedMail<'a>],
}

/// The headers of the mail that a report is about.
struct ReturnedHeaders {
    message_id: Option<String>,
    /// The address in `To`. Our mails have one.
    recipient: String,
}

const DELIVERY_STATUS: [&str; 2] = ["message/delivery-status", "message/global-delivery-status"];
const FEEDBACK_REPORT: &str = "message/feedback-report";
const RETURNED: [&str; 4] = ["message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"];

impl<'a> Report<'a> {
    /// Finds the outermost report. The parts of an attached mail are not looked at: it may be a report itself, about
    /// another mail.
    fn find(mail: &'a ParsedMail<'a>, depth: usize) -> Option<Self> {
        let is_status = |part: &&ParsedMail<'_>| {
            let kind = part.ctype.mimetype.as_str();
            DELIVERY_STATUS.contains(&kind) || kind == FEEDBACK_REPORT
        };
        if is_status(&mail) {
            return Some(Self { status: mail, parts: &[] });
        }
        if let Some(status) = mail.subparts.iter().find(is_status) {
            return Some(Self { status, parts: &mail.subparts });
        }
        let remaining = depth.checked_sub(1)?;
        mail.subparts.iter().find_map(|part| Self::find(part, remaining))
    }

    fn returned_headers(&self) -> Option<ReturnedHeaders> {
        let is_returned = |part: &ParsedMail<'_>| RETURNED.contains(&part.ctype.mimetype.as_str());
        let part = self.parts.iter().find_map(|part| find(part, MAX_DEPTH, &is_returned))?;
        let body = part.get_body_raw().ok()?;
        let (headers, _) = mailparse::parse_headers(body.trim_ascii_start()).ok()?;
        // Some providers replace the message id.
        let id = headers.get_first_value(OWN_MESSAGE_ID).or_else(|| headers.get_first_value("Message-ID"));
        let to = headers.get_first_value("To").unwrap_or_default();
        let recipient = to.rsplit_once('<').map_or(to.as_str(), |(_, address)| address).trim_end_matches('>');
        Some(ReturnedHeaders { message_id: id.and_then(|id| first_id(&id)), recipient: recipient.trim().to_owned() })
    }

    /// The outcome and its reason. If the report names the recipient of the mail, only that recipient counts, and
    /// otherwise any that failed: an alias may have led elsewhere.
    fn outcome(&self, returned: Option<&ReturnedHeaders>) -> Option<(DeliveryOutcome, String)> {
        let body = self.status.get_body_raw().ok()?;
        let body = String::from_utf8_lossy(&body);
        if self.status.ctype.mimetype == FEEDBACK_REPORT {
            return Some((feedback_outcome(&body), String::new()));
        }
        let mut recipients = RecipientStatus::parse_all(&body);
        if let Some(returned) = returned
            && recipients.iter().any(|recipient| recipient.is_for(&returned.recipient))
        {
            recipients.retain(|recipient| recipient.is_for(&returned.recipient));
        }
        recipients.retain(|recipient| recipient.outcome().is_some());
        let failed = recipients.iter().find(|recipient| recipient.outcome() == Some(DeliveryOutcome::Bounced));
        let (recipient, outcome) = match failed {
            Some(failed) => (failed, DeliveryOutcome::Bounced),
            None => (recipients.first()?, DeliveryOutcome::Other),
        };
        Some((outcome, format!("{} {}", recipient.status, recipient.diagnostic)))
    }
}

/// The kind of a complaint. Some kinds say that nothing is wrong.
fn feedback_outcome(body: &str) -> DeliveryOutcome {
    let mut fields = body.lines().filter_map(|line| line.split_once(':'));
    let kind = fields.find(|(name, _)| name.trim().eq_ignore_ascii_case("Feedback-Type")).map(|(_, kind)| kind.trim());
    match kind.unwrap_or_default().to_ascii_lowercase().as_str() {
        "abuse" | "fraud" | "opt-out" => DeliveryOutcome::Complained,
        _ => DeliveryOutcome::Other,
    }
}

/// The first id in a header such as `Message-ID: <id>` or `In-Reply-To: Your mail <id> (comment)`.
fn first_id(header: &str) -> Option<String> {
    let id = match header.split_once('<') {
        Some((_, rest)) => rest.split('>').next().unwrap_or_default(),
        None => header,
    };
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

/// Removes the line `From …` that separates mails in an mbox file.
fn without_mbox_line(eml: &[u8]) -> &[u8] {
    match eml.iter().position(|byte| *byte == b'\n') {
        Some(end) if eml.starts_with(b"From ") => &eml[end + 1..],
        _ => eml,
    }
}

fn find<'a, 'b>(
    mail: &'b ParsedMail<'a>,
    depth: usize,
    predicate: &dyn Fn(&ParsedMail<'a>) -> bool,
) -> Option<&'b ParsedMail<'a>> {
    if predicate(mail) {
        return Some(mail);
    }
    let remaining = depth.checked_sub(1)?;
    mail.subparts.iter().find_map(|part| find(part, remaining, predicate))
}

#[cfg(test)]
mod tests;
