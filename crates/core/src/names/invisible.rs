//! Characters without a glyph, and the two joiners that some scripts need.
//!
//! U+200C (zero width non-joiner) and U+200D (zero width joiner) are invisible themselves, but change the shape of the
//! letters beside them: Sinhala, Malayalam, Persian and other languages cannot be written without them. They are
//! allowed where they can have that effect, and nowhere else: in Latin text they would make two names that look the
//! same.

use icu_properties::CodePointMapData;
use icu_properties::CodePointSetData;
use icu_properties::props::{ExtendedPictographic, JoiningType};
use unicode_normalization::char::canonical_combining_class;

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';
/// The canonical combining class of a virama: the sign that takes a consonant's vowel away.
const VIRAMA: u8 = 9;
/// Marks between a letter and a joiner, at most this many: real text has a few. It bounds the look-ups for one joiner.
const MAX_MARKS: usize = 8;

/// The first character that is invisible and not allowed by `is_allowed`, nor a joiner where it has an effect.
pub(super) fn find_invisible(text: &str, is_allowed: impl Fn(char) -> bool) -> Option<char> {
    let found =
        text.char_indices().find(|&(at, c)| is_invisible(c) && !is_allowed(c) && !is_joiner_in_place(text, at, c));
    found.map(|(_, c)| c)
}

/// Removes all invisible characters but white space and joiners that have an effect.
pub(crate) fn remove_invisible(text: &str) -> String {
    let visible =
        text.char_indices().filter(|&(at, c)| c.is_whitespace() || !is_invisible(c) || is_joiner_in_place(text, at, c));
    visible.map(|(_, c)| c).collect()
}

/// Whether a character is invisible: controls, line and paragraph separators, marks of text direction, and characters
/// without a glyph. The joiners are included.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffc}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e00ff}'
                | '\u{e01f0}'..='\u{e0fff}'
        )
}

/// Variation selectors choose the glyph of the character before them, in Japanese names and in emoji. They have none of
/// their own.
pub(crate) fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

pub(super) fn is_joiner(c: char) -> bool {
    matches!(c, NON_JOINER | JOINER)
}

/// Whether `c`, which begins at `at`, is a joiner in a place where it changes what is shown.
fn is_joiner_in_place(text: &str, at: usize, c: char) -> bool {
    let (before, after) = (&text[..at], &text[at + c.len_utf8()..]);
    match c {
        NON_JOINER => follows_virama(before) || separates_cursive_letters(before, after),
        JOINER => follows_virama(before) || joins_to_virama(before, after) || joins_emoji(before, after),
        _ => false,
    }
}

/// RFC 5892, appendix A.1 and A.2: after a virama, both joiners choose between forms of a conjunct.
fn follows_virama(before: &str) -> bool {
    before.chars().next_back().is_some_and(is_virama)
}

fn is_virama(c: char) -> bool {
    canonical_combining_class(c) == VIRAMA
}

