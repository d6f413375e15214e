//! Sealing: giving entries their place in the chain.

use std::collections::HashMap;
use std::sync::Arc;

use vestibule_db::TransactionMode;

use super::chain::{Hash, SealedEntry, ZERO_HASH, commitment_of};
use super::sql::{self, Entry};
use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Command, Context, Executor, Query};
use crate::id::AuditEntryId;
use crate::listing::pack_ids;
use crate::permission::Requirement;
use crate::settings::Settings;

/// Entries per transaction, to hold SQLite's writer for a few milliseconds only.
const BATCH_SIZE: usize = 200;

/// Seals all entries, and returns their number. Each batch is a transaction of its own. Several processes may do so at a
/// time: they take turns by batch.
pub async fn seal_all(executor: &Arc<Executor>) -> Result<usize> {
    let (mut sealed, mut from) = (0, 0);
    loop {
        // Without an entry, nothing is written.
        if from == 0 && !executor.query(&Caller::anonymous(), &HasUnsealed).await.result? {
            return Ok(sealed);
        }
        let batch = executor.run(&Caller::anonymous(), Seal { from }).await.result?;
        sealed += batch.sealed;
        // The next batch begins after the last organization, so that one that never stops does not keep the others
        // waiting.
        from = batch.next.unwrap_or(0);
    }
}

#[derive(Debug)]
struct HasUnsealed;

impl Query for HasUnsealed {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = bool;

    async fn run(&self, cx: &mut Context<'_>) -> Result<bool> {
        Ok(!cx.tx.all(sql::UNSEALED, (0, 1)).await?.is_empty())
    }
}

/// Seals one batch, from an organization on.
#[derive(Debug)]
struct Seal {
    from: i64,
}

#[derive(Debug)]
struct SealedBatch {
    sealed: usize,
    /// The organization after the last one of a full batch.
    next: Option<i64>,
}

impl Command for Seal {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = SealedBatch;

    /// The locked row excludes other sealers, and nobody else changes what a sealer reads.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<SealedBatch> {
        cx.tx.execute(sql::LOCK_SEALER, ()).await?;
        let limit = i64::try_from(BATCH_SIZE).unwrap_or(i64::MAX);
        let entries = cx.tx.all(sql::UNSEALED, (self.from, limit)).await?;
        let Some(last) = entries.last() else { return Ok(SealedBatch { sealed: 0, next: None }) };
        let next = (entries.len() == BATCH_SIZE).then(|| last.organization_id.saturating_add(1));
        seal(cx, &entries).await?;
        Ok(SealedBatch { sealed: entries.len(), next })
    }
}

/// Appends entries, which are in the order of their organizations, to the chains.
async fn seal(cx: &mut Context<'_>, entries: &[Entry]) -> Result<()> {
    let mut organizations: Vec<i64> = entries.iter().map(|entry| entry.organization_id).collect();
    organizations.dedup();
    let packed = pack_ids(organizations.iter().copied());
    let heads = cx.tx.all(sql::HEADS, (packed.as_str(),)).await?;
    let heads = heads.into_iter().map(|chain| Ok((chain.organization_id, (chain.sequence, to_hash(&chain.hash)?))));
    let mut heads: HashMap<i64, (i64, Hash)> = heads.collect::<Result<_>>()?;
    let mut seals: Vec<(i64, AuditEntryId, i64, Hash, Option<Hash>)> = Vec::with_capacity(entries.len());
    for entry in entries {
        let head = heads.entry(entry.organization_id).or_insert((0, ZERO_HASH));
        let (sequence, commitment) = (head.0 + 1, commitment_of(entry));
        let sealed = SealedEntry { entry, sequence, commitment: commitment.as_ref().map(Hash::as_slice) };
        let hash = sealed.hash(&head.1).ok_or_else(|| Problem::internal("an unsealed entry has no payload"))?;
        seals.push((entry.organization_id, entry.id, sequence, hash, commitment));
        *head = (sequence, hash);
    }
    let rows: Vec<_> = seals
        .iter()
        .map(|(organization, id, sequence, hash, commitment)| {
            (*organization, *id, *sequence, hash.as_slice(), commitment.as_ref().map(Hash::as_slice))
        })
        .collect();
    cx.tx.execute_each(sql::SEAL, &rows).await?;
    let new_heads: Vec<_> = organizations
        .iter()
        .filter_map(|organization| heads.get_key_value(organization))
        .map(|(organization, (sequence, hash))| (*organization, *sequence, hash.as_slice(), ZERO_HASH.as_slice()))
        .collect();
    cx.tx.execute_each(sql::SET_HEAD, &new_heads).await?;
    Ok(())
}

pub(super) fn to_hash(stored: &[u8]) -> Result<Hash> {
    stored.try_into().map_err(|_| Problem::internal("a stored hash of the audit log does not have 32 bytes"))
}
