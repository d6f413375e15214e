//! The forms of a password: the one that is hashed, and the one that is compared with lists.

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// The form of a password that is hashed: the `OpaqueString` profile of RFC 8265, section 4.2. Spaces other than
/// U+0020 become U+0020, then the text is normalized to NFC, so that the same password typed on different systems has
/// the same digest. Case and width stay. `None` for an empty text and one with control characters.
///
/// Unlike the profile's `FreeformClass`, other characters are not refused. The class depends on the version of Unicode,
/// and excludes the joiners of emoji; a password must not become invalid with an update.
pub(super) fn opaque_string(text: &str) -> Option<Zeroizing<String>> {
    if text.is_empty() || text.contains(char::is_control) {
        return None;
    }
    // Reserves for the longest normalization form of UTF-8 (three times as long), so that no copy of a password stays
    // in memory after the buffer grows.
    let mut normalized = Zeroizing::new(String::with_capacity(text.len() * 3));
    normalized.extend(text.chars().map(|c| if is_space(c) { ' ' } else { c }).nfc());
    Some(normalized)
}

/// Unicode's space separators (category Zs).
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// The form in which passwords and words are compared: compatibility characters such as full-width letters replaced
/// (NFKC), lower case.
pub(super) fn fold(text: &str) -> Zeroizing<String> {
    let mut folded = Zeroizing::new(String::with_capacity(text.len() * 3));
    folded.extend(text.nfkc().flat_map(char::to_lowercase).nfkc());
    folded
}

/// How many characters after the last letter may stand for letters themselves: `v3st1bul3!2031`.
const MAX_READ_AFTER_LETTERS: usize = 3;

/// The readings of a folded text: itself, itself without the digits and punctuation around it, and each of these
/// with digits and signs read as the letters that they resemble. At most 36 texts, without duplicates.
pub(super) fn readings(folded: &str) -> Vec<Zeroizing<String>> {
    let first_letter = folded.find(char::is_alphabetic).unwrap_or_default();
    let after_letters = folded.trim_end_matches(|c: char| !c.is_alphabetic()).len();
    let tail = folded.get(after_letters..).unwrap_or_default();
    let tail_ends = tail.char_indices().map(|(index, c)| after_letters + index + c.len_utf8());
    let mut ends = vec![folded.len(), folded.trim_end_matches(|c: char| !c.is_alphanumeric()).len(), after_letters];
    ends.extend(tail_ends.take(MAX_READ_AFTER_LETTERS));
    let mut readings: Vec<Zeroizing<String>> = Vec::new();
    for end in ends {
        for start in [0, first_letter] {
            let part = folded.get(start..end).unwrap_or_default();
            for reading in [Zeroizing::new(part.to_owned()), without_leetspeak(part, 'i'), without_leetspeak(part, 'l')]
            {
                if !reading.is_empty() && !readings.contains(&reading) {
                    readings.push(reading);
                }
            }
        }
    }
    readings
}

/// Reads digits and signs as letters, and `1`, `!` and `|` as `bar`.
fn without_leetspeak(folded: &str, bar: char) -> Zeroizing<String> {
    let letter = |c| match c {
        '0' => 'o',
        '1' | '!' | '|' => bar,
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        c => c,
    };
    let mut read = Zeroizing::new(String::with_capacity(folded.len()));
    read.extend(folded.chars().map(letter));
    read
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn normalized(text: &str) -> Option<String> {
        opaque_string(text).map(|text| text.to_string())
    }

    #[test]
    fn follows_the_examples_of_rfc_8265() {
        // Section 4.3, table 4.
        for (typed, expected) in [
            ("correct horse battery staple", Some("correct horse battery staple")),
            ("Correct Horse Battery Staple", Some("Correct Horse Battery Staple")),
            ("πßå", Some("πßå")),
            ("Jack of ♦s", Some("Jack of ♦s")),
            ("foo\u{1680}bar", Some("foo bar")),
            ("", None),
            ("my cat is a \tby", None),
        ] {
            assert_eq!(normalized(typed).as_deref(), expected, "{typed:?}");
        }
        assert_eq!(normalized("cafe\u{301}"), normalized("café"));
        assert_eq!(normalized("ａｂｃ").as_deref(), Some("ａｂｃ"), "width is not mapped");
        assert_eq!(normalized("👩\u{200d}💻").as_deref(), Some("👩\u{200d}💻"));
    }

    #[test]
    fn folds_case_and_width() {
        assert_eq!(fold("ＰａＳＳｗｏｒｄ").as_str(), "password");
        assert_eq!(fold("GRÖẞE").as_str(), "größe");
    }

    #[test]
    fn reads_digits_and_signs_as_letters() {
        for (text, reading) in [
            ("v3$tibu1e", "vestibule"),
            ("v3stibul3!2031", "vestibule"),
            ("99_p@ssw0rd_99", "password"),
            ("!!sunshine!!", "sunshine"),
            ("sunshine", "sunshine"),
            ("12345678!", "12345678"),
        ] {
            let readings = readings(text);
            assert!(readings.iter().any(|read| read.as_str() == reading), "{text}: {readings:?}");
            assert!(readings.len() <= 36);
        }
        assert!(readings("").is_empty());
    }

    proptest! {
        #[test]
        fn normalization_is_idempotent_and_bounded(text in any::<String>()) {
            if let Some(once) = opaque_string(&text) {
                prop_assert!(once.len() <= text.len() * 3);
                prop_assert_eq!(opaque_string(&once), Some(once.clone()));
                prop_assert!(!once.contains(char::is_control));
            }
        }

        #[test]
        fn folding_is_idempotent(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
            prop_assert!(readings(&once).len() <= 36);
        }
    }
}
