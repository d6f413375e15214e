//! Relative times with their date, such as "in 7 days (7 Dec)". The `datetime` attribute has the exact time, which the
//! script shows in the local time zone as the `title`.

use vestibule_core::time::Timestamp;

use super::words::Words;

const HOUR: u64 = 60;
const DAY: u64 = 24 * HOUR;

impl Words {
    /// Returns a `<time>` element. Templates may insert it unescaped: it contains no user input.
    pub(super) fn time_html(self, instant: Timestamp, now: Timestamp) -> String {
        let relative = self.relative(instant, now);
        let distance = if instant <= now { now.since(instant) } else { instant.since(now) };
        // A date says nothing more about something that is a few hours away.
        if distance.as_secs() / 60 < DAY {
            return format!("<time datetime=\"{instant}\">{relative}</time>");
        }
        format!("<time datetime=\"{instant}\">{relative} ({})</time>", self.short_date(instant, now))
    }

    /// What is over is rounded down and what is to come up: an invitation that is valid for seven days is so "in 7
    /// days", also a second later.
    fn relative(self, instant: Timestamp, now: Timestamp) -> String {
        if instant <= now {
            let minutes = now.since(instant).as_secs() / 60;
            return match minutes {
                0 => self.just_now(),
                1..HOUR => self.minutes_ago(minutes),
                HOUR.. if minutes < 2 * DAY => self.hours_ago(minutes / HOUR),
                _ => self.days_ago(minutes / DAY),
            };
        }
        let minutes = instant.since(now).as_secs().div_ceil(60);
        match minutes {
            ..HOUR => self.in_minutes(minutes),
            HOUR.. if minutes <= 2 * DAY => self.in_hours(minutes.div_ceil(HOUR)),
            _ => self.in_days(minutes.div_ceil(DAY)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vestibule_core::language::Language;

    use super::*;

    #[test]
    fn formats_relative_times() {
        let now = Timestamp::from_microseconds(1_768_473_000_000_000);
        let relative = |language, seconds: i64| {
            let span = Duration::from_secs(seconds.unsigned_abs());
            Words::new(language).relative(if seconds < 0 { now.minus(span) } else { now.plus(span) }, now)
        };
        assert_eq!(relative(Language::English, 0), "just now");
        assert_eq!(relative(Language::English, -90), "1 minute ago");
        assert_eq!(relative(Language::English, 7200), "in 2 hours");
        assert_eq!(relative(Language::German, 3 * 86_400), "in 3 Tagen");
        assert_eq!(relative(Language::German, -3600), "vor 1 Stunde");
        assert_eq!(relative(Language::German, -40 * 86_400), "vor 40 Tagen");
        assert_eq!(relative(Language::English, 7 * 86_400 - 1), "in 7 days");
    }
}