/// RFC 5892, appendix A.1: between two letters that would join in cursive writing.
fn separates_cursive_letters(before: &str, after: &str) -> bool {
    let is_transparent = |c: &char| joining_type(*c) == JoiningType::Transparent;
    let previous = before.chars().rev().take(MAX_MARKS).find(|c| !is_transparent(c)).map(joining_type);
    let next = after.chars().take(MAX_MARKS).find(|c| !is_transparent(c)).map(joining_type);
    matches!(previous, Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(next, Some(JoiningType::RightJoining | JoiningType::DualJoining))
}

fn joining_type(c: char) -> JoiningType {
    CodePointMapData::<JoiningType>::new().get(c)
}

/// The letter ra of Bengali, Kannada and their relatives keeps its full form by a joiner before the virama (The Unicode
/// Standard, section 12.2). RFC 5892 has no domain names for it, but names of people do.
fn joins_to_virama(before: &str, after: &str) -> bool {
    let is_ra = |c: char| matches!(c, '\u{9b0}' | '\u{9f0}' | '\u{b30}' | '\u{c30}' | '\u{cb0}' | '\u{d30}');
    before.chars().next_back().is_some_and(is_ra) && after.chars().next().is_some_and(is_virama)
}

/// Unicode Standard Annex #29, rule GB11: two pictographs joined to one. A skin tone or a variation selector may follow
/// the first.
fn joins_emoji(before: &str, after: &str) -> bool {
    let is_modifier = |c: &char| is_variation_selector(*c) || matches!(c, '\u{1f3fb}'..='\u{1f3ff}');
    let is_pictograph = |c: char| CodePointSetData::new::<ExtendedPictographic>().contains(c);
    before.chars().rev().take(3).find(|c| !is_modifier(c)).is_some_and(is_pictograph)
        && after.chars().next().is_some_and(|c| is_pictograph(c) && !is_modifier(&c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_accepted(text: &str) -> bool {
        find_invisible(text, |_| false).is_none()
    }

    #[test]
    fn joiners_are_accepted_where_scripts_need_them() {
        for name in [
            "ශ්\u{200d}රී ලංකා",               // Sinhala: Sri Lanka
            "ප්\u{200d}රියංකා",                // Sinhala: Priyanka
            "می\u{200c}خواهم",              // Persian
            "خانه\u{200c}ای",               // Persian, before a letter that joins on one side only
            "نیم\u{200c}فاصله\u{200c}ها",   // Persian, twice
            "مَ\u{200c}ه",                   // with a vowel mark before it
            "അവന്\u{200d}",                  // Malayalam: a chillu, at the end
            "ഗോപാലകൃഷ്ണന്\u{200d} നായര്\u{200d}", // Malayalam
            "क्\u{200d}ष",                   // Hindi: a half form
            "क्\u{200c}ष",                   // Hindi: a visible virama
            "র\u{200d}্যাচেল",                // Bengali: ra with ya-phala
            "ಸರ\u{200d}್ವ",                  // Kannada
            "👩\u{200d}🚀",
            "👩🏽\u{200d}🚀",
            "❤\u{fe0f}\u{200d}🔥",
            "👨\u{200d}👩\u{200d}👧\u{200d}👦",
            "🏳\u{fe0f}\u{200d}🌈",
        ] {
            assert!(is_accepted(name), "{}", name.escape_unicode());
            assert_eq!(remove_invisible(name), name);
        }
    }

    #[test]
    fn joiners_are_refused_where_they_change_nothing() {
        for name in [
            "Ac\u{200c}me",
            "Ac\u{200d}me",
            "\u{200c}می",
            "می\u{200c}",
            "می\u{200c} خواهم",
            "می\u{200c}\u{200c}خواهم",
            "دا\u{200c}ر",     // alef does not join to the left anyway
            "می\u{200d}خواهم", // they join without it
            "ශ\u{200d}රී",      // no virama
            "ශ්\u{200d}\u{200d}රී",
            "क\u{200d}",
            "र\u{200d}्", // Devanagari ra needs none
            "👩\u{200d}",
            "\u{200d}🚀",
            "👩\u{200d}x",
            "1\u{200d}🚀",
            "👩\u{200d}\u{1f3fb}",
            "Ac\u{200b}me",
            "ශ්\u{200b}රී",
        ] {
            assert!(!is_accepted(name), "{}", name.escape_unicode());
        }
        assert_eq!(remove_invisible("Ac\u{200d}m\u{200b}e\u{feff} Inc\n"), "Acme Inc\n");
    }

    proptest! {
        #[test]
        fn joiners_alone_never_make_two_latin_names(text in "[ -~ß-žА-я]{0,20}", at in 0..20_usize, c in "[\u{200c}\u{200d}]") {
            let at = text.floor_char_boundary(at.min(text.len()));
            let (before, after) = text.split_at(at);
            let name = format!("{before}{c}{after}");
            prop_assert!(!is_accepted(&name));
        }

        #[test]
        fn nothing_invisible_is_left_after_removal(text in any::<String>(), marks in "[\u{200b}-\u{200d}\u{ad}क्یم🚀\u{fe0f} ]{0,20}") {
            let cleaned = remove_invisible(&format!("{marks}{text}{marks}"));
            prop_assert_eq!(find_invisible(&cleaned, char::is_whitespace), None);
            prop_assert_eq!(remove_invisible(&cleaned), cleaned);
        }
    }
}
