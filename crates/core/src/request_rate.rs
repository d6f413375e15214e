//! Requests per minute, by client network and of all clients together, in the memory of this process.
//!
//! The counters are not in the database, because they decide which requests are refused before those cost anything. So
//! each process counts its own requests.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::time::Timestamp;

/// The networks that are counted one by one in a minute. Requests of further ones are only part of the total.
const MAX_NETWORKS: usize = 20_000;
const MINUTE: Duration = Duration::from_mins(1);

/// The requests of a minute, and of the minute before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) current: u32,
    pub(crate) previous: u32,
}

/// The rates of a client's network and of all clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rates {
    pub(crate) of_network: Rate,
    pub(crate) in_total: Rate,
}

#[derive(Default)]
pub(crate) struct RequestRate(Mutex<Minutes>);

#[derive(Default)]
struct Minutes {
    /// The current minute, counted from 1970.
    minute: i64,
    current: Counts,
    previous: Counts,
}

#[derive(Default)]
struct Counts {
    total: u32,
    by_network: HashMap<String, u32>,
}

impl RequestRate {
    /// Counts one request. Returns the rates with it. `None` is a client whose network is not known.
    pub(crate) fn record(&self, network: Option<&str>, now: Timestamp) -> Rates {
        self.at(now, |minutes| {
            minutes.current.record(network);
            minutes.rates(network)
        })
    }

    /// Returns the rates without counting a request.
    pub(crate) fn peek(&self, network: Option<&str>, now: Timestamp) -> Rates {
        self.at(now, |minutes| minutes.rates(network))
    }

    fn at<T>(&self, now: Timestamp, read: impl FnOnce(&mut Minutes) -> T) -> T {
        let mut minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        minutes.move_to(minute(now));
        read(&mut minutes)
    }
}

/// Requests with API keys. A key is counted by itself if it was found to be valid in this minute or the one before, so that
/// strangers cannot fill the counters; the others are counted by the network of their client.
#[derive(Debug, Default)]
pub(crate) struct ApiKeyRequests {
    by_key: RequestRate,
    /// Look-ups of keys that are not known to be valid.
    unknown_by_network: RequestRate,
}

impl ApiKeyRequests {
    /// The look-ups of unknown keys that a network has in a minute.
    const MAX_UNKNOWN: u32 = 300;

    /// Counts a request, before its key is looked up. Returns whether it is within the limit: `max` for a known key; 0 for
    /// none.
    pub(crate) fn take(&self, key: &str, network: &str, max: u32, now: Timestamp) -> bool {
        if self.is_known(key, now) {
            let of_key = self.by_key.record(Some(key), now).of_network;
            return max == 0 || of_key.current <= max;
        }
        let of_network = self.unknown_by_network.record(Some(network), now).of_network;
        // A network that there is no room for counts as zero.
        (1..=Self::MAX_UNKNOWN).contains(&of_network.current)
    }

    /// Records that a key was found to be valid. The first time, that counts the request.
    pub(crate) fn mark_known(&self, key: &str, now: Timestamp) {
        if !self.is_known(key, now) {
            self.by_key.record(Some(key), now);
        }
    }

    fn is_known(&self, key: &str, now: Timestamp) -> bool {
        self.by_key.peek(Some(key), now).of_network != Rate::default()
    }
}

/// The time from `now` until the next minute begins.
pub(crate) fn until_next_minute(now: Timestamp) -> Duration {
    let next = minute(now).saturating_add(1).saturating_mul(60_000_000);
    Timestamp::from_microseconds(next).since(now)
}

fn minute(now: Timestamp) -> i64 {
    now.unix_seconds().div_euclid(i64::try_from(MINUTE.as_secs()).unwrap_or(60))
}

impl Minutes {
    fn move_to(&mut self, minute: i64) {
        match minute.saturating_sub(self.minute) {
            // -1: another request read the clock later and was counted first.
            0 | -1 => return,
            1 => self.previous = std::mem::take(&mut self.current),
            _ => (self.previous, self.current) = (Counts::default(), Counts::default()),
        }
        self.minute = minute;
    }

    fn rates(&self, network: Option<&str>) -> Rates {
        let of = |counts: &Counts| network.and_then(|network| counts.by_network.get(network).copied()).unwrap_or(0);
        Rates {
            of_network: Rate { current: of(&self.current), previous: of(&self.previous) },
            in_total: Rate { current: self.current.total, previous: self.previous.total },
        }
    }
}

impl Counts {
    fn record(&mut self, network: Option<&str>) {
        self.total = self.total.saturating_add(1);
        let Some(network) = network else { return };
        if let Some(count) = self.by_network.get_mut(network) {
            *count = count.saturating_add(1);
        } else if self.by_network.len() < MAX_NETWORKS {
            self.by_network.insert(network.to_owned(), 1);
        }
    }
}

impl fmt::Debug for RequestRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestRate(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_microseconds(second * 1_000_000)
    }

    #[test]
    fn counts_by_network_and_minute() {
        let rate = RequestRate::default();
        assert_eq!(rate.peek(Some("a"), at(600)), Rates::default());
        rate.record(Some("a"), at(600));
        rate.record(Some("b"), at(601));
        let rates = rate.record(Some("a"), at(659));
        assert_eq!(rates.of_network, Rate { current: 2, previous: 0 });
        assert_eq!(rates.in_total, Rate { current: 3, previous: 0 });
        assert_eq!(rate.record(Some("a"), at(660)).of_network, Rate { current: 1, previous: 2 });
        // A request that read the clock before the minute ended.
        assert_eq!(rate.record(Some("a"), at(659)).of_network, Rate { current: 2, previous: 2 });
        assert_eq!(rate.peek(Some("a"), at(780)), Rates::default());
        rate.record(Some("a"), at(780));
        assert_eq!(rate.record(None, at(781)).of_network, Rate::default());
        // The clock was set back.
        assert_eq!(rate.peek(Some("a"), at(60)), Rates::default());
        assert_eq!(until_next_minute(at(659)), Duration::from_secs(1));
        assert_eq!(until_next_minute(at(660)), MINUTE);
    }

    #[test]
    fn counts_known_keys_by_key_and_others_by_network() {
        let requests = ApiKeyRequests::default();
        for _ in 0..ApiKeyRequests::MAX_UNKNOWN {
            assert!(requests.take("x", "a", 2, at(600)));
        }
        assert!(!requests.take("y", "a", 2, at(600)));
        assert!(requests.take("y", "b", 2, at(600)));
        requests.mark_known("y", at(600));
        assert!(requests.take("y", "a", 2, at(601)));
        assert!(!requests.take("y", "a", 2, at(602)));
        assert!(requests.take("y", "a", 0, at(603)), "no limit");
        assert!(requests.take("y", "a", 2, at(660)), "it was known in the minute before");
        assert!(requests.take("x", "a", 2, at(660)));
    }

    #[test]
    fn memory_is_bounded() {
        let rate = RequestRate::default();
        for network in 0..MAX_NETWORKS + 10 {
            rate.record(Some(&network.to_string()), at(0));
        }
        let known = rate.record(Some("0"), at(0));
        let unknown = rate.record(Some("unknown"), at(0));
        assert_eq!((known.of_network.current, unknown.of_network.current), (2, 0));
        assert_eq!(unknown.in_total.current as usize, MAX_NETWORKS + 12);
        assert_eq!(rate.0.lock().unwrap().current.by_network.len(), MAX_NETWORKS);
    }
}
