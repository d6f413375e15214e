//! Searching for names: text is compared without case, accents and spelling variants that a reader does not
//! distinguish.
//!
//! Compared here and not in the database, because the engines differ beyond ASCII, and neither knows these rules.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use crate::names::{full_name, is_invisible, is_variation_selector};

/// What a list searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SearchedRows {
    Members,
    Invitations,
}

vestibule_db::text_enum!(SearchedRows: Members = "members", Invitations = "invitations");

/// What a user searches for: a part of a text; or if it is one or two characters long, the beginning of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchTerm(String);

impl SearchTerm {
    pub fn new(text: &str) -> Self {
        Self(fold(text))
    }

    /// The folded term.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether every text contains the term.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is too short to be found within words.
    fn is_prefix(&self) -> bool {
        self.0.chars().nth(2).is_none()
    }

    /// Returns whether the text contains the term.
    pub fn is_in(&self, text: &str) -> bool {
        let text = fold(text);
        if self.is_prefix() {
            self.is_empty() || word_starts(&text).any(|start| text[start..].starts_with(&self.0))
        } else {
            text.contains(&self.0)
        }
    }

    /// The trigrams of every text that contains the term.
    pub(crate) fn grams(&self) -> BTreeSet<String> {
        match self.0.chars().count() {
            0 => BTreeSet::new(),
            1 => BTreeSet::from([format!("  {}", self.0)]),
            2 => BTreeSet::from([format!(" {}", self.0)]),
            _ => trigrams(&self.0).collect(),
        }
    }
}

/// Returns whether the full name, in either order, or one of `others` contains the term.
pub(crate) fn matches_person(term: &SearchTerm, (first, last): (&str, &str), others: [Option<&str>; 2]) -> bool {
    let names = [full_name(first, last), full_name(last, first)];
    names.iter().any(|name| term.is_in(name)) || others.into_iter().flatten().any(|text| term.is_in(text))
}

/// The trigrams of a text: any three characters in succession, and for the beginnings of its words, one character after
/// two spaces and two characters after one. They are of the folded text.
pub(crate) fn grams(text: &str) -> BTreeSet<String> {
    let text = fold(text);
    let mut grams: BTreeSet<String> = trigrams(&text).collect();
    for start in word_starts(&text) {
        let mut chars = text[start..].chars();
        if let Some(first) = chars.next() {
            grams.insert(format!("  {first}"));
            grams.extend(chars.next().map(|second| format!(" {first}{second}")));
        }
    }
    grams
}

fn trigrams(text: &str) -> impl Iterator<Item = String> {
    let (second, third) = (text.chars().skip(1), text.chars().skip(2));
    text.chars().zip(second).zip(third).map(|((first, second), third)| String::from_iter([first, second, third]))
}

/// Where words start: at the beginning, after a space, at a letter or digit after another character, and at every
/// character of a script that writes no spaces between words.
fn word_starts(text: &str) -> impl Iterator<Item = usize> {
    let mut previous = ' ';
    text.char_indices().filter_map(move |(index, c)| {
        let starts = previous == ' ' || (c.is_alphanumeric() && !previous.is_alphanumeric()) || is_spaceless(c);
        previous = c;
        starts.then_some(index)
    })
}

