//! The work of a challenge, as clients of Cap derive it from the challenge's text: for each number from 1 to the count,
//! a salt and a target. A solution is a number; the SHA-256 of salt and number (in decimal) begins with the target.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// The length of a salt, in hexadecimal digits.
pub const SALT_DIGITS: usize = 32;
/// The length of a target, in hexadecimal digits: 65,536 hashes are needed on average.
pub const TARGET_DIGITS: usize = 4;

/// Returns whether these are solutions of all parts of a challenge, in order. Costs one hash for each.
pub(super) fn is_solved(challenge: &str, solutions: &[u64]) -> bool {
    solutions.iter().enumerate().all(|(index, solution)| {
        let number = index + 1;
        let salt = hex_digits(&format!("{challenge}{number}"), SALT_DIGITS);
        let target = hex_digits(&format!("{challenge}{number}d"), TARGET_DIGITS);
        let digest = Sha256::new().chain_update(salt).chain_update(solution.to_string()).finalize();
        data_encoding::HEXLOWER.encode(&digest).starts_with(&target)
    })
}

/// Pseudo-random hexadecimal digits: xorshift32, seeded with the FNV-1a hash of a text.
fn hex_digits(seed: &str, length: usize) -> String {
    let mut state = seed.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let mut digits = String::with_capacity(length + 8);
    while digits.len() < length {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        // Writing to a `String` cannot fail.
        let _ = write!(digits, "{state:08x}");
    }
    digits.truncate(length);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with `@cap.js/server` 4.0.5.
    #[test]
    fn derives_the_digits_of_cap() {
        assert_eq!(hex_digits("abc1", 32), "a240feb00f42af1b0e9dab2bc4ea4c37");
        assert_eq!(hex_digits("abc1d", 4), "e6e4");
        assert_eq!(hex_digits("abc1", 3).len(), 3);
    }

    #[test]
    fn accepts_solutions_in_order_only() {
        let solve = |number: usize| {
            let (salt, target) = (hex_digits(&format!("x{number}"), 32), hex_digits(&format!("x{number}d"), 4));
            let is_solution = |candidate: &u64| {
                let digest = Sha256::digest(format!("{salt}{candidate}"));
                data_encoding::HEXLOWER.encode(&digest).starts_with(&target)
            };
            (0_u64..10_000_000).find(is_solution).unwrap()
        };
        let (first, second) = (solve(1), solve(2));
        assert!(is_solved("x", &[first, second]));
        assert!(!is_solved("x", &[second, first]));
        assert!(!is_solved("y", &[first, second]));
    }
}
