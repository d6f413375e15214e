//! Mail: what a message is, what each letter says, what carries it away, and what comes back.
//!
//! Whatever people typed is a name here and nothing more: one short line, without links and without markup. That leaves
//! little to those who put words of their own into an organization's name and have us send them (a known fraud).

mod bounce;
pub(crate) mod email_template;
mod markup;
mod message;
mod smtp;
mod templates;
mod transport;

pub use bounce::{Bounce, Verdict, is_signed, read_report};
pub use email_template::{EmailTemplate, Invited};
pub use message::{Message, NotAMessage};
pub use smtp::{SmtpCarrier, SmtpError};
pub use templates::{Rendered, TemplateError, Templates};
pub use transport::{FileCarrier, MailTransport, Mailbox, Sending, Undelivered};

use crate::names::is_unseen;

const LONGEST_NAME: usize = 80;
/// Invisible and no break: it parts what a mail program would otherwise take for an address and make a link of.
const WORD_JOINER: char = '\u{2060}';

/// A name as it may stand in a mail: on one line, at most 80 characters (an ellipsis shows that there were more), and
/// with nothing in it that a mail program makes a link of.
pub(crate) fn plain(name: &str) -> String {
    let seen: String = name.chars().filter(|&c| (c.is_whitespace() || !is_unseen(c)) && !markup::is_mark(c)).collect();
    let line = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST_NAME {
        return unlinked(&line);
    }
    let kept: String = line.chars().take(LONGEST_NAME - 1).collect();
    format!("{}…", unlinked(kept.trim_end()))
}

/// Parts text at every `.`, `:`, `/` and `@` that something follows, and at the full stops that browsers read as dots.
fn unlinked(text: &str) -> String {
    let mut parted = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_sign = matches!(c, '.' | ':' | '/' | '@' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}');
        let parts = is_sign && rest.peek().is_some_and(|next| !next.is_whitespace());
        // In front of the sign too: `www.` and `mailto:` are enough for some programs.
        if parts && !parted.is_empty() && !parted.ends_with(WORD_JOINER) {
            parted.push(WORD_JOINER);
        }
        parted.push(c);
        if parts {
            parted.push(WORD_JOINER);
        }
    }
    parted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_one_short_line() {
        assert_eq!(plain("  Acme\r\n\tInc  "), "Acme Inc");
        assert_eq!(plain("A\u{202e}c\u{200b}m\0e"), "Acme");
        assert_eq!(plain("J. R. Smith"), "J. R. Smith");
        assert_eq!(plain(&"x".repeat(80)), "x".repeat(80));
        assert_eq!(plain(&"ü".repeat(5000)), format!("{}…", "ü".repeat(79)));
    }

    #[test]
    fn nothing_in_a_name_becomes_a_link() {
        assert_eq!(plain("evil.com"), "evil\u{2060}.\u{2060}com");
        assert_eq!(plain("a@b"), "a\u{2060}@\u{2060}b");
        assert_eq!(plain("http://x"), "http\u{2060}:\u{2060}/\u{2060}/\u{2060}x");
        for link in ["https://evil.example/x", "www.evil.example", "mailto:a@evil.example", "//evil.example"] {
            let name = plain(&format!("You won, see {link} now"));
            for sign in ["www.", "http:", "https:", "mailto:", "://", ".e", "@e", "/x", "//"] {
                assert!(!name.contains(sign), "{sign} in {name:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_name_fits(text in any::<String>()) {
            let name = plain(&text);
            prop_assert!(name.chars().filter(|&c| c != WORD_JOINER).count() <= LONGEST_NAME);
            prop_assert!(!name.contains(char::is_control));
        }
    }
}
