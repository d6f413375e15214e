//! Lists of mailboxes as people paste them: what mail programs copy (RFC 5322 mailbox lists, and the habits of Outlook,
//! Gmail and Apple Mail), columns of a spreadsheet, and lists typed by hand.
//!
//! The parser never fails: what is no address becomes an entry that is refused later, so that the user sees it. Names are
//! read over, because an invitation has none. One pass over the text; quotes and comments end with their line.

/// Characters that are dropped: zero width spaces and joiners, and marks of text direction.
fn is_dropped(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Splits a text into addresses. An entry without a valid address has the text that stands in its place.
pub(super) fn split(text: &str) -> impl Iterator<Item = String> {
    let tokens = Tokens { rest: text, unclosed: 0 };
    Mailboxes { tokens, segment: Segment::default(), found: Vec::new().into_iter(), is_done: false }
}

struct Mailboxes<'a> {
    tokens: Tokens<'a>,
    segment: Segment,
    found: std::vec::IntoIter<String>,
    is_done: bool,
}

impl Iterator for Mailboxes<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            if let Some(found) = self.found.next() {
                return Some(found);
            }
            if self.is_done {
                return None;
            }
            let found = match self.tokens.next() {
                Some(Token::Separator(separator)) => self.segment.end(separator),
                Some(token) => {
                    self.segment.push(token);
                    continue;
                }
                None => {
                    self.is_done = true;
                    self.segment.end('\0')
                }
            };
            self.found = found.into_iter();
        }
    }
}

#[derive(Debug, PartialEq)]
enum Token {
    /// A comma, semicolon or line end.
    Separator(char),
    Space,
    /// Text with its quotes.
    Quoted(String),
    /// What is between angle brackets.
    Angle(String),
    /// What is between parentheses.
    Comment(String),
    Char(char),
}

struct Tokens<'a> {
    rest: &'a str,
    /// Opening quotes and brackets that were never closed.
    unclosed: usize,
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let c = self.rest.chars().next()?;
            let after = &self.rest[c.len_utf8()..];
            let enclosed = match c {
                _ if self.unclosed > MAX_UNCLOSED => None,
                '"' => closing(after, '"', '"').map(|end| (Token::Quoted(clean(&self.rest[..end + 2])), end)),
                '<' => closing(after, '<', '>').map(|end| (Token::Angle(clean(&after[..end])), end)),
                '(' => closing(after, '(', ')').map(|end| (Token::Comment(clean(&after[..end])), end)),
                _ => None,
            };
            if let Some((token, end)) = enclosed {
                self.rest = &after[end + 1..];
                return Some(token);
            }
            self.unclosed += usize::from(matches!(c, '"' | '<' | '('));
            self.rest = after;
            return Some(match c {
                c if is_dropped(c) => continue,
                ',' | '\u{ff0c}' | '\u{3001}' => Token::Separator(','),
                ';' | '\u{ff1b}' => Token::Separator(';'),
                '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Token::Separator('\n'),
                // A bracket without its counterpart.
                '<' | '>' => Token::Space,
                c if c.is_whitespace() || c.is_control() => Token::Space,
                c => Token::Char(c),
            });
        }
    }
}

/// Bytes that are searched for a closing quote or bracket, and how often in vain. Together they bound the time.
const MAX_ENCLOSED_BYTES: usize = 1000;
const MAX_UNCLOSED: usize = 1000;

/// The position of the closing character on the same line. A backslash escapes the character after it, and parentheses
/// nest.
fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let (mut depth, mut is_escaped) = (1_usize, false);
    for (at, c) in text.char_indices().take_while(|(at, _)| *at < MAX_ENCLOSED_BYTES) {
        match c {
            '\n' | '\r' => return None,
            _ if is_escaped => is_escaped = false,
            '\\' if open != '<' => is_escaped = true,
            c if c == close => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            '<' if open == '<' => return None,
            '(' if open == '(' => depth += 1,
            _ => {}
        }
    }
    None
}

fn clean(text: &str) -> String {
    text.chars().filter(|c| !is_dropped(*c)).collect()
}

