//! Mail: messages, templates, transports and delivery reports.
//!
//! User input appears in mails only as sanitized names: one short line without links and markup. So nobody can send
//! text of their own by putting it into an organization's name, a common form of fraud.

mod bounce;
pub(crate) mod email_template;
mod markup;
mod message;
mod smtp;
mod templates;
mod transport;

pub use bounce::{DeliveryOutcome, DeliveryReport, is_signature_valid, parse_report};
pub use email_template::{EmailTemplate, InvitationEmail};
pub use message::{InvalidMessage, Message};
pub use smtp::{SmtpError, SmtpTransport};
pub use templates::{RenderedEmail, TemplateError, Templates};
pub use transport::{DeliveryError, FileTransport, MailTransport, Mailbox, SendFuture};

use crate::names::is_invisible;

/// In characters.
const MAX_NAME_LENGTH: usize = 80;
/// Invisible, and forbids a line break. It separates what a mail program would otherwise recognize as a link.
const WORD_JOINER: char = '\u{2060}';

/// Sanitizes a name for a mail: one line of at most 80 characters (a longer one ends with an ellipsis) in which no mail
/// program recognizes a link.
pub(crate) fn sanitize_name(name: &str) -> String {
    let visible: String =
        name.chars().filter(|&c| (c.is_whitespace() || !is_invisible(c)) && !markup::is_mark(c)).collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MAX_NAME_LENGTH {
        return break_links(&line);
    }
    let start: String = line.chars().take(MAX_NAME_LENGTH - 1).collect();
    format!("{}…", break_links(start.trim_end()))
}

/// Inserts word joiners around every `.`, `:`, `/` and `@` before another character, and around the full stops of other
/// scripts, which browsers treat as dots.
fn break_links(text: &str) -> String {
    let mut broken = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_separator = matches!(c, '.' | ':' | '/' | '@' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}');
        let is_breakable = is_separator && rest.peek().is_some_and(|next| !next.is_whitespace());
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
        assert_eq!(sanitize_name(&"x".repeat(80)), "x".repeat(80));
        assert_eq!(sanitize_name(&"ü".repeat(5000)), format!("{}…", "ü".repeat(79)));
    }

    #[test]
    fn sanitized_name_has_no_links() {
        assert_eq!(sanitize_name("evil.com"), "evil\u{2060}.\u{2060}com");
        assert_eq!(sanitize_name("a@b"), "a\u{2060}@\u{2060}b");
        assert_eq!(sanitize_name("http://x"), "http\u{2060}:\u{2060}/\u{2060}/\u{2060}x");
        for link in ["https://evil.example/x", "www.evil.example", "mailto:a@evil.example", "//evil.example"] {
            let name = sanitize_name(&format!("You won, see {link} now"));
            for sign in ["www.", "http:", "https:", "mailto:", "://", ".e", "@e", "/x", "//"] {
                assert!(!name.contains(sign), "{sign} in {name:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn sanitizes_any_name(text in any::<String>()) {
            let name = sanitize_name(&text);
            prop_assert!(name.chars().filter(|&c| c != WORD_JOINER).count() <= MAX_NAME_LENGTH);
            prop_assert!(!name.contains(char::is_control));
        }
    }
}
