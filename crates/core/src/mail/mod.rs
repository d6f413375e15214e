//! Mail: messages, templates, transports and delivery reports.
//!
//! User input appears in mails only as quoted, sanitized names: one short line without links, quotes and markup. So
//! nobody can send text of their own that reads like ours by putting it into an organization's name, a common form of
//! fraud. The message of an invitation is longer, but every line of it is marked as quoted, and it has no links either.

mod bounce;
mod delivery_status;
pub(crate) mod email_template;
mod html_escape;
mod markup;
pub(crate) mod message;
mod samples;
mod smtp;
mod templates;
mod transport;

pub use bounce::{DeliveryOutcome, DeliveryReport, is_signature_valid, parse_report};
pub use email_template::{
    ConnectionEmail, EmailTemplate, InvitationEmail, NoticeEmail, NotificationEmail, WebhooksEmail,
};
pub use message::{InvalidMessage, Message, ReplyTo};
pub use smtp::{MAX_REASON_LENGTH, SmtpError, SmtpTransport};
pub use templates::{RenderedEmail, TemplateError, Templates};
pub use transport::{DeliveryError, FileTransport, MailTransport, Mailbox, SendFuture};

use vestibule_i18n::Phrases;

use crate::language::Language;
use crate::names::{is_invisible, remove_invisible};

/// In characters.
const MAX_NAME_LENGTH: usize = 60;
/// In characters.
const MAX_URL_LENGTH: usize = 200;
/// Invisible, and forbids a line break. It separates what a mail program would otherwise recognize as a link.
const WORD_JOINER: char = '\u{2060}';

/// Sanitizes a name and puts it in the quotation marks of the language, so that a reader sees where the words of a user
/// begin and end: `“Acme”`, `„Acme“`. An empty name stays empty.
pub(crate) fn quote_name(name: &str, language: Language) -> String {
    let name = sanitize_name(name);
    if name.is_empty() { name } else { Phrases::new(language).quoted_name(name) }
}

/// Sanitizes a name for a mail: one line of at most 60 characters (a longer one ends with an ellipsis) in which no mail
/// program recognizes a link, and that cannot end the quotation around it.
pub(crate) fn sanitize_name(name: &str) -> String {
    sanitize_line(name, MAX_NAME_LENGTH)
}

/// Sanitizes the host and the path of a URL that a user wrote, like a name, and quotes them. The query is left out: it may
/// be a secret.
pub(crate) fn quote_url(url: &str, language: Language) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let shown = rest.split(['?', '#']).next().unwrap_or_default();
    Phrases::new(language).quoted_name(sanitize_line(shown, MAX_URL_LENGTH))
}

fn sanitize_line(text: &str, max_length: usize) -> String {
    let visible = remove_invisible(text).replace(markup::is_mark, "");
    let visible = visible.replace(is_double_quote, "'");
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= max_length {
        return break_links(&line);
    }
    let start: String = line.chars().take(max_length - 1).collect();
    format!("{}…", break_links(start.trim_end()))
}

/// Sanitizes a message that a user wrote, and quotes each of its lines with `>`, so that a reader sees whose words they
/// are. It is one paragraph without links.
pub(crate) fn quote_message(message: &str) -> String {
    let visible = remove_invisible(message).replace(markup::is_mark, "");
    let lines = visible.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).map(|line| format!("> {}", break_links(&line))).collect();
    lines.join("\n")
}

/// Whether a reader could take the character for the end of a quotation.
fn is_double_quote(c: char) -> bool {
    matches!(
        c,
        '"' | '«'
            | '»'
            | '“'
            | '”'
            | '„'
            | '‟'
            | '″'
            | '‶'
            | '‹'
            | '›'
            | '❝'
            | '❞'
            | '〝'
            | '〞'
            | '〟'
            | '＂'
            | '「'
            | '」'
            | '『'
            | '』'
            | '｢'
            | '｣'
            | '⹂'
            | '🙶'
            | '🙷'
            | '🙸'
            | 'ˮ'
            | '״'
            | '˝'
    )
}

/// Whether the character separates the parts of a link, or is replaced by such a separator when a browser normalizes an
/// address (UTS 46).
fn is_link_separator(c: char) -> bool {
    matches!(
        c,
        '.' | ':'
            | '/'
            | '@'
            | '\\'
            | '\u{2024}'
            | '\u{3002}'
            | '\u{fe52}'
            | '\u{ff0e}'
            | '\u{ff61}'
            | '\u{fe55}'
            | '\u{ff1a}'
            | '\u{2215}'
            | '\u{2044}'
            | '\u{ff0f}'
            | '\u{fe6b}'
            | '\u{ff20}'
    )
}