/// What stands between two separators.
#[derive(Default)]
struct Segment {
    /// Words outside of brackets, and the addresses in angle brackets, in their order.
    parts: Vec<Part>,
    word: String,
    /// A text without an address that may be the first half of a name: `Berg, Nina <nina@example.com>`.
    pending: Option<(String, char)>,
    /// An address in a comment counts if there is no other: `Nina (nina@example.com)`.
    comment: Option<String>,
}

enum Part {
    Word(String),
    Angle(String),
}

impl Segment {
    fn push(&mut self, token: Token) {
        match token {
            Token::Char(c) => self.word.push(c),
            Token::Quoted(text) => self.word.push_str(&text),
            Token::Space | Token::Separator(_) => self.end_word(),
            Token::Angle(text) => {
                self.end_word();
                self.parts.push(Part::Angle(text.trim().to_owned()));
            }
            Token::Comment(text) => {
                self.end_word();
                self.comment = Some(text).filter(|text| text.contains('@')).or(self.comment.take());
            }
        }
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() {
            self.parts.push(Part::Word(std::mem::take(&mut self.word)));
        }
    }

    /// Ends the segment. Returns its entries.
    fn end(&mut self, separator: char) -> Vec<String> {
        self.end_word();
        let parts = std::mem::take(&mut self.parts);
        let comment = self.comment.take();
        let pending = self.pending.take();
        let is_angle_first = matches!(parts.first(), Some(Part::Angle(_)));
        let has_angle = parts.iter().any(|part| matches!(part, Part::Angle(_)));
        let mut entries = addresses(&parts);
        if entries.is_empty()
            && let Some(address) = comment.as_deref().map(bare_address).filter(|_| !parts.is_empty())
        {
            entries.push(address);
        }
        // A name before a comma, or on the line above its address, is no entry.
        let is_name = |separator| match separator {
            ',' => has_angle,
            '\n' => is_angle_first,
            _ => false,
        };
        let mut found = Vec::new();
        match pending {
            Some((text, separator)) if is_blank(&parts) && separator == '\n' => self.pending = Some((text, separator)),
            Some((_, separator)) if is_name(separator) => {}
            Some((text, _)) => found.push(text),
            None => {}
        }
        if entries.is_empty() && !is_blank(&parts) {
            let text = parts_text(&parts);
            // A label such as `To:`, or an empty group: `Undisclosed recipients:;`.
            if !text.ends_with(':') {
                self.pending = Some((text, separator));
            }
        }
        found.extend(entries);
        if separator == '\0' {
            found.extend(self.pending.take().map(|(text, _)| text));
        }
        found
    }
}

/// Whether there is nothing to show: no part, or only bullets and other signs.
fn is_blank(parts: &[Part]) -> bool {
    parts.iter().all(|part| match part {
        Part::Word(word) => !word.contains(|c: char| c.is_alphanumeric() || c == '@'),
        Part::Angle(_) => false,
    })
}

fn parts_text(parts: &[Part]) -> String {
    let texts: Vec<_> = parts
        .iter()
        .map(|part| match part {
            Part::Word(word) => word.clone(),
            Part::Angle(text) => format!("<{text}>"),
        })
        .collect();
    texts.join(" ")
}

/// The addresses of a segment: those in angle brackets, and words with an `@`. Other words are names. A word before angle
/// brackets that says the same is one too.
fn addresses(parts: &[Part]) -> Vec<String> {
    let mut found = Vec::new();
    // Backwards, so that the brackets after a word are known.
    let mut next_angle: Option<String> = None;
    for part in parts.iter().rev() {
        match part {
            Part::Angle(text) if text.contains('@') => {
                let address = bare_address(text);
                next_angle = Some(address.clone());
                found.push(address);
            }
            Part::Word(word) if word.contains('@') => {
                let address = bare_address(word);
                let is_quoted = word.starts_with('"') && word.ends_with('"');
                let is_name = next_angle.as_ref().is_some_and(|next| is_quoted || next.eq_ignore_ascii_case(&address));
                if !is_name {
                    found.push(address);
                }
            }
            Part::Angle(_) | Part::Word(_) => {}
        }
    }
    found.reverse();
    found
}

/// In bytes. A longer word is no address, however it is wrapped.
const MAX_WORD_BYTES: usize = 1000;

