//! Dates in the usual form of a language, in UTC.

use icu_calendar::{Date, Iso};
use icu_datetime::DateTimeFormatter;
use icu_datetime::fieldsets::{MD, YMD};
use icu_locale_core::{Locale, locale};
use vestibule_db::time::Timestamp;

use crate::Phrases;

pub(crate) struct Formatters {
    long: Option<DateTimeFormatter<YMD>>,
    medium: Option<DateTimeFormatter<YMD>>,
    without_year: Option<DateTimeFormatter<MD>>,
}

impl Formatters {
    /// `tag` is the language with its region, such as `en-GB`: regions differ in their order of day and month.
    pub(crate) fn new(tag: &str) -> Self {
        let locale: Locale = tag.parse().unwrap_or(locale!("en-GB"));
        let preferences = locale.into();
        // The data of every locale is compiled in, so these do not fail.
        Self {
            long: DateTimeFormatter::try_new(preferences, YMD::long()).ok(),
            medium: DateTimeFormatter::try_new(preferences, YMD::medium()).ok(),
            without_year: DateTimeFormatter::try_new(preferences, MD::medium()).ok(),
        }
    }
}

impl Phrases {
    /// Formats a day: `2 March 2026`. A time that no calendar has is written as RFC 3339.
    pub fn long_date(self, time: Timestamp) -> String {
        let formatter = self.catalog().formatters.long.as_ref();
        let text = day(time).zip(formatter).map(|(day, formatter)| formatter.format(&day).to_string());
        text.unwrap_or_else(|| time.to_string())
    }

    /// Formats a day for tables: `2 Mar 2026`, or `2 Mar` in the year of `now`.
    pub fn short_date(self, time: Timestamp, now: Timestamp) -> String {
        let formatters = &self.catalog().formatters;
        let is_this_year = civil(time).zip(civil(now)).is_some_and(|(time, now)| time.year() == now.year());
        let text = day(time).and_then(|day| {
            if is_this_year {
                formatters.without_year.as_ref().map(|formatter| formatter.format(&day).to_string())
            } else {
                formatters.medium.as_ref().map(|formatter| formatter.format(&day).to_string())
            }
        });
        text.unwrap_or_else(|| time.to_string())
    }

    /// Formats a day and a time: `2 March 2026, 10:30 UTC`.
    pub fn long_time(self, time: Timestamp) -> String {
        match civil(time) {
            None => time.to_string(),
            Some(civil) => self.date_and_time(self.long_date(time), civil.strftime("%H:%M").to_string()),
        }
    }
}

fn civil(time: Timestamp) -> Option<jiff::civil::DateTime> {
    let instant = jiff::Timestamp::from_second(time.unix_seconds()).ok()?;
    Some(instant.to_zoned(jiff::tz::TimeZone::UTC).datetime())
}

fn day(time: Timestamp) -> Option<Date<Iso>> {
    let civil = civil(time)?;
    Date::try_new_iso(civil.year().into(), civil.month().unsigned_abs(), civil.day().unsigned_abs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;

    #[test]
    fn formats_dates_in_the_language() {
        let time = Timestamp::from_microseconds(1_772_447_400_000_000);
        let next_year = Timestamp::from_microseconds(1_798_761_600_000_000);
        let (english, german) = (Phrases::new(Language::English), Phrases::new(Language::German));
        assert_eq!(english.long_time(time), "2 March 2026, 10:30 UTC");
        assert_eq!(german.long_time(time), "2. März 2026, 10:30 UTC");
        assert_eq!(english.short_date(time, time), "2 Mar");
        assert_eq!(german.short_date(time, time), "2. März");
        assert_eq!(english.short_date(time, next_year), "2 Mar 2026");
        assert_eq!(german.short_date(time, next_year), "02.03.2026");
        assert_eq!(german.long_time(Timestamp::LATEST), "9999-12-31T23:59:59Z");
    }
}
