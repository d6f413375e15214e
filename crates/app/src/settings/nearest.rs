//! Which setting was probably meant by a name that is none.

use super::setting::Setting;
use super::table::settings;

/// The setting whose name is the fewest slips away, if those are few enough to be slips. `path` is `section.key`, or a
/// key alone; a setting's right key in the wrong section is near too.
pub(super) fn nearest(path: &str) -> Option<&'static Setting> {
    let key = path.rsplit('.').next().unwrap_or(path);
    let slips = |setting: &Setting| {
        let in_another_section = true;
        // Of two that are equally near, the one in the section that was named is meant.
        (distance(path, setting.path), !in_another_section).min((distance(key, setting.key()), in_another_section))
    };
    let ((slips, _), setting) = settings().map(|setting| (slips(setting), setting)).min_by_key(|(slips, _)| *slips)?;
    (slips <= (key.chars().count() / 3).max(1)).then_some(setting)
}

/// How many letters must be put in, left out or exchanged to make one word of the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (done, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = done + 1;
        for (column, other) in to.iter().enumerate() {
            let exchanged = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = exchanged.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_understood_and_strangers_are_not() {
        for (written, meant) in [
            ("listn", Some("listen")),
            ("lsiten", Some("listen")),
            ("publicurl", Some("public_url")),
            ("mail.listen", Some("listen")),
            ("idle", Some("sessions.idle")),
            ("sesions.idle", Some("sessions.idle")),
            ("passwords.minimum_lenght", Some("passwords.minimum_length")),
            ("plugin", None),
            ("x", None),
            ("", None),
            ("smtp.relay", None),
        ] {
            assert_eq!(nearest(written).map(|setting| setting.path), meant, "{written:?}");
        }
    }

    #[test]
    fn distance_counts_letters() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("größe", "grösse"), 2);
    }
}
