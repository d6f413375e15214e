//! Suggestions for misspelled setting names.

use super::setting::Setting;
use super::table::settings;

/// Returns the setting with the smallest edit distance to `path`, which is `section.key` or a key alone, if the
/// distance is at most a third of the key's length. A correct key in the wrong section matches too.
pub(super) fn suggest(path: &str) -> Option<&'static Setting> {
    let key = path.rsplit('.').next().unwrap_or(path);
    let distance_to = |setting: &Setting| {
        let in_other_section = true;
        // Of two equally near settings, the one in the named section sorts first.
        (distance(path, setting.path), !in_other_section).min((distance(key, setting.key()), in_other_section))
    };
    let ((distance, _), setting) =
        settings().map(|setting| (distance_to(setting), setting)).min_by_key(|(distance, _)| *distance)?;
    (distance <= (key.chars().count() / 3).max(1)).then_some(setting)
}

/// Returns the Levenshtein distance of two words, in characters.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, char) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in to.iter().enumerate() {
            let substituted = diagonal + usize::from(char != *other);
            diagonal = row[column + 1];
            row[column + 1] = substituted.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_similar_names_only() {
        for (path, suggested) in [
            ("listn", Some("listen")),
            ("lsiten", Some("listen")),
            ("publicurl", Some("public_url")),
            ("mail.listen", Some("listen")),
            ("idle_timeout", Some("sessions.idle_timeout")),
            ("sesions.idle_timeout", Some("sessions.idle_timeout")),
            ("passwords.minimum_lenght", Some("passwords.minimum_length")),
            ("plugin", None),
            ("x", None),
            ("", None),
            ("smtp.relay", None),
        ] {
            assert_eq!(suggest(path).map(|setting| setting.path), suggested, "{path:?}");
        }
    }

    #[test]
    fn distance_counts_characters() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("größe", "grösse"), 2);
    }
}
