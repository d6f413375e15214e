//! Codes of an authenticator app (RFC 6238): SHA-1, six digits, steps of 30 seconds. Apps support nothing else reliably.

use totp_rs::{Builder, Totp};

use crate::secret::{SubmittedFactorCode, TotpSecret};
use crate::time::Timestamp;

const STEP_SECONDS: i64 = 30;
/// Steps that the clock of the app may differ in either direction (RFC 6238, section 5.2).
const SKEW: i64 = 1;

/// The step of a time.
fn step_at(time: Timestamp) -> i64 {
    time.unix_seconds().div_euclid(STEP_SECONDS)
}

/// Returns the step of a code that is valid at this time.
pub(super) fn matching_step(secret: &TotpSecret, code: &SubmittedFactorCode, now: Timestamp) -> Option<i64> {
    let (code, codes) = (code.as_totp_code()?, Codes::new(secret));
    nearby_steps(now).find(|step| codes.matches(*step, code))
}

/// Returns the step of the second of two consecutive codes. The second one is valid at this time; the first one may have
/// expired while the user waited for the second.
pub(super) fn second_matching_step(
    secret: &TotpSecret,
    [first, second]: &[SubmittedFactorCode; 2],
    now: Timestamp,
) -> Option<i64> {
    let (first, second, codes) = (first.as_totp_code()?, second.as_totp_code()?, Codes::new(secret));
    nearby_steps(now).find(|step| codes.matches(*step - 1, first) && codes.matches(*step, second))
}

/// The steps whose codes are valid at this time. The latest one comes first: should two have the same code, neither can
/// be used again.
fn nearby_steps(now: Timestamp) -> impl Iterator<Item = i64> {
    let current = step_at(now);
    (current - SKEW..=current + SKEW).rev()
}

struct Codes(Totp);

impl Codes {
    fn new(secret: &TotpSecret) -> Self {
        // One step at a time. The defaults are SHA-1, six digits and 30 seconds.
        Self(Builder::new().with_secret(secret.key()).with_skew(0).build_noncompliant())
    }

    fn matches(&self, step: i64, code: &str) -> bool {
        let time = step.checked_mul(STEP_SECONDS).and_then(|time| u64::try_from(time).ok());
        // It compares in constant time.
        time.is_some_and(|time| self.0.check(code, time).is_some())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::SeededRandomness;

    /// The secret of RFC 6238, appendix B.
    fn secret() -> TotpSecret {
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".parse().unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_microseconds(second * 1_000_000)
    }

    fn submitted(code: &str) -> SubmittedFactorCode {
        SubmittedFactorCode::from_input(code)
    }

    /// The code that an app shows for a step.
    fn code_of(secret: &TotpSecret, step: i64) -> SubmittedFactorCode {
        let totp = Builder::new().with_secret(secret.key()).build_noncompliant();
        submitted(&totp.generate(u64::try_from(step * STEP_SECONDS).unwrap()).to_string())
    }

    #[test]
    fn accepts_the_codes_of_rfc_6238() {
        // Appendix B has eight digits, of which the last six are these.
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(matching_step(&secret(), &submitted(code), at(second)), Some(second / 30), "{second}");
            assert_eq!(code_of(&secret(), second / 30).as_totp_code(), Some(code));
        }
    }

    #[test]
    fn a_code_is_valid_from_one_step_before_to_one_step_after_its_own() {
        // Step 37037037 begins at 1111111110.
        let (step, begin) = (37_037_037, 1_111_111_110);
        for (second, is_valid) in [
            (begin - 31, false),
            (begin - 30, true),
            (begin - 1, true),
            (begin, true),
            (begin + 29, true),
            (begin + 30, true),
            (begin + 59, true),
            (begin + 60, false),
        ] {
            let found = matching_step(&secret(), &submitted("050471"), at(second));
            assert_eq!(found, is_valid.then_some(step), "{second}");
        }
    }

    #[test]
    fn other_text_is_no_code() {
        for wrong in ["050472", "", "50471", "14050471", "AB2D-EF9H", "+50471"] {
            assert_eq!(matching_step(&secret(), &submitted(wrong), at(1_111_111_110)), None, "{wrong}");
        }
        let other = TotpSecret::new(&SeededRandomness::new(1));
        assert_eq!(matching_step(&other, &submitted("050471"), at(1_111_111_110)), None);
    }

    #[test]
    fn times_before_1970_and_in_the_far_future_have_no_codes() {
        for time in [i64::MIN, -1, i64::MAX] {
            matching_step(&secret(), &submitted("050471"), Timestamp::from_microseconds(time));
        }
        assert_eq!(step_at(at(-1)), -1);
    }

    #[test]
    fn two_codes_are_of_consecutive_steps_and_the_second_is_valid_now() {
        let (secret, now) = (secret(), 37_037_037);
        let pair = |first: i64, second: i64| {
            let codes = [code_of(&secret, first), code_of(&secret, second)];
            second_matching_step(&secret, &codes, at(now * STEP_SECONDS + 7))
        };
        for second in [now - 1, now, now + 1] {
            assert_eq!(pair(second - 1, second), Some(second));
        }
        // Too old, of the future, equal, swapped, and with a step between.
        for (first, second) in
            [(now - 3, now - 2), (now + 1, now + 2), (now, now), (now, now - 1), (now - 2, now), (now - 1, now + 1)]
        {
            assert_eq!(pair(first, second), None, "{first} {second}");
        }
    }

    proptest! {
        #[test]
        fn a_code_matches_its_own_step_within_the_window(seed in any::<u64>(), step in 2_i64..1_000_000_000, late in -3_i64..=3) {
            let secret = TotpSecret::new(&SeededRandomness::new(seed));
            let found = matching_step(&secret, &code_of(&secret, step), at((step + late) * STEP_SECONDS));
            if late.abs() <= SKEW {
                // A later step may have the same code.
                prop_assert!(found.is_some_and(|found| found >= step));
            }
        }

        #[test]
        fn any_text_is_checked_without_panic(text in ".*", second in 0_i64..10_000_000_000) {
            let found = matching_step(&secret(), &submitted(&text), at(second));
            prop_assert!(found.is_none_or(|step| (step - second / 30).abs() <= SKEW));
        }
    }
}
