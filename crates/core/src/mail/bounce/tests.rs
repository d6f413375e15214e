//! Reports in the shapes in which mail servers and providers write them. All are about `<5.7.42@join.example>`.

use proptest::prelude::*;

use super::*;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../tests/fixtures/bounces/", $name, ".eml"))
    };
}

const ID: &str = "5.7.42@join.example";

/// Parses a fixture with both line ends, which must not make a difference.
#[track_caller]
fn parse(fixture: &str) -> DeliveryReport {
    let report = parse_report(fixture.as_bytes()).unwrap();
    assert_eq!(parse_report(fixture.replace('\n', "\r\n").as_bytes()).unwrap(), report);
    report
}

#[track_caller]
fn assert_bounced(fixture: &str, reason: &str) {
    let report = parse(fixture);
    assert_eq!((report.message_id.as_str(), report.outcome), (ID, DeliveryOutcome::Bounced));
    assert_eq!(report.reason, reason);
}

#[test]
fn reads_bounces_of_mail_servers_with_their_whole_reasons() {
    assert_bounced(
        fixture!("postfix"),
        "5.1.1 smtp; 550 5.1.1 … Recipient address rejected: User unknown in virtual mailbox table, see \
         https://in.example.org/why",
    );
    assert_bounced(fixture!("exim"), "5.0.0 smtp; 550-Mailbox unavailable 550 Ask the owner of the domain");
    assert_bounced(fixture!("sendmail"), "5.3.0 SMTP; 553 5.3.0 … No such user");
    assert_bounced(
        fixture!("exchange"),
        "5.1.10 smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient … not found by SMTP address lookup",
    );
}

#[test]
fn reads_bounces_of_providers() {
    assert_bounced(
        fixture!("gmail"),
        "5.1.1 smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 \
         double-checking the recipient's email address for typos or 550-5.1.1 unnecessary spaces. For more information, \
         go to 550 5.1.1 https://support.example.org/mail/?p=NoSuchUser - gsmtp",
    );
    assert_bounced(fixture!("amazon-ses"), "5.1.1 smtp; 550 5.1.1 user unknown");
    assert_bounced(fixture!("postmark"), "5.2.2 (mailbox full)");
}

#[test]
fn reads_internationalized_reports() {
    assert_bounced(fixture!("postfix-smtputf8"), "5.1.1 smtp; 550 5.1.1 Postfach für … existiert nicht");
    let whole = fixture!("postfix-smtputf8").replace("message/global-headers", "message/global");
    assert_bounced(&whole, "5.1.1 smtp; 550 5.1.1 Postfach für … existiert nicht");
}

#[test]
fn delayed_mail_has_not_bounced() {
    assert_eq!(parse(fixture!("postfix-delayed")).outcome, DeliveryOutcome::Other);
    for action in ["delayed (4 hours)", "delivered", "relayed", "expanded"] {
        let report = fixture!("postfix").replace("Action: failed", &format!("Action: {action}"));
        assert_eq!(parse(&report).outcome, DeliveryOutcome::Other, "{action}");
    }
}

#[test]
fn comments_and_missing_fields_do_not_hide_a_bounce() {
    for (field, other) in [
        ("Action: failed", "Action: failed (the server said no)"),
        ("Action: failed", "Action:\n (folded)\n failed"),
        ("Action: failed", "ACTION : Failed"),
        ("Action: failed\n", ""),
        ("Status: 5.1.1\n", ""),
        ("Original-Recipient: rfc822;nina@example.org\n", ""),
        ("Final-Recipient: rfc822; nina@example.org\n", ""),
        ("Final-Recipient: rfc822; nina@example.org", "Final-Recipient: x400; /C=DE/A= /S=BERG/G=NINA/"),
    ] {
        let report = fixture!("postfix").replace(field, other);
        assert_ne!(report, fixture!("postfix"));
        let report = parse(&report);
        assert_eq!((report.message_id.as_str(), report.outcome), (ID, DeliveryOutcome::Bounced), "{other:?}");
    }
    let nothing = fixture!("postfix").replace("Action: failed\nStatus: 5.1.1\n", "");
    assert_eq!(parse_report(nothing.as_bytes()), None, "neither an action nor a status");
}

#[test]
fn of_several_recipients_the_one_that_the_mail_went_to_counts() {
    assert_bounced(fixture!("several-recipients"), "5.7.1 smtp; 554 5.7.1 rejected by policy");
    let delivered = fixture!("several-recipients").replace("To: nina@example.org", "To: Staff <STAFF@example.org>");
    assert_eq!(parse(&delivered).outcome, DeliveryOutcome::Other);
    let unknown = fixture!("several-recipients").replace("To: nina@example.org", "To: lou@example.org");
    assert_bounced(&unknown, "5.7.1 smtp; 554 5.7.1 rejected by policy");
}

#[test]
fn reads_complaints() {
    let report = parse(fixture!("complaint"));
    assert_eq!((report.message_id.as_str(), report.outcome), (ID, DeliveryOutcome::Complained));
    let fine = fixture!("complaint").replace("Feedback-Type: abuse", "Feedback-Type: not-spam");
    assert_eq!(parse(&fine).outcome, DeliveryOutcome::Other);
}

#[test]
fn a_report_is_about_the_mail_that_it_returns() {
    let report = parse(fixture!("bounce-of-a-forwarded-bounce"));
    assert_eq!(report.message_id, "something-else@example.com");
    // Without the returned mail, the report answers it.
    let exchange = fixture!("exchange");
    let without = exchange.replace("Message-ID: <5.7.42@join.example>", "X-Removed: yes");
    assert_eq!(parse(&without).message_id, ID);
}

#[test]
fn ignores_other_mail() {
    assert_eq!(parse_report(b""), None);
    assert_eq!(parse_report(b"From "), None);
    assert_eq!(parse_report(b"Subject: I am away\r\n\r\nUntil Monday."), None);
    assert_eq!(parse_report(fixture!("postfix").replace("Message-ID", "X-Id").as_bytes()), None);
}

#[test]
fn nesting_and_size_are_bounded() {
    let level = |level| format!("Content-Type: multipart/mixed; boundary=b{level}x\n\n--b{level}x\n");
    let deep = (0..200).map(level).collect::<String>() + fixture!("postfix");
    assert_eq!(parse_report(deep.as_bytes()), None);
    let long = format!("smtp; {}", "550 no\n ".repeat(100_000));
    let report = fixture!("postfix").replace("smtp; 550 5.1.1", &long);
    assert_eq!(parse(&report).reason.chars().count(), 500);
}

proptest! {
    #[test]
    fn parses_any_mail_without_panic(at in 0..2000_usize, with in "[ -~\r\n]{0,12}") {
        for fixture in [fixture!("postfix"), fixture!("gmail"), fixture!("postfix-smtputf8"), fixture!("amazon-ses")] {
            let mut report = fixture.to_owned();
            let at = report.floor_char_boundary(at.min(report.len()));
            report.insert_str(at, &with);
            let _ = parse_report(report.as_bytes());
            let _ = parse_report(&report.as_bytes()[..at]);
        }
    }
}
