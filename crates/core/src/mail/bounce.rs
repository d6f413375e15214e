//! Delivery reports (RFC 3464). They are untrusted input: anybody can send one.

use hmac::{Hmac, KeyInit, Mac};
use mailparse::{MailHeaderMap, ParsedMail, parse_mail};
use sha2::Sha256;

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

/// Parses a report from a mail. `None` for any other mail, and for a report that does not name the mail it is about.
pub fn parse_report(eml: &[u8]) -> Option<DeliveryReport> {
    let mail = parse_mail(eml).ok()?;
    let status = find(&mail, MAX_DEPTH, &|part| part.ctype.mimetype == "message/delivery-status")?;
    let text = status.get_body().ok()?;
    let field = |name: &str| {
        text.lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let outcome = match field("Action")?.to_ascii_lowercase().as_str() {
        "failed" => DeliveryOutcome::Bounced,
        _ => DeliveryOutcome::Other,
    };
    let reason = [field("Status"), field("Diagnostic-Code")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    Some(DeliveryReport::new(&reported_message_id(&mail)?, outcome, &reason))
}

/// The message id of the mail that a report is about: that of the attached mail, or of the mail that the report
/// answers.
fn reported_message_id(mail: &ParsedMail<'_>) -> Option<String> {
    let is_returned = |part: &ParsedMail<'_>| {
        matches!(part.ctype.mimetype.as_str(), "message/rfc822" | "text/rfc822-headers" | "message/global")
    };
    let returned = find(mail, MAX_DEPTH, &is_returned).and_then(|part| {
        let body = part.get_body_raw().ok()?;
        let (headers, _) = mailparse::parse_headers(&body).ok()?;
        headers.get_first_value("Message-ID")
    });
    returned.or_else(|| mail.headers.get_first_value("In-Reply-To"))
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REPORT: &str = "From: MAILER-DAEMON@mx.example\r
To: hall@example.com\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
Content-Type: text/plain\r
\r
I am sorry.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example\r
\r
Final-Recipient: rfc822; nina@example.com\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 5.1.1 <nina@example.com> no such user\r
--b\r
Content-Type: message/rfc822\r
\r
From: hall@example.com\r
Message-ID: <1.2.3@join.example>\r
\r
Hello\r
--b--\r
";

    #[test]
    fn parses_message_id_outcome_and_reason() {
        let report = parse_report(REPORT.as_bytes()).unwrap();
        assert_eq!(report.message_id, "1.2.3@join.example");
        assert_eq!(report.outcome, DeliveryOutcome::Bounced);
        assert_eq!(report.reason, "5.1.1 smtp; 550 5.1.1 … no such user");
        let delayed = REPORT.replace("Action: failed", "Action: delayed");
        assert_eq!(parse_report(delayed.as_bytes()).unwrap().outcome, DeliveryOutcome::Other);
        let headers_only = REPORT.replace("message/rfc822", "text/rfc822-headers");
        assert_eq!(parse_report(headers_only.as_bytes()).unwrap().message_id, "1.2.3@join.example");
    }

    #[test]
    fn ignores_other_mail() {
        assert_eq!(parse_report(b""), None);
        assert_eq!(parse_report(b"Subject: I am away\r\n\r\nUntil Monday."), None);
        assert_eq!(parse_report(REPORT.replace("Message-ID", "X-Id").as_bytes()), None);
    }

    proptest! {
        #[test]
        fn parses_any_mail_without_panic(at in 0..900_usize, with in "[ -~\r\n]{0,12}") {
            let mut report = REPORT.to_owned();
            let at = report.floor_char_boundary(at.min(report.len()));
            report.insert_str(at, &with);
            let _ = parse_report(report.as_bytes());
            let _ = parse_report(&report.as_bytes()[..at]);
        }
    }
}
