//! Deliveries: what is sent to an endpoint, and when.

use std::time::Duration;

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is due, being sent, or waits for its next attempt.
    Waiting,
    Delivered,
    /// Given up after the last attempt.
    Failed,
    Cancelled,
}

vestibule_db::text_enum!(
    DeliveryState: Waiting = "waiting",
    Delivered = "delivered",
    Failed = "failed",
    Cancelled = "cancelled",
);

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

/// The delays after each failed attempt but the last, as Standard Webhooks 1.0.0 suggests: 10 attempts in about three days.
const DELAYS: &[Duration] = &[
    Duration::from_secs(5),
    minutes(5),
    minutes(30),
    minutes(2 * 60),
    minutes(5 * 60),
    minutes(10 * 60),
    minutes(14 * 60),
    minutes(20 * 60),
    minutes(24 * 60),
];

/// The delay after this many failed attempts, with jitter of an eighth up and down, which spreads deliveries that failed
/// together. `None` after the last attempt.
pub(super) fn delay_after(attempts: i64, [random]: [u8; 1]) -> Option<Duration> {
    let index = usize::try_from(attempts.max(1) - 1).ok()?;
    let base = *DELAYS.get(index)?;
    Some(base * 7 / 8 + base * u32::from(random) / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_attempts_take_about_three_days() {
        let delays: Vec<_> = (1..=20).map_while(|attempts| delay_after(attempts, [128])).collect();
        assert_eq!(delays.len(), 9);
        assert_eq!(delays[0], Duration::from_secs(5));
        assert_eq!(delays.iter().sum::<Duration>(), Duration::from_secs(5) + minutes(35) + minutes(75 * 60));
    }

    #[test]
    fn jitter_is_an_eighth() {
        assert_eq!(delay_after(4, [0]), Some(minutes(105)));
        assert!(delay_after(4, [255]) < Some(minutes(135)));
        assert!(delay_after(4, [255]) > Some(minutes(134)));
        assert_eq!(delay_after(10, [0]), None);
        assert_eq!(delay_after(0, [128]), Some(Duration::from_secs(5)));
    }
}
