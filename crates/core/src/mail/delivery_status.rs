//! The fields of a delivery status notification (RFC 3464, RFC 6533).
//!
//! Mail servers disagree about folding, blank lines and missing fields, so the groups of recipients are told apart by
//! their fields as well.

use super::bounce::DeliveryOutcome;

/// In one report. Our mails have one recipient; an alias behind it may have a few more.
const MAX_RECIPIENTS: usize = 100;

/// What a report says about one recipient. Missing fields are empty. Values are unfolded.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RecipientStatus {
    original_recipient: String,
    final_recipient: String,
    action: String,
    pub(super) status: String,
    pub(super) diagnostic: String,
}

impl RecipientStatus {
    /// Parses the body of a part `message/delivery-status` or `message/global-delivery-status`.
    pub(super) fn parse_all(body: &str) -> Vec<Self> {
        let mut recipients = Vec::new();
        let mut current = Self::default();
        let mut is_new_group = false;
        for (name, value) in unfold(body) {
            let Some(name) = name else {
                is_new_group = true;
                continue;
            };
            let is_recipient = matches!(name.as_str(), "original-recipient" | "final-recipient");
            let is_next = is_recipient && (is_new_group || current.is_named_with_action());
            let Some(field) = current.field(&name) else { continue };
            if is_next || !field.is_empty() {
                recipients.push(std::mem::take(&mut current));
                if recipients.len() == MAX_RECIPIENTS {
                    break;
                }
            }
            is_new_group = false;
            if let Some(field) = current.field(&name) {
                *field = value;
            }
        }
        recipients.push(current);
        recipients.retain(|recipient| *recipient != Self::default());
        recipients
    }

    /// Whether the next recipient's fields begin with another recipient. Some servers write the action first.
    fn is_named_with_action(&self) -> bool {
        let is_named = !self.original_recipient.is_empty() || !self.final_recipient.is_empty();
        is_named && !self.action.is_empty()
    }

    fn field(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "original-recipient" => &mut self.original_recipient,
            "final-recipient" => &mut self.final_recipient,
            "action" => &mut self.action,
            "status" => &mut self.status,
            "diagnostic-code" => &mut self.diagnostic,
            _ => return None,
        })
    }

    /// The action, or what the status code implies if the action is missing or unknown.
    pub(super) fn outcome(&self) -> Option<DeliveryOutcome> {
        let action = without_comments(&self.action).to_ascii_lowercase();
        match action.as_str() {
            "failed" => Some(DeliveryOutcome::Bounced),
            "delayed" | "delivered" | "relayed" | "expanded" => Some(DeliveryOutcome::Other),
            _ => match without_comments(&self.status).split_once('.') {
                Some(("5", _)) => Some(DeliveryOutcome::Bounced),
                Some(("2" | "4", _)) => Some(DeliveryOutcome::Other),
                _ => None,
            },
        }
    }

    /// Whether this is about the address, as the sender or as the last server wrote it.
    pub(super) fn is_for(&self, address: &str) -> bool {
        [&self.original_recipient, &self.final_recipient].into_iter().any(|field| {
            let field = without_comments(field);
            let Some((kind, recipient)) = field.split_once(';') else { return false };
            let recipient = recipient.trim().trim_start_matches('<').trim_end_matches('>');
            let is_equal = |recipient: &str| recipient.eq_ignore_ascii_case(address);
            match kind.trim().to_ascii_lowercase().as_str() {
                "rfc822" => is_equal(recipient) || is_equal(&decode_xtext(recipient)),
                "utf-8" => is_equal(&decode_utf8_xtext(recipient)),
                _ => false,
            }
        })
    }
}

/// The fields of a body in their order, with names in lower case, each with its continuation lines joined by spaces. A
/// blank line has no name. A line that is no field continues the one before it: some servers do not indent long
/// reasons.
fn unfold(body: &str) -> Vec<(Option<String>, String)> {
    let mut fields: Vec<(Option<String>, String)> = Vec::new();
    for line in body.replace("\r\n", "\n").split(['\n', '\r']) {
        let text = line.trim();
        let name = line.split_once(':').map(|(name, _)| name.trim_end());
        let name = name.filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()));
        match (name, fields.last_mut()) {
            _ if text.is_empty() => fields.push((None, String::new())),
            (Some(name), _) => {
                let value = line.split_once(':').map_or("", |(_, value)| value).trim();
                fields.push((Some(name.to_ascii_lowercase()), value.to_owned()));
            }
            (None, Some((Some(_), value))) => {
                if !value.is_empty() {
                    value.push(' ');
                }
                value.push_str(text);
            }
            (None, _) => {}
        }
    }
    fields
}

