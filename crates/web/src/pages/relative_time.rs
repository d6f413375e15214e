//! Relative times such as "in 3 days" or "2 hours ago". The `datetime` attribute has the exact time, which the script
//! converts to the local time zone for the `title`.

use vestibule_core::time::Timestamp;

use super::words::Words;

impl Words {
    /// Returns a `<time>` element. Templates may insert it unescaped: it contains no user input.
    pub(super) fn time_html(self, instant: Timestamp, now: Timestamp) -> String {
        format!("<time datetime=\"{instant}\">{}</time>", self.relative(instant, now))
    }

    fn relative(self, instant: Timestamp, now: Timestamp) -> String {
        let (is_past, span) = if instant <= now { (true, now.since(instant)) } else { (false, instant.since(now)) };
        let minutes = span.as_secs() / 60;
        let (count, unit) = match minutes {
            0 => return self.just_now(),
            1..60 => (minutes, 0),
            60..2880 => (minutes / 60, 1),
            _ => (minutes / 1440, 2),
        };
        let span = self.span(count, unit);
        if is_past { self.duration_ago(span) } else { self.in_duration(span) }
    }

    fn span(self, count: u64, unit: usize) -> String {
        const UNITS: [[[&str; 2]; 3]; 2] = [
            [["minute", "minutes"], ["hour", "hours"], ["day", "days"]],
            // In the dative, which "in" and "vor" require.
            [["Minute", "Minuten"], ["Stunde", "Stunden"], ["Tag", "Tagen"]],
        ];
        let language = usize::from(self.0 == vestibule_core::language::Language::German);
        format!("{count} {}", UNITS[language][unit][usize::from(count != 1)])
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use vestibule_core::language::Language;

    #[test]
    fn formats_relative_times() {
        let now = Timestamp::from_microseconds(1_768_473_000_000_000);
        let relative = |language, seconds: i64| {
            let span = Duration::from_secs(seconds.unsigned_abs());
            Words(language).relative(if seconds < 0 { now.minus(span) } else { now.plus(span) }, now)
        };
        assert_eq!(relative(Language::English, 0), "just now");
        assert_eq!(relative(Language::English, -90), "1 minute ago");
        assert_eq!(relative(Language::English, 7200), "in 2 hours");
        assert_eq!(relative(Language::German, 3 * 86_400), "in 3 Tagen");
        assert_eq!(relative(Language::German, -3600), "vor 1 Stunde");
        assert_eq!(relative(Language::German, -40 * 86_400), "vor 40 Tagen");
    }
}
