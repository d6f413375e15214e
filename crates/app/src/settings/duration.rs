//! Durations as an operator writes them: a whole number and a unit, such as `30m`, `12h` or `7d`.

use std::time::Duration;

/// Parses a duration in seconds (`s`), minutes (`m`), hours (`h`) or days of 24 hours (`d`). Returns `None` if the text
/// is invalid or the duration exceeds 2^64 seconds.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        _ => return None,
    };
    let digits = &text[..text.len() - unit.len_utf8()];
    // `str::parse` also accepts a sign.
    let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
    let count: u64 = digits.parse().ok().filter(|_| is_whole)?;
    count.checked_mul(seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parses_number_and_unit() {
        for (text, seconds) in [("45s", 45), ("30m", 1800), ("12h", 43_200), ("7d", 604_800), ("0s", 0)] {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for invalid in ["", "7", "d", "7 d", "7D", "-7d", "+7d", "1.5h", "1h30m", "7w", "٣d", "7days", " 7d", "7é"] {
            assert_eq!(parse(invalid), None, "{invalid:?}");
        }
    }

    proptest! {
        #[test]
        fn parses_every_valid_duration(count in 0..=u64::MAX / 86_400, unit in 0..4_usize) {
            let (unit, seconds) = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)][unit];
            prop_assert_eq!(parse(&format!("{count}{unit}")), Some(Duration::from_secs(count * seconds)));
        }

        #[test]
        fn does_not_panic(text in ".*") {
            let _ = parse(&text);
        }

        #[test]
        fn rejects_overflow(count in u64::MAX / 60 + 1..=u64::MAX) {
            prop_assert_eq!(parse(&format!("{count}m")), None);
        }
    }
}
