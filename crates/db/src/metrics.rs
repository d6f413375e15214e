//! Counters and histograms of metrics. Recording is one or two atomic additions: it neither locks nor allocates, and
//! looks nothing up by name. They are read when metrics are scraped.
//!
//! Labels are enums, so that no label is ever made from input.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn increment(&self) {
        self.add(1);
    }

    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The values of a label. [`label!`](crate::label) implements it.
pub trait Label: Copy + fmt::Debug + 'static {
    const ALL: &'static [Self];

    /// The value in the metrics. Dashboards and alerts of operators depend on it.
    fn as_str(self) -> &'static str;

    /// The position in `ALL`.
    fn index(self) -> usize;
}

/// Declares an enum that is a label.
#[macro_export]
macro_rules! label {
    ($(#[$doc:meta])* $visibility:vis enum $type:ident { $($(#[$note:meta])* $name:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $visibility enum $type {$($(#[$note])* $name,)+}

        impl $crate::metrics::Label for $type {
            const ALL: &'static [Self] = &[$(Self::$name),+];

            fn as_str(self) -> &'static str {
                match self {$(Self::$name => $text),+}
            }

            fn index(self) -> usize {
                self as usize
            }
        }
    };
}

/// One counter for each value of a label.
pub struct Counters<L> {
    counters: Box<[Counter]>,
    label: PhantomData<fn(L)>,
}

impl<L: Label> Default for Counters<L> {
    fn default() -> Self {
        Self { counters: L::ALL.iter().map(|_| Counter::default()).collect(), label: PhantomData }
    }
}

impl<L: Label> fmt::Debug for Counters<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.values().map(|(label, count)| (label.as_str(), count))).finish()
    }
}

impl<L: Label> Counters<L> {
    pub fn increment(&self, label: L) {
        if let Some(counter) = self.counters.get(label.index()) {
            counter.increment();
        }
    }

    /// Every value of the label with its count.
    pub fn values(&self) -> impl Iterator<Item = (L, u64)> {
        L::ALL.iter().zip(&self.counters).map(|(label, counter)| (*label, counter.get()))
    }

    pub fn get(&self, label: L) -> u64 {
        self.counters.get(label.index()).map_or(0, Counter::get)
    }
}

/// Durations, counted by the first of its bounds that they do not exceed.
#[derive(Debug)]
pub struct Histogram {
    /// In microseconds, ascending.
    bounds: &'static [u64],
    /// One more than bounds: the last is for longer durations.
    counts: Box<[AtomicU64]>,
    /// In microseconds. It wraps after half a million years.
    sum: AtomicU64,
}

impl Histogram {
    /// `bounds` are in microseconds and ascend.
    pub fn new(bounds: &'static [u64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0) }
    }

    pub fn observe(&self, duration: Duration) {
        let microseconds = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let index = self.bounds.partition_point(|bound| *bound < microseconds);
        if let Some(count) = self.counts.get(index) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(microseconds, Ordering::Relaxed);
    }

    /// The state now. Concurrent observations may be in the count and not yet in the sum.
    pub fn snapshot(&self) -> HistogramSnapshot {
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        let bounds = self.bounds.iter().map(|bound| seconds(*bound)).chain([f64::INFINITY]);
        HistogramSnapshot { buckets: bounds.zip(counts).collect(), sum: seconds(self.sum.load(Ordering::Relaxed)) }
    }
}

fn seconds(microseconds: u64) -> f64 {
    Duration::from_micros(microseconds).as_secs_f64()
}

/// What a [`Histogram`] has counted.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramSnapshot {
    /// The upper bound of each bucket in seconds, and how many durations are in it and in none before it.
    pub buckets: Vec<(f64, u64)>,
    /// In seconds.
    pub sum: f64,
}

impl HistogramSnapshot {
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }
}

/// Bounds for waiting in a queue of this process, in microseconds.
pub const WAIT_BOUNDS: &[u64] =
    &[100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000];

/// The connections of a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolStatus {
    pub max: usize,
    pub open: usize,
    pub in_use: usize,
    /// Callers that wait for one.
    pub waiting: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    label! {
        enum Fruit {
            Apple = "apple",
            Pear = "pear",
        }
    }

    #[test]
    fn counts_by_label() {
        let counters = Counters::<Fruit>::default();
        counters.increment(Fruit::Pear);
        counters.increment(Fruit::Pear);
        let values: Vec<_> = counters.values().map(|(label, count)| (label.as_str(), count)).collect();
        assert_eq!(values, [("apple", 0), ("pear", 2)]);
        assert_eq!(counters.get(Fruit::Pear), 2);
        assert_eq!(format!("{counters:?}"), r#"{"apple": 0, "pear": 2}"#);
    }

    #[test]
    fn bounds_are_inclusive() {
        let histogram = Histogram::new(&[1_000, 2_000]);
        for microseconds in [0, 1_000, 1_001, 2_000, 2_001, 9_000_000] {
            histogram.observe(Duration::from_micros(microseconds));
        }
        let snapshot = histogram.snapshot();
        assert_eq!(snapshot.buckets, [(0.001, 2), (0.002, 2), (f64::INFINITY, 2)]);
        assert_eq!((snapshot.count(), snapshot.sum), (6, seconds(9_006_002)));
    }

    #[test]
    fn observes_durations_of_any_length() {
        let histogram = Histogram::new(WAIT_BOUNDS);
        histogram.observe(Duration::MAX);
        assert_eq!(histogram.snapshot().buckets.last(), Some(&(f64::INFINITY, 1)));
        assert!(WAIT_BOUNDS.is_sorted());
    }
}
