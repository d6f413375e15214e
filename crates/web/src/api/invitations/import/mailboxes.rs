//! Lists of mailboxes as people paste them: what mail programs copy (RFC 5322 mailbox lists, and the habits of Outlook,
//! Gmail and Apple Mail), columns of a spreadsheet, and lists typed by hand.
//!
//! The parser never fails: what is no address becomes an entry that is refused later, so that the user sees it. Names
//! are read over, because an invitation has none. One pass over the text; quotes and comments end with their line.

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

/// The addresses of a segment: those in angle brackets, and words with an `@`. Other words are names. A word before
/// angle brackets that says the same is one too.
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
mod tests;
