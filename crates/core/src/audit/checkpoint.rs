//! Checkpoints: the end of a chain at a time, signed with a key of the installation.

use std::fmt;

use data_encoding::HEXLOWER;
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::elliptic_curve::pkcs8::{DecodePublicKey, EncodePublicKey, LineEnding};
use serde_json::{Value, json};

use super::chain::{FieldHasher, Hash};
use super::seal::to_hash;
use super::sql::CheckpointRow;
use crate::error::{Problem, Result};
use crate::secret::Keys;
use crate::time::Timestamp;

/// The first field of every checkpoint's form.
const CHECKPOINT_FORM: &[u8] = b"vestibule audit checkpoint 1";

/// The end of a chain at a time, with its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// 0: the installation.
    pub organization_id: i64,
    pub sequence: i64,
    pub hash: Hash,
    pub created_at: Timestamp,
    /// ES256 over the SHA-256 digest of the canonical form: r and s, 32 bytes each.
    pub signature: Vec<u8>,
}

/// The text is not a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidCheckpoint;

impl Checkpoint {
    fn digest(&self) -> Hash {
        let mut hasher = FieldHasher::default();
        hasher
            .bytes(CHECKPOINT_FORM)
            .number(self.organization_id)
            .number(self.sequence)
            .bytes(&self.hash)
            .number(self.created_at.as_microseconds());
        hasher.finish()
    }

    fn to_json(&self) -> Value {
        json!({
            "organization_id": self.organization_id.to_string(),
            "sequence": self.sequence,
            "hash": HEXLOWER.encode(&self.hash),
            "created_at_microseconds": self.created_at.as_microseconds(),
            "signature": HEXLOWER.encode(&self.signature),
        })
    }

    /// One line of the checkpoint file.
    pub fn to_line(&self) -> String {
        format!("{}\n", self.to_json())
    }

    /// The `data` of its webhook.
    pub(super) fn to_webhook_data(&self) -> String {
        let mut data = self.to_json();
        data["version"] = json!(1);
        data.to_string()
    }

    /// Parses a line of the checkpoint file, or the body or `data` of the webhook.
    pub fn from_line(line: &str) -> Result<Self, InvalidCheckpoint> {
        let parse = || {
            let line: Value = serde_json::from_str(line).ok()?;
            let line = line.get("data").unwrap_or(&line);
            let hex = |name: &str| HEXLOWER.decode(line[name].as_str()?.as_bytes()).ok();
            Some(Self {
                organization_id: line["organization_id"].as_str()?.parse().ok()?,
                sequence: line["sequence"].as_i64()?,
                hash: hex("hash")?.try_into().ok()?,
                created_at: Timestamp::from_microseconds(line["created_at_microseconds"].as_i64()?),
                signature: hex("signature")?,
            })
        };
        parse().ok_or(InvalidCheckpoint)
    }
}

impl TryFrom<CheckpointRow> for Checkpoint {
    type Error = Problem;

    fn try_from(row: CheckpointRow) -> Result<Self> {
        let CheckpointRow { organization_id, sequence, hash, created_at, signature } = row;
        Ok(Self { organization_id, sequence, hash: to_hash(&hash)?, created_at, signature })
    }
}

/// The key that signs checkpoints. It does not change, so that a checkpoint of any age can be verified.
pub struct CheckpointKey(SigningKey);

impl CheckpointKey {
    /// Derives the key from the master key.
    pub fn new(keys: &Keys) -> Result<Self> {
        // About one in 2^32 seeds is not a valid P-256 scalar; then the next attempt's is used.
        let key = (0..8).find_map(|attempt| SigningKey::from_slice(&keys.audit_seed(attempt)).ok());
        key.map(Self).ok_or_else(|| Problem::internal("no valid signing key could be derived"))
    }

    /// Signs the end of a chain.
    pub(super) fn sign(&self, mut checkpoint: Checkpoint) -> Checkpoint {
        let signature: Signature = self.0.sign(&checkpoint.digest());
        checkpoint.signature = signature.to_bytes().to_vec();
        checkpoint
    }

    /// The public key as PEM.
    pub fn public_pem(&self) -> Result<String> {
        self.0.verifying_key().to_public_key_pem(LineEnding::LF).map_err(Problem::internal)
    }
}

impl fmt::Debug for CheckpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckpointKey(…)")
    }
}

/// The public part of the key.
#[derive(Clone, Debug)]
pub struct CheckpointVerifier(VerifyingKey);

impl CheckpointVerifier {
    /// Parses PEM.
    pub fn from_pem(pem: &str) -> Option<Self> {
        VerifyingKey::from_public_key_pem(pem).ok().map(Self)
    }

    /// Whether the installation signed the checkpoint.
    pub fn is_valid(&self, checkpoint: &Checkpoint) -> bool {
        let Ok(signature) = Signature::from_slice(&checkpoint.signature) else { return false };
        self.0.verify(&checkpoint.digest(), &signature).is_ok()
    }
}

impl From<&CheckpointKey> for CheckpointVerifier {
    fn from(key: &CheckpointKey) -> Self {
        Self(*key.0.verifying_key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{CHECKPOINT_CREATED, webhook_body};
    use crate::secret::MasterKey;

    #[test]
    fn signed_checkpoint_survives_its_line_and_no_change() {
        let key = CheckpointKey::new(&Keys::new(&MasterKey::new([7; 32]))).unwrap();
        let unsigned = Checkpoint {
            organization_id: 5,
            sequence: 9,
            hash: [3; 32],
            created_at: Timestamp::from_microseconds(1_790_000_000_000_000),
            signature: Vec::new(),
        };
        let checkpoint = key.sign(unsigned);
        let verifier = CheckpointVerifier::from_pem(&key.public_pem().unwrap()).unwrap();
        let read = Checkpoint::from_line(&checkpoint.to_line()).unwrap();
        assert_eq!(read, checkpoint);
        let data = checkpoint.to_webhook_data();
        let body = webhook_body(CHECKPOINT_CREATED, checkpoint.created_at, &data);
        for delivered in [data, body] {
            assert_eq!(Checkpoint::from_line(&delivered).as_ref(), Ok(&checkpoint), "{delivered}");
        }
        assert!(verifier.is_valid(&read));
        for changed in [
            Checkpoint { organization_id: 6, ..read.clone() },
            Checkpoint { sequence: 8, ..read.clone() },
            Checkpoint { hash: [4; 32], ..read.clone() },
            Checkpoint { signature: vec![0; 64], ..read.clone() },
            Checkpoint { signature: Vec::new(), ..read },
        ] {
            assert!(!verifier.is_valid(&changed), "{changed:?}");
        }
        let other = CheckpointKey::new(&Keys::new(&MasterKey::new([8; 32]))).unwrap();
        assert!(!CheckpointVerifier::from(&other).is_valid(&checkpoint));
        for wrong in ["", "{}", "[]", "{\"sequence\":1}"] {
            assert_eq!(Checkpoint::from_line(wrong), Err(InvalidCheckpoint), "{wrong}");
        }
    }
}
