//! Sealing: giving entries their place in the chain.

use std::collections::HashMap;
use std::sync::Arc;

use vestibule_db::TransactionMode;

use super::chain::{Hash, SealedEntry, ZERO_HASH, commitment, commitment_of};
use super::sql::{self, Entry, SealedRow};
use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Command, Context, Executor, Query};
use crate::listing::pack_ids;
use crate::permission::Requirement;
use crate::settings::Settings;

/// Entries per transaction, to hold SQLite's writer for a few milliseconds only.
const BATCH_SIZE: i64 = 200;
/// The number of random bytes that hide a payload behind its commitment.
const SALT_LENGTH: usize = 16;

/// Seals all entries, and returns their number. Each batch is a transaction of its own. Several processes may do so at a
/// time: a row lock excludes the others during a batch.
pub async fn seal_all(executor: &Arc<Executor>) -> Result<usize> {
    let mut sealed = 0;
    // Without an entry, nothing is written.
    while executor.query(&Caller::anonymous(), &HasUnsealed).await.result? {
        sealed += executor.run(&Caller::anonymous(), Seal).await.result?;
    }
    Ok(sealed)
}

#[derive(Debug)]
struct HasUnsealed;

impl Query for HasUnsealed {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = bool;

    async fn run(&self, cx: &mut Context<'_>) -> Result<bool> {
        Ok(cx.tx.optional(sql::FIRST_UNSEALED, ()).await?.is_some())
    }
}

/// Seals one batch, the oldest entries first.
#[derive(Debug)]
struct Seal;

impl Command for Seal {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = usize;

    /// The locked row excludes other sealers, and nobody else changes what a sealer reads.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<usize> {
        cx.tx.execute(sql::LOCK_SEALER, ()).await?;
        let mut entries = cx.tx.all(sql::DEQUEUE, (BATCH_SIZE,)).await?;
        entries.sort_by_key(|entry| (entry.organization_id, entry.id));
        if !entries.is_empty() {
            seal(cx, &entries).await?;
        }
        Ok(entries.len())
    }
}

/// What the sealer adds to an entry.
struct Sealing {
    sequence: i64,
    hash: Hash,
    payload_salt: [u8; SALT_LENGTH],
    payload_commitment: Hash,
    commitment: Option<Hash>,
}

/// Appends entries, which are in the order of their organizations, to the chains.
async fn seal(cx: &mut Context<'_>, entries: &[Entry]) -> Result<()> {
    let mut organizations: Vec<i64> = entries.iter().map(|entry| entry.organization_id).collect();
    organizations.dedup();
    let packed = pack_ids(organizations.iter().copied());
    let heads = cx.tx.all(sql::HEADS, (packed.as_str(),)).await?;
    let heads = heads.into_iter().map(|chain| Ok((chain.organization_id, (chain.sequence, to_hash(&chain.hash)?))));
    let mut heads: HashMap<i64, (i64, Hash)> = heads.collect::<Result<_>>()?;
    let mut seals: Vec<Sealing> = Vec::with_capacity(entries.len());
    for entry in entries {
        let head = heads.entry(entry.organization_id).or_insert((0, ZERO_HASH));
        let payload = entry.payload.as_deref().ok_or_else(|| Problem::internal("an unsealed entry has no payload"))?;
        let (sequence, payload_salt) = (head.0 + 1, cx.random().bytes::<SALT_LENGTH>());
        let (payload_commitment, personal_commitment) = (commitment(&payload_salt, payload), commitment_of(entry));
        let sealed = SealedEntry {
            entry,
            sequence,
            payload_commitment: Some(&payload_commitment),
            commitment: personal_commitment.as_ref().map(Hash::as_slice),
        };
        let hash = sealed.hash(&head.1);
        seals.push(Sealing { sequence, hash, payload_salt, payload_commitment, commitment: personal_commitment });
        *head = (sequence, hash);
    }
    let rows: Vec<_> = entries.iter().zip(&seals).map(|(entry, seal)| sealed_row(entry, seal)).collect();
    cx.tx.execute_each(sql::INSERT_SEALED, &rows).await?;
    let new_heads: Vec<_> = organizations
        .iter()
        .filter_map(|organization| heads.get_key_value(organization))
        .map(|(organization, (sequence, hash))| (*organization, *sequence, hash.as_slice(), ZERO_HASH.as_slice()))
        .collect();
    cx.tx.execute_each(sql::SET_HEAD, &new_heads).await?;
    Ok(())
}

fn sealed_row<'e>(entry: &'e Entry, sealing: &'e Sealing) -> SealedRow<'e> {
    SealedRow {
        organization: entry.organization_id,
        id: entry.id,
        created_at: entry.created_at,
        action: &entry.action,
        actor_kind: &entry.actor_kind,
        actor: entry.actor_id,
        impersonator: entry.impersonator_id,
        target_kind: &entry.target_kind,
        target: entry.target_id,
        request: entry.request_id,
        payload: entry.payload.as_deref().unwrap_or_default(),
        payload_salt: &sealing.payload_salt,
        payload_commitment: &sealing.payload_commitment,
        personal: entry.personal.as_deref(),
        salt: entry.salt.as_deref(),
        commitment: sealing.commitment.as_ref().map(Hash::as_slice),
        sequence: sealing.sequence,
        hash: &sealing.hash,
    }
}

pub(super) fn to_hash(stored: &[u8]) -> Result<Hash> {
    stored.try_into().map_err(|_| Problem::internal("a stored hash of the audit log does not have 32 bytes"))
}
