//! What comes back: reports that a mail was not delivered after all (RFC 3464), read with suspicion, since anybody can
//! send one.

use hmac::{Hmac, KeyInit, Mac};
use mailparse::{MailHeaderMap, ParsedMail, parse_mail};

use sha2::Sha256;

use super::smtp::harmless;
use crate::settings::Secret;

/// Parts within parts that are looked into; more is no report.
const DEEPEST: usize = 8;

/// A report about one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// The message id of the mail it is about, without angle brackets.
    pub message_id: String,
    /// What became of it.
    pub verdict: Verdict,
    /// In words: one line without addresses; perhaps empty.
    pub reason: String,
}

/// What became of a mail after it was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It came back.
    Bounced,
    /// Its reader said that they do not want it.
    Complained,
    /// It was delivered, or is still on its way.
    Fine,
}

impl Bounce {
    /// A report in somebody's own words.
    pub fn new(message_id: &str, verdict: Verdict, reason: &str) -> Self {
        let message_id = message_id.trim().trim_start_matches('<').trim_end_matches('>').to_owned();
        Self { message_id, verdict, reason: harmless(reason) }
    }
}

/// Whether a report that came by HTTP was signed with the shared secret, as Standard Webhooks has it: an HMAC over id, time
/// and body.
pub fn is_signed(secret: &Secret, (id, timestamp, body): (&str, &str, &[u8]), signature: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_str().as_bytes()) else {
        return false;
    };
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac.verify_slice(signature).is_ok()
}

/// Reads a report; `None` for any other mail, and for one that does not say which mail it is about.
pub fn read_report(eml: &[u8]) -> Option<Bounce> {
    let mail = parse_mail(eml).ok()?;
    let status = find(&mail, DEEPEST, &|part| part.ctype.mimetype == "message/delivery-status")?;
    let text = status.get_body().ok()?;
    let field = |name: &str| {
        text.lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let verdict = match field("Action")?.to_ascii_lowercase().as_str() {
        "failed" => Verdict::Bounced,
        _ => Verdict::Fine,
    };
    let reason = [field("Status"), field("Diagnostic-Code")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    Some(Bounce::new(&subject_of(&mail)?, verdict, &reason))
}

/// The message id of the mail a report is about: of what was returned with it, or else of what it answers.
fn subject_of(mail: &ParsedMail<'_>) -> Option<String> {
    let is_returned = |part: &ParsedMail<'_>| {
        matches!(part.ctype.mimetype.as_str(), "message/rfc822" | "text/rfc822-headers" | "message/global")
    };
    let returned = find(mail, DEEPEST, &is_returned).and_then(|part| {
        let body = part.get_body_raw().ok()?;
        let (headers, _) = mailparse::parse_headers(&body).ok()?;
        headers.get_first_value("Message-ID")
    });
    returned.or_else(|| mail.headers.get_first_value("In-Reply-To"))
}

fn find<'a, 'b>(
    mail: &'b ParsedMail<'a>,
    depth: usize,
    is_sought: &dyn Fn(&ParsedMail<'a>) -> bool,
) -> Option<&'b ParsedMail<'a>> {
    if is_sought(mail) {
        return Some(mail);
    }
    let deeper = depth.checked_sub(1)?;
    mail.subparts.iter().find_map(|part| find(part, deeper, is_sought))
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
    fn a_report_says_which_mail_came_back_and_why() {
        let bounce = read_report(REPORT.as_bytes()).unwrap();
        assert_eq!(bounce.message_id, "1.2.3@join.example");
        assert_eq!(bounce.verdict, Verdict::Bounced);
        assert_eq!(bounce.reason, "5.1.1 smtp; 550 5.1.1 … no such user");
        let delayed = REPORT.replace("Action: failed", "Action: delayed");
        assert_eq!(read_report(delayed.as_bytes()).unwrap().verdict, Verdict::Fine);
        let headers_only = REPORT.replace("message/rfc822", "text/rfc822-headers");
        assert_eq!(read_report(headers_only.as_bytes()).unwrap().message_id, "1.2.3@join.example");
    }

    #[test]
    fn other_mail_is_no_report() {
        assert_eq!(read_report(b""), None);
        assert_eq!(read_report(b"Subject: I am away\r\n\r\nUntil Monday."), None);
        assert_eq!(read_report(REPORT.replace("Message-ID", "X-Id").as_bytes()), None);
    }

    proptest! {
        #[test]
        fn no_mail_makes_the_reader_panic(at in 0..900_usize, with in "[ -~\r\n]{0,12}") {
            let mut report = REPORT.to_owned();
            let at = report.floor_char_boundary(at.min(report.len()));
            report.insert_str(at, &with);
            let _ = read_report(report.as_bytes());
            let _ = read_report(&report.as_bytes()[..at]);
        }
    }
}
