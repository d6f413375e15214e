//! The commonest passwords. `common-passwords.md` says where they are from.

use sha2::{Digest as _, Sha256};

use super::normalize::readings;

/// 100,000 fingerprints, made by `scripts/common-passwords`.
static LIST: &[u8] = include_bytes!("common-passwords.bin");
/// 256 offsets of four bytes, by the first byte of a fingerprint.
const INDEX_LENGTH: usize = 256 * 4;
/// 65,536 counts of one byte, by the first two bytes.
const COUNTS_LENGTH: usize = 256 * 256;
/// The other bytes of a fingerprint.
const REST_LENGTH: usize = 3;

/// Whether a folded password is among the commonest ones, in one of its [`readings`]. A strong password is refused by
/// mistake about once in a million times.
pub(super) fn is_common(folded: &str) -> bool {
    readings(folded).iter().any(|reading| is_listed(reading))
}

fn is_listed(folded: &str) -> bool {
    find(folded).unwrap_or_default()
}

/// `None` if the list is shorter than its format says, which a test excludes.
fn find(folded: &str) -> Option<bool> {
    let hash = Sha256::digest(folded.as_bytes());
    let [first, second, rest @ ..] = hash.first_chunk::<{ 2 + REST_LENGTH }>()?;
    let (first, second) = (usize::from(*first), usize::from(*second));
    let offset = u32::from_le_bytes(*LIST.get(first * 4..)?.first_chunk()?);
    let counts = LIST.get(INDEX_LENGTH + first * 256..)?.get(..=second)?;
    let (count, before) = counts.split_last()?;
    let start = usize::try_from(offset).ok()? + before.iter().map(|count| usize::from(*count)).sum::<usize>();
    let bucket = LIST.get(INDEX_LENGTH + COUNTS_LENGTH + start * REST_LENGTH..)?;
    Some(bucket.get(..usize::from(*count) * REST_LENGTH)?.chunks_exact(REST_LENGTH).any(|found| found == rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_100_000_fingerprints_in_order() {
        let rests = &LIST[INDEX_LENGTH + COUNTS_LENGTH..];
        assert_eq!(rests.len(), 100_000 * REST_LENGTH);
        let counts = &LIST[INDEX_LENGTH..INDEX_LENGTH + COUNTS_LENGTH];
        let mut total = 0;
        for (bucket, count) in counts.iter().enumerate() {
            if bucket % 256 == 0 {
                let index = bucket / 256 * 4;
                assert_eq!(LIST[index..index + 4], u32::try_from(total).unwrap().to_le_bytes());
            }
            let end = total + usize::from(*count);
            let rests: Vec<_> = rests[total * REST_LENGTH..end * REST_LENGTH].chunks(REST_LENGTH).collect();
            assert!(rests.is_sorted_by(|a, b| a < b));
            total = end;
        }
        assert_eq!(total, 100_000);
    }

    #[test]
    fn lists_common_passwords_and_small_changes_of_them() {
        for common in [
            "password",
            "12345678",
            "iloveyou",
            "trustno1",
            "1qaz2wsx",
            "passwort",
            "p@ssw0rd",
            "password2031!",
            "!!password!!",
            "dragon123!",
            "pa55word",
            "p@55w0rd99",
            "5unsh1ne",
        ] {
            assert!(is_common(common), "{common}");
        }
        for strong in ["open-sesame-42", "camellia-sinensis", "correct horse battery staple", "tr0ub4dor&3", ""] {
            assert!(!is_common(strong), "{strong}");
        }
    }

    #[test]
    fn refuses_hardly_any_random_password() {
        // Texts that are in no list, each with a few look-ups.
        let refused = (0..20_000).filter(|number| is_common(&format!("{number:06}·zq·{number:06}"))).count();
        assert!(refused <= 1, "{refused}");
    }
}