/// Removes what is written around an address: quotes, brackets, `mailto:`, the name of a group, and final punctuation.
fn bare_address(text: &str) -> String {
    let mut text = text.trim();
    if text.len() > MAX_WORD_BYTES {
        return text.to_owned();
    }
    loop {
        let before = text;
        for (open, close) in ENCLOSING {
            if let Some(inner) = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)) {
                text = inner.trim();
            }
        }
        let is_mark = |c: char| !c.is_ascii() && !c.is_alphanumeric();
        text = text.trim_start_matches(is_mark).trim_end_matches(|c| is_mark(c) || matches!(c, '.' | ':' | '!' | '?'));
        let label = text.find('@').and_then(|at| text[..at].rfind(':')).map(|colon| text.split_at(colon + 1));
        if let Some((label, address)) = label.filter(|(label, _)| !label.contains('"')) {
            if label.to_ascii_lowercase().ends_with("mailto:") {
                let address = address.split('?').next().unwrap_or_default();
                return percent_encoding::percent_decode_str(address).decode_utf8_lossy().trim().to_owned();
            }
            text = address.trim();
        }
        if text == before {
            return text.to_owned();
        }
    }
}

const ENCLOSING: [(char, char); 10] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('\u{2018}', '\u{2019}'),
    ('\u{201a}', '\u{2018}'),
    ('\u{201c}', '\u{201d}'),
    ('\u{201e}', '\u{201c}'),
    ('\u{ab}', '\u{bb}'),
    ('[', ']'),
    ('{', '}'),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn assert_split(text: &str, expected: &[&str]) {
        assert_eq!(split(text).collect::<Vec<_>>(), expected, "{text:?}");
    }

    const BOTH: [&str; 2] = ["nina@t.example", "kim@t.example"];

    #[test]
    fn reads_what_mail_programs_copy() {
        for text in [
            // Outlook
            "Nina Berg <nina@t.example>; Kim <kim@t.example>",
            "Berg, Nina <nina@t.example>; Lee, Kim <kim@t.example>;",
            "'nina@t.example'; 'kim@t.example'",
            "'Berg, Nina' <nina@t.example>; 'kim@t.example' <kim@t.example>",
            "nina@t.example <nina@t.example>; kim@t.example <kim@t.example>",
            "Berg, Nina (Sales) <nina@t.example>; Lee, Dr. Kim (Ops; Berlin) <kim@t.example>",
            "Nina Berg <mailto:nina@t.example>; Kim <mailto:kim@t.example>",
            "SMTP:nina@t.example;smtp:kim@t.example",
            // Gmail
            "\"Berg, Nina\" <nina@t.example>, Kim <kim@t.example>, ",
            "\"Nina \\\"N.\\\" Berg; Sales\" <nina@t.example>,\n \"kim@t.example\" <kim@t.example>,",
            // Apple Mail
            "Nina Berg <nina@t.example>\nKim <kim@t.example>\n",
            "Nina Berg <nina@t.example>\r\n\r\nKim <kim@t.example>\r\n",
            "Nina Berg\n<nina@t.example>\nKim\n\n<kim@t.example>",
            "Nina <nina@t.example> Kim <kim@t.example>",
            // RFC 5322
            "Team: Nina <nina@t.example>, kim@t.example;",
            "Team:nina@t.example,kim@t.example;",
            "\"A, team\": nina@t.example, kim@t.example; Nobody:;",
            "nina@t.example (Berg, Nina (Sales)), <kim@t.example> (Kim; \\) Lee)",
            "=?utf-8?Q?Berg=2C_Nina?= <nina@t.example>, =?utf-8?b?S2lt?= <kim@t.example>",
            "To: nina@t.example\nCc: kim@t.example",
            "An: Nina Berg <nina@t.example>,\n\tKim <kim@t.example>",
        ] {
            assert_split(text, &BOTH);
        }
    }

    #[test]
    fn reads_what_people_type() {
        for text in [
            "nina@t.example,kim@t.example",
            ";, nina@t.example ,; kim@t.example ;;,",
            "nina@t.example kim@t.example",
            "nina@t.example\tkim@t.example",
            "Nina\tBerg\tnina@t.example\nKim\tLee\tkim@t.example",
            "nina@t.example\tNina\tBerg\r\nkim@t.example\tKim\tLee\r\n",
            "• nina@t.example\n• kim@t.example",
            "- nina@t.example\n* kim@t.example",
            "1. nina@t.example\n2) kim@t.example",
            "•nina@t.example\n–\u{a0}kim@t.example",
            "\u{feff}nina@t.example\u{a0}\u{200b}\nkim@t.ex\u{ad}ample\u{200e}",
            "\u{202a}nina@t.example\u{202c}\u{3001}kim@t.example",
            "<nina@t.example> <kim@t.example>",
            "< nina@t.example >, <kim@t.example",
            "mailto:nina@t.example?subject=Hi; mailto:kim@t.example",
            "[nina@t.example](mailto:nina@t.example), [kim@t.example](mailto:kim@t.example)",
            "“nina@t.example”, «kim@t.example»",
            "Please invite nina@t.example and kim@t.example.",
            "Nina (nina@t.example), Kim (kim@t.example)",
        ] {
            assert_split(text, &BOTH);
        }
        assert_split("mailto:nina%2Bx@t.example", &["nina+x@t.example"]);
        assert_split("o'brien@t.example, O'Brien <o@t.example>", &["o'brien@t.example", "o@t.example"]);
    }

    #[test]
    fn what_is_no_address_stays_visible() {
        assert_split("nobody; nina@t.example", &["nobody", "nina@t.example"]);
        assert_split("nobody\nnina@t.example", &["nobody", "nina@t.example"]);
        assert_split("Nina Berg", &["Nina Berg"]);
        assert_split("nobody, nina@t.example", &["nobody", "nina@t.example"]);
        assert_split("Nina <>, kim@t.example", &["Nina <>", "kim@t.example"]);
        assert_split("nina@, @t.example", &["nina@", "@t.example"]);
        assert_split("\"nina berg\"@t.example", &["\"nina berg\"@t.example"]);
        assert_split("a@t.example <b@t.example>", &["a@t.example", "b@t.example"]);
        assert_split("\"a@t.example\" <b@t.example>", &["b@t.example"]);
        assert_split("\"Nina <nina@t.example>, kim@t.example", &["nina@t.example", "kim@t.example"]);
        assert_split("nina@t.example (kim@t.example", &["nina@t.example", "(kim@t.example"]);
        for nothing in ["", " \n\t", ";,;\n", "•\n-\n", "Undisclosed recipients:;", "\u{200b}"] {
            assert_split(nothing, &[]);
        }
    }

    #[test]
    fn takes_linear_time() {
        // Each would take hours if every character searched the rest of the text.
        for unit in
            ["\"", "<", "(", "((", "\"\\", "a@b<", "a@b <", "a@b ", "'@", "((((\"", "Nina, ", "'", "[", "mailto:"]
        {
            let text = unit.repeat(1_000_000 / unit.len());
            let _ = split(&text).take(1001).count();
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_finds_what_is_listed(
            noise in "([ -~]|[\\u{80}-\\u{2100}]|[<>\\(\\),;:\"'@\\\\\\r\\n]){0,60}",
            names in prop::collection::vec("[A-Z][a-z]{0,8}( [A-Z][a-z]{1,8})?", 1..6),
            form in 0..6_usize,
        ) {
            let _ = split(&noise).count();
            let addresses: Vec<_> = names.iter().map(|name| format!("{}@t.example", name.replace(' ', "."))).collect();
            let write = |(name, address): (&String, &String)| match form {
                0 => address.clone(),
                1 => format!("{name} <{address}>"),
                2 => format!("\"{name}, x\" <{address}>"),
                3 => format!("x, {name} <{address}>"),
                4 => format!("{address} ({name})"),
                _ => format!("'{address}'"),
            };
            let list: Vec<_> = names.iter().zip(&addresses).map(write).collect();
            for separator in ["; ", ";", "\n", "\r\n", ";\n"] {
                prop_assert_eq!(split(&list.join(separator)).collect::<Vec<_>>(), addresses.clone());
            }
            for separator in [", ", ",", ",\n"] {
                prop_assert_eq!(split(&list.join(separator)).collect::<Vec<_>>(), addresses.clone());
            }
        }
    }
}