/// Sanitizes an email address for a mail that names it. The address stays as it is, so that the recipient can compare
/// and copy it: such mails go only to the verified addresses of the account that the address is about.
pub(crate) fn sanitize_address(address: &str) -> String {
    address.chars().filter(|&c| !is_invisible(c) && !c.is_whitespace() && !markup::is_mark(c)).take(254).collect()
}

/// Inserts word joiners around every separator of a link before another character.
fn break_links(text: &str) -> String {
    let mut broken = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_breakable = is_link_separator(c) && rest.peek().is_some_and(|next| !next.is_whitespace());
        // Before the separator too: for some programs `www.` or `mailto:` is enough.
        if is_breakable && !broken.is_empty() && !broken.ends_with(WORD_JOINER) {
            broken.push(WORD_JOINER);
        }
        broken.push(c);
        if is_breakable {
            broken.push(WORD_JOINER);
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sanitized_name_is_one_short_line() {
        assert_eq!(sanitize_name("  Acme\r\n\tInc  "), "Acme Inc");
        assert_eq!(sanitize_name("A\u{202e}c\u{200b}m\0e"), "Acme");
        assert_eq!(sanitize_name("J. R. Smith"), "J. R. Smith");
        assert_eq!(sanitize_name("ශ්\u{200d}රී\u{200d}"), "ශ්\u{200d}රී", "joiners stay where a script needs them");
        assert_eq!(sanitize_name(&"x".repeat(60)), "x".repeat(60));
        assert_eq!(sanitize_name(&"ü".repeat(5000)), format!("{}…", "ü".repeat(59)));
    }

    #[test]
    fn quoted_name_cannot_end_its_quotation() {
        assert_eq!(quote_name(" Acme ", Language::English), "“Acme”");
        assert_eq!(quote_name("Acme", Language::German), "„Acme“");
        assert_eq!(quote_name(" \u{200b}", Language::English), "");
        for quote in ["\"", "”", "“", "„", "»", "«", "″", "＂", "」", "\u{201f}"] {
            let name = quote_name(&format!("Acme{quote} Your account is locked"), Language::English);
            assert_eq!(name, "“Acme' Your account is locked”", "{quote}");
        }
    }

    #[test]
    fn sanitized_name_has_no_links() {
        assert_eq!(sanitize_name("evil.com"), "evil\u{2060}.\u{2060}com");
        for lookalike in ["evil\u{2024}com", "evil\u{fe52}com", "evil\u{ff0e}com", "evil\u{3002}com", "evil\u{ff61}com"]
        {
            assert_eq!(sanitize_name(lookalike).matches(WORD_JOINER).count(), 2, "{lookalike}");
        }
        assert_eq!(sanitize_name("a@b"), "a\u{2060}@\u{2060}b");
        assert_eq!(sanitize_name("http://x"), "http\u{2060}:\u{2060}/\u{2060}/\u{2060}x");
        for link in ["https://evil.example/x", "www.evil.example", "mailto:a@evil.example", "//evil.example"] {
            let name = sanitize_name(&format!("You won, see {link} now"));
            assert!(name.starts_with("You won, see "), "{name}");
            for sign in ["www.", "http:", "https:", "mailto:", "://", ".e", "@e", "/x", "//"] {
                assert!(!name.contains(sign), "{sign} in {name:?}");
            }
        }
    }

    #[test]
    fn quoted_url_has_no_query_and_is_no_link() {
        let quoted = quote_url("https://hooks.example/in/crm?key=s3cret#part", Language::English);
        assert_eq!(quoted.replace(WORD_JOINER, ""), "“hooks.example/in/crm”");
        assert!(!quoted.contains(".e") && !quoted.contains("/i"), "{quoted}");
        let long = quote_url(&format!("https://hooks.example/{}", "x".repeat(1900)), Language::German);
        assert_eq!(long.replace(WORD_JOINER, "").chars().count(), MAX_URL_LENGTH + 2);
    }

    #[test]
    fn quoted_message_has_no_links_and_no_line_without_a_mark() {
        assert_eq!(quote_message("Welcome!\r\n\r\n  See   you\n"), "> Welcome!\n> See you");
        assert_eq!(quote_message("evil.com\u{e000}x\u{e000}"), "> evil\u{2060}.\u{2060}comx");
        assert_eq!(quote_message(" \n\u{200b}\n"), "");
    }

    proptest! {
        #[test]
        fn quotes_any_message(text in any::<String>()) {
            let message = quote_message(&text);
            prop_assert!(message.is_empty() || message.split('\n').all(|line| line.starts_with("> ")));
            prop_assert!(!message.contains("://") && !message.contains(markup::is_mark));
        }

        #[test]
        fn sanitizes_any_name(text in any::<String>()) {
            let name = sanitize_name(&text);
            prop_assert!(name.chars().filter(|&c| c != WORD_JOINER).count() <= MAX_NAME_LENGTH);
            prop_assert!(!name.contains(char::is_control));
        }
    }
}
