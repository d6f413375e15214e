//! The hash of an entry: SHA-256 over its fields in a canonical form.
//!
//! Each field is preceded by its length in four bytes, the most significant first; a missing one is written as the length
//! 2^32 - 1. Numbers are written in decimal. So two different entries never have the same form, and twenty lines of any
//! language verify a chain.

use sha2::{Digest, Sha256};

use super::sql::Entry;

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// What the first entry of a chain continues.
pub const ZERO_HASH: Hash = [0; 32];

/// The first field of every entry's form. A change of the form changes it.
const ENTRY_FORM: &[u8] = b"vestibule audit entry 1";
const ABSENT: u32 = u32::MAX;

/// Hashes fields.
#[derive(Default)]
pub(super) struct FieldHasher(Sha256);

impl FieldHasher {
    pub(super) fn bytes(&mut self, field: &[u8]) -> &mut Self {
        // No field comes close to 4 GiB.
        self.0.update(u32::try_from(field.len()).unwrap_or(ABSENT - 1).to_be_bytes());
        self.0.update(field);
        self
    }

    pub(super) fn optional(&mut self, field: Option<&[u8]>) -> &mut Self {
        if let Some(field) = field {
            self.bytes(field)
        } else {
            self.0.update(ABSENT.to_be_bytes());
            self
        }
    }

    pub(super) fn number(&mut self, number: i64) -> &mut Self {
        self.bytes(itoa(number).as_bytes())
    }

    pub(super) fn optional_number(&mut self, number: Option<i64>) -> &mut Self {
        self.optional(number.map(itoa).as_ref().map(String::as_bytes))
    }

    pub(super) fn finish(self) -> Hash {
        self.0.finalize().into()
    }
}

fn itoa(number: i64) -> String {
    number.to_string()
}

/// The commitment to the payload or the personal data of an entry: with the salt, nobody can guess the data from it once
/// both are erased.
pub(super) fn commitment(salt: &[u8], data: &str) -> Hash {
    let mut hasher = FieldHasher::default();
    hasher.bytes(salt).bytes(data.as_bytes());
    hasher.finish()
}

/// An entry with its place in the chain.
#[derive(Clone, Copy, Debug)]
pub struct SealedEntry<'e> {
    pub entry: &'e Entry,
    pub sequence: i64,
    /// To the payload.
    pub payload_commitment: Option<&'e [u8]>,
    /// To the personal data.
    pub commitment: Option<&'e [u8]>,
}

impl SealedEntry<'_> {
    /// The hash of the entry after the one with the hash `previous`.
    pub fn hash(&self, previous: &[u8]) -> Hash {
        let entry = self.entry;
        let mut hasher = FieldHasher::default();
        hasher
            .bytes(ENTRY_FORM)
            .bytes(previous)
            .number(entry.organization_id)
            .number(self.sequence)
            .number(entry.id.get())
            .number(entry.created_at.as_microseconds())
            .bytes(entry.action.as_bytes())
            .bytes(entry.actor_kind.as_bytes())
            .optional_number(entry.actor_id)
            .optional_number(entry.impersonator_id)
            .bytes(entry.target_kind.as_bytes())
            .number(entry.target_id)
            .optional_number(entry.request_id)
            .optional(self.payload_commitment)
            .optional(self.commitment);
        hasher.finish()
    }
}

/// The commitment to the personal data of an entry that is about to be sealed.
pub(super) fn commitment_of(entry: &Entry) -> Option<Hash> {
    Some(commitment(entry.salt.as_deref()?, entry.personal.as_deref()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_apart_by_length() {
        let hash = |fields: &[Option<&[u8]>]| {
            let mut hasher = FieldHasher::default();
            for field in fields {
                hasher.optional(*field);
            }
            hasher.finish()
        };
        assert_ne!(hash(&[Some(b"ab"), Some(b"c")]), hash(&[Some(b"a"), Some(b"bc")]));
        assert_ne!(hash(&[None, Some(b"")]), hash(&[Some(b""), None]));
        assert_ne!(hash(&[None]), hash(&[]));
    }
}