/// Thai, Lao, Burmese, Khmer, kana, Han and Hangul.
const fn is_spaceless(c: char) -> bool {
    matches!(
        c,
        '\u{e00}'..='\u{eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}'
            | '\u{3400}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7af}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

/// Maps texts that should find each other to the same text: `Ibrahim`, `İBRAHİM` and `ıbrahim`; `Straße` and `STRASSE`;
/// `Müller`, composed or not, and `Muller`; `Nguyễn` and `nguyen`; `Ｎｉｎａ` and `Nina`; `می‌خواهم` with and without its
/// non-joiner.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    // One space between words, and none around them.
    for word in fold_letters(text).split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

fn fold_letters(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    // Decomposed, so that accents can be dropped.
    for c in text.nfkd().filter(|c| !is_ignored(*c)).flat_map(fold_case) {
        match variant(c) {
            Some(usual) => folded.push_str(usual),
            // The iota below a Greek letter is the last of its marks, but in upper case a letter before them.
            None if c == 'ι' => folded.insert(end_of_last_letter(&folded), c),
            None => folded.push(c),
        }
    }
    // Composed again, so that Hangul and kana match whole characters.
    folded.nfkd().filter(|c| !is_ignored(*c)).nfc().collect()
}

/// Where the marks at the end of a text begin.
fn end_of_last_letter(text: &str) -> usize {
    text.trim_end_matches(|c| canonical_combining_class(c) != 0).len()
}

/// Full case folding by the character mappings of the standard library: `ẞ` is `ß`, whose upper case is `SS`; `ς` and
/// `σ` have the same upper case, as have `ı` and `i`.
fn fold_case(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

/// Characters that a search ignores: accents of alphabetic scripts, vowel points, joiners and everything invisible. The
/// vowel signs of Indic scripts are letters to their readers, and count.
fn is_ignored(c: char) -> bool {
    matches!(
        c,
        // Without the Greek iota below, whose upper case is a letter.
        '\u{300}'..='\u{344}'
            | '\u{346}'..='\u{36f}'
            | '\u{483}'..='\u{487}'
            | '\u{591}'..='\u{5bd}'
            | '\u{5bf}'
            | '\u{5c1}'..='\u{5c2}'
            | '\u{5c4}'..='\u{5c5}'
            | '\u{5c7}'
            | '\u{640}'
            | '\u{64b}'..='\u{65f}'
            | '\u{670}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe20}'..='\u{fe2f}'
    ) || is_variation_selector(c)
        || (is_invisible(c) && !c.is_whitespace())
}

/// The usual spelling of letters without a decomposition that people type without their stroke, and of signs that two
/// keyboards write differently.
fn variant(c: char) -> Option<&'static str> {
    Some(match c {
        'ł' => "l",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'ŋ' => "n",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        // Typographic apostrophes and dashes.
        '\u{2018}' | '\u{2019}' | '\u{2bb}' | '\u{2bc}' => "'",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        // Arabic and Persian yeh and kaf.
        '\u{649}' | '\u{64a}' => "\u{6cc}",
        '\u{643}' => "\u{6a9}",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spelling_variants_find_each_other() {
        for spellings in [
            &["İbrahim", "ibrahim", "IBRAHIM", "ıbrahim", "I\u{307}brahim"][..],
            &["Straße", "STRASSE", "strasse", "STRAẞE"],
            &["Müller", "Mu\u{308}ller", "muller", "MÜLLER"],
            // A Greek letter with an iota below it and a mark that is not Greek.
            &["\u{1f80}\u{730}", "\u{1f08}\u{399}\u{730}", "\u{3b1}\u{730}\u{313}\u{345}"],
            &["Νίκος Παπαδόπουλος", "νικοσ παπαδοπουλοσ", "ΝΙΚΟΣ ΠΑΠΑΔΟΠΟΥΛΟΣ", "Νικος Παπαδοπουλος"],
            &["Nguyễn Thị Đào", "nguyen thi dao", "Nguye\u{302}\u{303}n Thi\u{323} Dao"],
            &["Łukasz Wałęsa", "lukasz walesa"],
            &["Søren Ærø", "soren aero"],
            &["Алёна Чайковский", "алена чайковский", "АЛЁНА ЧАИКОВСКИИ"],
            &["O\u{2019}Brien", "o'brien"],
            &["Smith\u{2011}Jones", "smith-jones"],
            &["Ｎｉｎａ\u{3000}Ｂｅｒｇ", "nina berg", " Nina\u{a0} Berg "],
            &["ﬁona", "FIONA"],
            &["می\u{200c}خواهم", "میخواهم", "ميخواهم"],
            &["مُحَمَّد", "محمد", "محـمد"],
            &["שָׁלוֹם", "שלום"],
            &["ශ්\u{200d}රී", "ශ්රී"],
            &["한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"],
            &["ゼルダ", "セ\u{3099}ルタ\u{3099}", "ｾﾞﾙﾀﾞ"],
        ] {
            for search in spellings {
                for text in spellings {
                    assert!(SearchTerm::new(search).is_in(text), "{search} in {text}");
                    assert!(SearchTerm::new(search).is_in(&format!("Dr. {text} Jr.")), "{search} in {text}");
                }
            }
        }
    }

    #[test]
    fn different_letters_do_not_find_each_other() {
        for (search, text) in
            [("मि", "म"), ("कि", "कु"), ("か", "が"), ("한", "하"), ("n", "м"), ("mueller", "Müller"), ("ab", "a b")]
        {
            assert!(!SearchTerm::new(search).is_in(text), "{search} in {text}");
        }
    }

    #[test]
    fn short_terms_find_beginnings_of_words() {
        for (term, text) in
            [("lo", "Ada Lovelace"), ("a", "Ada"), ("ex", "ada@example.com"), ("中", "田中"), ("o'", "Pat O'Brien")]
        {
            assert!(SearchTerm::new(term).is_in(text), "{term} in {text}");
        }
        for (term, text) in [("da", "Ada"), ("d", "Ada"), ("om", "ada@example.com")] {
            assert!(!SearchTerm::new(term).is_in(text), "{term} in {text}");
        }
    }

    proptest! {
        #[test]
        fn text_that_contains_term_has_its_grams(text in "[ab .@中é]{0,12}", term in "[ab .@中é]{0,4}") {
            let term = SearchTerm::new(&term);
            if term.is_in(&text) {
                prop_assert!(term.grams().is_subset(&grams(&text)), "{:?} in {:?}", term, text);
            }
        }

        #[test]
        fn every_text_is_found_by_itself_and_its_normal_forms(text in any::<String>(), start in 0..40_usize, end in 0..40_usize) {
            for search in [text.clone(), text.nfc().collect(), text.nfd().collect(), text.to_lowercase(), text.to_uppercase()] {
                prop_assert!(SearchTerm::new(&search).is_in(&text), "{:?} in {:?}", search, text);
            }
            let (start, end) = (text.floor_char_boundary(start), text.floor_char_boundary(end));
            let part = text.get(start..end).unwrap_or_default();
            if part.is_ascii() && text.is_ascii() && !SearchTerm::new(part).is_prefix() {
                prop_assert!(SearchTerm::new(part).is_in(&text));
            }
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
