use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

pub(crate) fn message() -> Message {
    Message {
        to: EmailAddress::parse("Nora@example.com").unwrap(),
        from: "Vestibule <mail@vestibule.example>".to_owned(),
        reply_to: None,
        subject: "Žofie invites you".to_owned(),
        text: "Žofie invites you.\n\nhttps://join.example/invite#a=b+c\n".to_owned(),
        html: format!("<p>Žofie invites you.</p>\n<p>{}</p>", "long ".repeat(100)),
        message_id: "invitation-12.1@vestibule.example".to_owned(),
        date: Timestamp::from_microseconds(1_705_919_400_000_000),
        unsubscribe_url: None,
    }
}

/// Header names and values of one part (unfolded), and its body.
fn parse_part(part: &str) -> (Vec<(String, String)>, String) {
    let (head, body) = part.split_once("\r\n\r\n").unwrap();
    let headers = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let headers = headers.split("\r\n").map(|line| line.split_once(": ").expect(line));
    (headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), body.to_owned())
}

fn value<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
    &headers.iter().find(|(header, _)| header == name).expect(name).1
}

fn decode((headers, body): (Vec<(String, String)>, String)) -> String {
    let bytes = match value(&headers, "Content-Transfer-Encoding") {
        "7bit" => body.into_bytes(),
        "base64" => STANDARD.decode(body.replace("\r\n", "")).unwrap(),
        "quoted-printable" => decode_quoted_printable(&body),
        other => panic!("{other}"),
    };
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

fn decode_quoted_printable(body: &str) -> Vec<u8> {
    let joined = body.replace("=\r\n", "");
    let (first, rest) = joined.split_once('=').unwrap_or((&joined, ""));
    let mut bytes = first.as_bytes().to_owned();
    for piece in rest.split('=').filter(|piece| !piece.is_empty()) {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    bytes
}

/// Returns the headers of the mail, and both parts decoded.
fn parse_mail(message: &Message) -> (Vec<(String, String)>, String, String) {
    let eml = String::from_utf8(message.eml().unwrap()).unwrap();
    assert!(eml.is_ascii());
    assert!(!eml.replace("\r\n", "").contains(['\r', '\n']));
    let (headers, body) = parse_part(&eml);
    let boundary = format!("--{}", message.boundary());
    let pieces: Vec<_> = body.split(&boundary).collect();
    let [_, text, html, end] = pieces.as_slice() else { panic!("{} pieces", pieces.len()) };
    assert_eq!(end.trim(), "--");
    let part = |piece: &str| {
        let (headers, body) = parse_part(piece.strip_prefix("\r\n").unwrap());
        decode((headers, body.strip_suffix("\r\n").unwrap().to_owned()))
    };
    assert!(text.contains("Content-Type: text/plain; charset=utf-8\r\n"), "{text}");
    assert!(html.contains("Content-Type: text/html; charset=utf-8\r\n"), "{html}");
    (headers, part(text), part(html))
}

const HEADERS: [&str; 9] = [
    "Date",
    "From",
    "To",
    "Message-ID",
    "Subject",
    "Vestibule-Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
];

#[test]
fn formats_headers_and_parts() {
    let message = message();
    let (headers, text, html) = parse_mail(&message);
    assert_eq!(headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), HEADERS);
    assert_eq!(value(&headers, "Date"), "Mon, 22 Jan 2024 10:30:00 +0000");
    assert_eq!(value(&headers, "From"), "Vestibule <mail@vestibule.example>");
    assert_eq!(value(&headers, "To"), "Nora@example.com");
    assert_eq!(value(&headers, "Message-ID"), "<invitation-12.1@vestibule.example>");
    assert_eq!(value(&headers, "Subject"), "=?utf-8?b?xb1vZmll?= invites you");
    assert_eq!(value(&headers, "Vestibule-Message-ID"), value(&headers, "Message-ID"));
    assert_eq!(value(&headers, "Auto-Submitted"), "auto-generated");
    let kind = format!("multipart/alternative; boundary=\"{}\"", message.boundary());
    assert_eq!(value(&headers, "Content-Type"), kind);
    assert_eq!((text, html), (message.text.clone(), message.html.clone()));
    assert_eq!(message.eml(), message.eml(), "formatting is deterministic");
}

#[test]
fn rejects_header_injection() {
    for line in ["x\r\nBcc: mallory@evil.com", "x\nBcc: y", "x\rBcc: y", "x\0", "x\u{85}y"] {
        assert!(Message { subject: line.to_owned(), ..message() }.eml().is_err(), "{line:?}");
        assert!(Message { from: format!("{line} <a@b.c>"), ..message() }.eml().is_err(), "{line:?}");
        assert!(Message { message_id: format!("{line}@b.c"), ..message() }.eml().is_err(), "{line:?}");
        let to = EmailAddress::from_stored(format!("a@b.c{line}"), "a@b.c".to_owned());
        assert!(Message { to, ..message() }.eml().is_err(), "{line:?}");
    }
    for id in ["", "@", "a@", "@b", "a@b@c", "<a@b>", "a b@c", "a..b@c", "../a@b", &format!("{}@b", "a".repeat(200))] {
        assert!(Message { message_id: id.to_owned(), ..message() }.eml().is_err(), "{id:?}");
    }
    let other = EmailAddress::from_stored("mallory@evil.com".to_owned(), "nora@example.com".to_owned());
    assert!(Message { to: other, ..message() }.eml().is_err());
    assert!(Message { from: "nobody".to_owned(), ..message() }.eml().is_err());
    assert!(Message { from: "vestibule@localhost".to_owned(), ..message() }.eml().is_ok());
}

fn reply_to(name: &str, address: &str) -> ReplyTo {
    ReplyTo { name: name.to_owned(), address: EmailAddress::parse(address).unwrap() }
}

#[test]
fn reply_to_has_the_name_encoded_and_the_exact_address() {
    for (name, expected) in [
        ("", "Nora.Berg+x@example.com"),
        ("Nora Berg", "\"Nora Berg\" <Nora.Berg+x@example.com>"),
        ("Berg, Nora", "=?utf-8?b?QmVyZywgTm9yYQ==?= <Nora.Berg+x@example.com>"),
        ("Žofie", "=?utf-8?b?xb1vZmll?= <Nora.Berg+x@example.com>"),
    ] {
        let (headers, ..) =
            parse_mail(&Message { reply_to: Some(reply_to(name, "Nora.Berg+x@example.com")), ..message() });
        assert_eq!(value(&headers, "Reply-To"), expected);
    }
}

#[test]
fn reply_to_cannot_inject_headers_or_addresses() {
    for name in [
        "x\r\nBcc: mallory@evil.example",
        "x\nBcc: y",
        "x\0y",
        "Nora <mallory@evil.example>, x",
        "\"Nora\" <mallory@evil.example>",
        "mallory@evil.example",
        "=?utf-8?q?=0D=0ABcc:_mallory@evil.example?=",
        "=?utf-8?b?bWFsbG9yeUBldmlsLmV4YW1wbGU=?=",
        "Nora\u{202e}",
        &"Žofie ".repeat(200),
    ] {
        let (headers, ..) = parse_mail(&Message { reply_to: Some(reply_to(name, "nora@example.com")), ..message() });
        let value = value(&headers, "Reply-To");
        assert!(value.ends_with("<nora@example.com>"), "{value}");
        assert_eq!(value.matches('@').count(), 1, "{value}");
        let mailboxes = mailparse::addrparse(value).unwrap();
        assert_eq!(mailboxes.iter().count(), 1, "{value}");
        assert!(!value.contains("=?utf-8?q?=0D") && !value.contains("bWFsbG9yeUBldmlsLmV4YW1wbGU="), "{value}");
        assert_eq!(headers.len(), HEADERS.len() + 1);
    }
    let changed = EmailAddress::from_stored("mallory@evil.example".to_owned(), "nora@example.com".to_owned());
    let forged = Message { reply_to: Some(ReplyTo::address(changed)), ..message() };
    assert!(forged.eml().is_err());
}

#[test]
fn subject_has_no_encoded_words_of_user_input() {
    let message = Message { subject: "=?utf-8?q?=61?= and =?utf-8?b?YQ==?=".to_owned(), ..message() };
    let (headers, ..) = parse_mail(&message);
    assert!(!value(&headers, "Subject").contains("=?utf-8?q?=61?="));
}

#[test]
fn accepts_extreme_dates() {
    for date in [Timestamp::EARLIEST, Timestamp::LATEST] {
        assert!(Message { date, ..message() }.eml().is_ok());
    }
}

#[test]
fn debug_output_has_no_content_and_a_redacted_address() {
    let output = format!("{:?}", message());
    assert_eq!(output, "Message { message_id: \"invitation-12.1@vestibule.example\", to: \"n***@example.com\", .. }");
}

proptest! {
    #[test]
    fn formats_every_valid_address(
        local in "[A-Za-z0-9#$&'*+/=^_`{|}~-]{1,30}(\\.[A-Za-z0-9#$&'*+/=^_`{|}~-]{1,30})?",
        domain in "([a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?\\.){1,3}[a-z0-9]{0,9}[a-z]",
    ) {
        let address = format!("{local}@{domain}");
        let to = EmailAddress::parse(&address).unwrap();
        let (headers, ..) = parse_mail(&Message { to, ..message() });
        prop_assert_eq!(value(&headers, "To"), address);
    }

    #[test]
    fn content_never_changes_the_set_of_headers(subject in any::<String>(), text in any::<String>(), from in any::<String>()) {
        let _ = Message { from, ..message() }.eml();
        let message = Message { subject: subject.clone(), html: text.clone(), text, ..message() };
        if let Ok(eml) = message.eml() {
            let (headers, _) = parse_part(std::str::from_utf8(&eml).unwrap());
            prop_assert_eq!(headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), HEADERS);
        } else {
            prop_assert!(subject.contains(char::is_control));
        }
    }
}
