//! Passwords that follow a pattern: repeated characters, sequences, and rows of a keyboard.

/// The rows of QWERTY and QWERTZ keyboards. `0` follows `9` also in the first one.
const ROWS: &[&str] = &["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm"];
/// A password is refused if its runs have this many characters on average.
const MIN_AVERAGE_RUN: usize = 4;
/// The longest block whose repetition is a pattern.
const MAX_BLOCK: usize = 4;

/// The step from one character to the next in a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Same,
    Up,
    Down,
    /// To the right or left in a row of a keyboard.
    Right,
    Left,
}

/// Whether a folded password consists of runs of repeated, consecutive or adjacent characters (`aaaa1234`,
/// `qwertzuiop`), four characters long on average, or repeats a block of up to four characters (`abc!abc!`).
pub(super) fn is_pattern(folded: &str) -> bool {
    let characters: Vec<char> = folded.chars().collect();
    let repeats = |block: usize| {
        characters.len() >= 2 * block && characters.iter().zip(characters.iter().skip(block)).all(|(a, b)| a == b)
    };
    let is_run = !characters.is_empty() && runs(&characters) * MIN_AVERAGE_RUN <= characters.len();
    is_run || (1..=MAX_BLOCK).any(repeats)
}

/// Counts the runs: the characters of each follow each other with the same step.
fn runs(characters: &[char]) -> usize {
    let (mut count, mut steps) = (1, Vec::new());
    for pair in characters.windows(2) {
        let [from, to] = pair else { continue };
        let possible = steps_between(*from, *to);
        if steps.is_empty() {
            // The first pair of a run decides its step.
            if possible.is_empty() {
                count += 1;
            }
            steps = possible;
        } else {
            steps.retain(|step| possible.contains(step));
            if steps.is_empty() {
                count += 1;
            }
        }
    }
    count
}

fn steps_between(from: char, to: char) -> Vec<Step> {
    let mut steps = Vec::new();
    if from == to {
        steps.push(Step::Same);
    }
    if from.is_alphanumeric() && to.is_alphanumeric() {
        let (from, to) = (u32::from(from), u32::from(to));
        steps.extend((to == from + 1).then_some(Step::Up));
        steps.extend((from == to + 1).then_some(Step::Down));
    }
    for row in ROWS {
        if let (Some(from), Some(to)) = (row.find(from), row.find(to)) {
            steps.extend((to == from + 1 && !steps.contains(&Step::Right)).then_some(Step::Right));
            steps.extend((from == to + 1 && !steps.contains(&Step::Left)).then_some(Step::Left));
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_repetitions_sequences_and_keyboard_rows() {
        for pattern in [
            "        ",
            "aaaaaaaa",
            "12345678",
            "1234567890",
            "87654321",
            "0987654321",
            "12345678901234567890",
            "abcdefgh",
            "hgfedcba",
            "qwertyuiop",
            "poiuztrewq",
            "asdfghjkl",
            "aaaa1234",
            "abcd1234",
            "1111222233334444",
            "abababab",
            "abc!abc!abc!",
            "öööööööö",
            "αβγδεζηθ",
        ] {
            assert!(is_pattern(pattern), "{pattern}");
        }
    }

    #[test]
    fn accepts_ordinary_passphrases() {
        for text in ["open-sesame-42", "correct horse battery staple", "aab-ccd-1290", "hello world", "x7!kQ2#m", ""] {
            assert!(!is_pattern(text), "{text}");
        }
    }
}