/// Removes comments in parentheses, which may be nested, and white space around the rest.
fn without_comments(value: &str) -> String {
    let mut depth = 0_usize;
    let mut is_escaped = false;
    let mut rest = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            _ if is_escaped => {
                is_escaped = false;
                if depth == 0 {
                    rest.push(c);
                }
            }
            '\\' if depth > 0 => is_escaped = true,
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            c if depth == 0 => rest.push(c),
            _ => {}
        }
    }
    rest.trim().to_owned()
}

/// Decodes `+2B` (RFC 3461, section 4). Some servers copy the recipient of the SMTP dialogue undecoded.
fn decode_xtext(text: &str) -> String {
    decode(text, '+', |rest| Some((u32::from_str_radix(rest.get(..2)?, 16).ok()?, rest.get(2..)?)))
}

/// Decodes `\x{E4}` (RFC 6533, section 3).
fn decode_utf8_xtext(text: &str) -> String {
    decode(text, '\\', |rest| {
        let (digits, rest) = rest.strip_prefix("x{")?.split_once('}')?;
        Some((u32::from_str_radix(digits, 16).ok()?, rest))
    })
}

/// Replaces what follows `mark`. What cannot be decoded stays.
fn decode(text: &str, mark: char, decode_one: impl Fn(&str) -> Option<(u32, &str)>) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(mark) {
        decoded.push_str(before);
        let one = decode_one(after).and_then(|(number, after)| Some((char::from_u32(number)?, after)));
        let (c, after) = one.unwrap_or((mark, after));
        decoded.push(c);
        rest = after;
    }
    decoded.push_str(rest);
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(body: &str) -> Vec<(Option<DeliveryOutcome>, String)> {
        let recipients = RecipientStatus::parse_all(body);
        recipients.into_iter().map(|recipient| (recipient.outcome(), recipient.diagnostic)).collect()
    }

    #[test]
    fn comments_and_case_do_not_hide_the_action() {
        for action in [
            "failed",
            "Failed",
            " FAILED ",
            "failed (permanent)",
            "failed(bad (nested) comment)",
            "(a \\) b) failed (c)",
            "failed\r\n (on the next\r\n line)",
            "\r\n failed",
        ] {
            let body = format!("Final-Recipient: rfc822; a@b.example\r\nAction: {action}\r\nStatus: 5.0.0\r\n");
            assert_eq!(parse(&body), [(Some(DeliveryOutcome::Bounced), String::new())], "{action:?}");
        }
        for action in ["delayed (for 4 hours)", "delivered", "relayed", "expanded"] {
            let body = format!("Action: {action}\r\nStatus: 5.0.0\r\n");
            assert_eq!(parse(&body), [(Some(DeliveryOutcome::Other), String::new())], "{action:?}");
        }
    }

    #[test]
    fn status_decides_without_a_known_action() {
        for (body, outcome) in [
            ("Status: 5.1.1 (unknown)\n", Some(DeliveryOutcome::Bounced)),
            ("Action:\nStatus: 5.1.1\n", Some(DeliveryOutcome::Bounced)),
            ("Action: mystery\nStatus: 4.4.1\n", Some(DeliveryOutcome::Other)),
            ("Status: 2.0.0\n", Some(DeliveryOutcome::Other)),
            ("Final-Recipient: rfc822; a@b.example\n", None),
            ("Status: yes\n", None),
        ] {
            assert_eq!(parse(body)[0].0, outcome, "{body:?}");
        }
        assert_eq!(parse("Reporting-MTA: dns; mx.example\n\n"), []);
    }

    #[test]
    fn folded_reasons_are_kept_whole() {
        let whole = "smtp; 550 5.1.1 The account does not exist. See https://mx.example/help";
        for (folded, end) in [
            ("smtp; 550 5.1.1 The account\r\n does not exist.\r\n\tSee https://mx.example/help", "\r\n"),
            ("smtp; 550 5.1.1 The account\n    does not exist.\n See https://mx.example/help", "\n"),
            ("\r\n smtp; 550 5.1.1 The account does not exist. See\r\n https://mx.example/help", "\r\n"),
            ("smtp; 550 5.1.1 The account\r\ndoes not exist. See https://mx.example/help", "\r\n"),
        ] {
            let body = format!("Action: failed{end}Diagnostic-Code: {folded}{end}{end}");
            assert_eq!(parse(&body), [(Some(DeliveryOutcome::Bounced), whole.to_owned())]);
        }
    }

    #[test]
    fn recipients_are_told_apart_by_blank_lines_and_by_fields() {
        let groups = [
            "Original-Recipient: rfc822; a@b.example\nFinal-Recipient: rfc822; c@d.example\nAction: delivered\nStatus: 2.0.0\n",
            "Final-Recipient: rfc822; nina@b.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; no\n",
        ];
        for separator in ["\n", "\n \n", ""] {
            for message in ["Reporting-MTA: dns; mx.example\n\n", ""] {
                let recipients = RecipientStatus::parse_all(&format!("{message}{}", groups.join(separator)));
                assert_eq!(recipients.len(), 2, "{separator:?}");
                assert!(recipients[0].is_for("A@B.example") && recipients[0].is_for("c@d.example"));
                assert!(!recipients[0].is_for("nina@b.example") && recipients[1].is_for("nina@b.example"));
                assert_eq!(recipients[1].outcome(), Some(DeliveryOutcome::Bounced));
            }
        }
        let action_first =
            "Action: failed\nFinal-Recipient: rfc822; a@b.example\nStatus: 5.1.1\nDiagnostic-Code: smtp; no\n";
        let two = format!("{action_first}\n{action_first}");
        assert_eq!(parse(&two), vec![(Some(DeliveryOutcome::Bounced), "smtp; no".to_owned()); 2]);
        // A blank line in the middle of a group does not cut it.
        let body = "Final-Recipient: rfc822; a@b.example\n\nAction: failed\n\nDiagnostic-Code: smtp; no\n";
        assert_eq!(parse(body), [(Some(DeliveryOutcome::Bounced), "smtp; no".to_owned())]);
        let many = "Final-Recipient: rfc822; a@b.example\nAction: failed\n\n".repeat(10_000);
        assert_eq!(RecipientStatus::parse_all(&many).len(), MAX_RECIPIENTS);
    }

    #[test]
    fn addresses_are_decoded() {
        let is_for = |field: &str, address: &str| {
            let body = format!("Final-Recipient: {field}\n");
            RecipientStatus::parse_all(&body)[0].is_for(address)
        };
        assert!(is_for("rfc822; nina+x@b.example", "nina+x@b.example"));
        assert!(is_for("rfc822;nina+2Bx@b.example", "nina+x@b.example"));
        assert!(is_for("RFC822 (address) ; <nina@b.example> (Nina)", "nina@b.example"));
        assert!(is_for("utf-8; nina@b.example", "nina@b.example"));
        assert!(is_for(r"utf-8; n\x{69}na\x{2B}x@b.example", "nina+x@b.example"));
        assert!(!is_for(r"utf-8; n\x{110000}\x{zz}\x@b.example", "nina@b.example"));
        assert!(!is_for("x400; /C=DE/A= /P=EXAMPLE/S=BERG/G=NINA/", "nina@b.example"));
        assert!(!is_for("nina@b.example", "nina@b.example"));
    }

    proptest! {
        #[test]
        fn any_body_is_parsed_in_bounds(body in "([A-Z][a-z-]{0,8}[:; ]|Action: |Final-Recipient: |[ \\t(\\\\)@{}+]|\\r\\n|\\n|[ -~ü]{0,5}){0,60}") {
            let recipients = RecipientStatus::parse_all(&body);
            prop_assert!(recipients.len() <= MAX_RECIPIENTS);
            for recipient in recipients {
                let _ = (recipient.outcome(), recipient.is_for("nina@b.example"));
                prop_assert!(!recipient.diagnostic.contains(['\r', '\n']));
            }
        }
    }
}
