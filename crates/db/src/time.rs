//! Timestamps, and the injected clock. Nothing else reads the machine's clock.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// An instant in UTC: microseconds since 1970 in the database, RFC 3339 with whole seconds on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, format = DateTime, example = "2026-01-22T10:30:00Z"))]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest instant: a lower bound that excludes nothing.
    pub const EARLIEST: Self = Self(i64::MIN);
    /// The latest instant: an upper bound that excludes nothing.
    pub const LATEST: Self = Self(i64::MAX);

    pub const fn from_microseconds(microseconds: i64) -> Self {
        Self(microseconds)
    }

    pub const fn as_microseconds(self) -> i64 {
        self.0
    }

    /// Milliseconds since 1970.
    pub const fn as_milliseconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Saturates at the latest instant.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// Saturates at the earliest instant.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The time from `earlier` until this; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The same instant without its fraction of a second.
    #[must_use]
    pub const fn whole_second(self) -> Self {
        Self(self.0 - self.0.rem_euclid(1_000_000))
    }

    /// Seconds since 1970.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
}

impl Timestamp {
    /// Parses RFC 3339 to whole seconds, or a date, which stands for its first moment in UTC.
    pub fn parse(text: &str) -> Option<Self> {
        let instant = match text.parse::<jiff::civil::Date>() {
            Ok(date) if text.len() == 10 => date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp(),
            _ => text.parse::<jiff::Timestamp>().ok()?,
        };
        Some(Self(instant.as_second().checked_mul(1_000_000)?))
    }

    /// RFC 3339 in ASCII with whole seconds. Written digit by digit, because a list has hundreds of timestamps.
    pub fn to_rfc3339(self) -> [u8; 20] {
        let mut text = *b"9999-12-31T23:59:59Z";
        let utc = jiff::tz::Offset::UTC;
        let date = jiff::Timestamp::from_second(self.unix_seconds()).map(|instant| utc.to_datetime(instant));
        // Only the two bounds do not fit into four digits of a year, and neither is ever stored.
        let Some((date, year)) = date.ok().and_then(|date| u16::try_from(date.year()).ok().map(|year| (date, year)))
        else {
            return text;
        };
        let mut put = |index: usize, number: i8| {
            let number = number.unsigned_abs();
            text[index] = b'0' + number / 10;
            text[index + 1] = b'0' + number % 10;
        };
        put(5, date.month());
        put(8, date.day());
        put(11, date.hour());
        put(14, date.minute());
        put(17, date.second());
        for (byte, digit) in text.iter_mut().zip([1000, 100, 10, 1]) {
            *byte = b'0' + u8::try_from(year / digit % 10).unwrap_or(0);
        }
        text
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.to_rfc3339()).unwrap_or_default())
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(&self.to_rfc3339()).unwrap_or_default())
    }
}

/// A source of the time.
pub trait Clock: Send + Sync + fmt::Debug {
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the only caller of the machine's clock")]
    fn now(&self) -> Timestamp {
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX))
    }
}

/// A clock that moves only when it is set, for tests and reproducible samples.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub const fn new(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.0))
    }

    pub fn advance(&self, duration: Duration) {
        self.set(self.now().plus(duration));
    }

    /// Sets the clock, possibly back.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_whole_seconds_in_utc() {
        let instant = Timestamp::from_microseconds(1_705_919_400_999_999);
        assert_eq!(instant.to_string(), "2024-01-22T10:30:00Z");
        assert_eq!(instant.whole_second().as_microseconds(), 1_705_919_400_000_000);
        assert_eq!(Timestamp::from_microseconds(-1).to_string(), "1969-12-31T23:59:59Z");
    }

    proptest::proptest! {
        #[test]
        fn formats_like_jiff(second in 0_i64..253_402_300_799) {
            let expected = jiff::Timestamp::from_second(second).unwrap().to_string();
            proptest::prop_assert_eq!(Timestamp::from_microseconds(second * 1_000_000 + 7).to_string(), expected);
        }
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Timestamp::LATEST.plus(Duration::MAX), Timestamp::LATEST);
        assert_eq!(Timestamp::EARLIEST.minus(Duration::from_secs(1)), Timestamp::EARLIEST);
        assert_eq!(Timestamp::EARLIEST.since(Timestamp::LATEST), Duration::ZERO);
        assert!(!Timestamp::LATEST.to_string().is_empty());
    }
}
