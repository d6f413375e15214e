//! Verifying chains: of the database, and of an export.

use std::fmt;
use std::sync::Arc;

use super::chain::{Hash, SealedEntry, ZERO_HASH, commitment};
use super::checkpoint::{Checkpoint, CheckpointVerifier};
use super::sql::{self, Chain, Entry, MissingChain};
use crate::error::{Code, Result};
use crate::execution::{Caller, Context, Executor, Query};
use crate::permission::Requirement;

/// Rows that are read at a time.
const BATCH_SIZE: i64 = 500;

/// The first entry of a chain that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The number in the chain.
    pub sequence: i64,
    /// `None` if there is no such entry.
    pub id: Option<i64>,
    pub kind: FindingKind,
}

/// Why an entry does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// There is no entry with the next number.
    Missing,
    /// Another entry had this number before.
    Repeated,
    /// Its content, or its place in the chain, is not what was sealed.
    Changed,
    /// Its personal data is not what was sealed.
    PersonalChanged,
    /// Its payload is gone, although the organization was not erased.
    PayloadMissing,
    /// The last entries are gone: the chain ended with this one.
    CutOff,
    /// The stored end of the chain is gone.
    EndMissing,
    /// A signed checkpoint says that the chain was another one up to here.
    Rewritten,
    /// The signature of the checkpoint is not the installation's.
    ForgedCheckpoint,
    /// The beginning of the chain was deleted, and no checkpoint says that this was allowed.
    BeginningMissing,
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the entry is missing",
            Self::Repeated => "another entry has the same number",
            Self::Changed => "the entry was changed, or does not belong here",
            Self::PersonalChanged => "the personal data of the entry was changed",
            Self::PayloadMissing => "the payload of the entry was deleted, although the organization was not erased",
            Self::CutOff => "the chain went on to this entry, and its end was deleted",
            Self::EndMissing => "the stored end of the chain was deleted",
            Self::Rewritten => "a signed checkpoint says that the chain was another one up to here",
            Self::ForgedCheckpoint => "the checkpoint was not signed by this installation",
            Self::BeginningMissing => "the beginning was deleted, and no checkpoint ends there",
        })
    }
}

/// Verifies the entries of a chain in their order.
#[derive(Debug)]
pub struct ChainVerifier {
    sequence: i64,
    hash: Hash,
    is_erased: bool,
    /// In the order of their numbers.
    checkpoints: std::iter::Peekable<std::vec::IntoIter<Checkpoint>>,
    entries: u64,
}

impl ChainVerifier {
    /// Begins after an entry: 0 and [`ZERO_HASH`] for a whole chain. The checkpoints of this chain may be in any order.
    /// Payloads may be missing only if the organization was erased.
    pub fn new(sequence: i64, hash: Hash, mut checkpoints: Vec<Checkpoint>, is_erased: bool) -> Self {
        checkpoints.retain(|checkpoint| checkpoint.sequence > sequence);
        checkpoints.sort_by_key(|checkpoint| checkpoint.sequence);
        Self { sequence, hash, is_erased, checkpoints: checkpoints.into_iter().peekable(), entries: 0 }
    }

    /// The number of entries that fit.
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// The number and the hash of the last entry that fits.
    pub const fn head(&self) -> (i64, Hash) {
        (self.sequence, self.hash)
    }

    /// Verifies the next entry.
    ///
    /// # Errors
    /// Why it does not fit.
    pub fn add(&mut self, entry: &Entry) -> Result<(), Finding> {
        let sequence = entry.sequence.unwrap_or_default();
        let expected = self.sequence.saturating_add(1);
        let finding = |sequence, kind| Err(Finding { sequence, id: Some(entry.id.get()), kind });
        if sequence > expected {
            return Err(Finding { sequence: expected, id: None, kind: FindingKind::Missing });
        }
        if sequence < expected {
            return finding(sequence, FindingKind::Repeated);
        }
        let stored = entry.hash.as_deref().unwrap_or_default();
        let (payload_commitment, commitment) = (entry.payload_commitment.as_deref(), entry.commitment.as_deref());
        let hash = SealedEntry { entry, sequence, payload_commitment, commitment }.hash(&self.hash);
        if hash != stored {
            return finding(sequence, FindingKind::Changed);
        }
        if entry.payload.is_none() && !self.is_erased {
            return finding(sequence, FindingKind::PayloadMissing);
        }
        if !is_payload_committed(entry) {
            return finding(sequence, FindingKind::Changed);
        }
        self.hash = hash;
        if !is_committed(entry) {
            return finding(sequence, FindingKind::PersonalChanged);
        }
        self.sequence = sequence;
        self.entries += 1;
        while let Some(checkpoint) = self.checkpoints.next_if(|checkpoint| checkpoint.sequence <= sequence) {
            if checkpoint.sequence == sequence && checkpoint.hash != self.hash {
                return finding(sequence, FindingKind::Rewritten);
            }
        }
        Ok(())
    }

    /// Verifies that the chain does not go on: by its stored end, if there is one, and by the checkpoints.
    ///
    /// # Errors
    /// The last entry that the chain had.
    pub fn finish(mut self, end: Option<(i64, &[u8])>) -> Result<(), Finding> {
        let cut_off = |sequence| Err(Finding { sequence, id: None, kind: FindingKind::CutOff });
        if let Some(checkpoint) = self.checkpoints.next() {
            return cut_off(self.checkpoints.last().map_or(checkpoint.sequence, |last| last.sequence));
        }
        match end {
            Some((sequence, _)) if sequence > self.sequence => cut_off(sequence),
            Some((sequence, hash)) if sequence < self.sequence || hash != self.hash => {
                Err(Finding { sequence: self.sequence, id: None, kind: FindingKind::Changed })
            }
            _ => Ok(()),
        }
    }
}

/// Whether the payload is what was sealed, or was erased.
fn is_payload_committed(entry: &Entry) -> bool {
    let Some(payload) = &entry.payload else { return true };
    match (&entry.payload_salt, &entry.payload_commitment) {
        (Some(salt), Some(stored)) => commitment(salt, payload) == stored.as_slice(),
        _ => false,
    }
}

/// Whether the personal data is what was sealed, or was erased together with its salt.
fn is_committed(entry: &Entry) -> bool {
    match (&entry.salt, &entry.personal, &entry.commitment) {
        (Some(salt), Some(personal), Some(stored)) => commitment(salt, personal) == stored.as_slice(),
        (None, None, _) => true,
        _ => false,
    }
}

/// What was verified of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// 0: the installation.
    pub organization_id: i64,
    /// The last entry that is not there any more, or is not part of an export; 0 for a whole chain.
    pub begins_after: i64,
    pub entries: u64,
    /// The first entry that does not fit.
    pub finding: Option<Finding>,
}

/// Verifies a chain of the database, which may grow meanwhile. `known` are checkpoints from elsewhere.
pub async fn verify_chain(
    executor: &Arc<Executor>,
    chain: &Chain,
    known: &[Checkpoint],
    verifier: &CheckpointVerifier,
) -> Result<ChainReport> {
    let mut chain = chain.clone();
    loop {
        let report = verify_once(executor, &chain, known, verifier).await?;
        if report.finding.is_none() {
            return Ok(report);
        }
        // If its retention or an erasure has changed the chain meanwhile, that may be what was found.
        match read(executor, &ShowChain(chain.organization_id)).await? {
            Some(now) if (now.first_sequence, now.erased_at) != (chain.first_sequence, chain.erased_at) => chain = now,
            _ => return Ok(report),
        }
    }
}

async fn verify_once(
    executor: &Arc<Executor>,
    chain: &Chain,
    known: &[Checkpoint],
    verifier: &CheckpointVerifier,
) -> Result<ChainReport> {
    let organization_id = chain.organization_id;
    let begins_after = chain.first_sequence;
    let report = |entries, finding| Ok(ChainReport { organization_id, begins_after, entries, finding });
    let mut checkpoints = read(executor, &ReadCheckpoints { organization_id, from: chain.first_sequence }).await?;
    checkpoints.extend(known.iter().filter(|known| known.organization_id == organization_id).cloned());
    checkpoints.sort_by_key(|checkpoint| checkpoint.sequence);
    if let Some(forged) = checkpoints.iter().find(|checkpoint| !verifier.is_valid(checkpoint)) {
        let finding = Finding { sequence: forged.sequence, id: None, kind: FindingKind::ForgedCheckpoint };
        return report(0, Some(finding));
    }
    let (first, first_hash) = (chain.first_sequence, Hash::try_from(chain.first_hash.as_slice()).unwrap_or(ZERO_HASH));
    let is_whole = first == 0 && first_hash == ZERO_HASH;
    let ends_there = |checkpoint: &Checkpoint| checkpoint.sequence == first && checkpoint.hash == first_hash;
    if !is_whole && !checkpoints.iter().any(ends_there) {
        return report(0, Some(Finding { sequence: first, id: None, kind: FindingKind::BeginningMissing }));
    }
    let mut verifier = ChainVerifier::new(first, first_hash, checkpoints, chain.erased_at.is_some());
    let mut end = (chain.sequence, chain.hash.clone());
    loop {
        let entries = read(executor, &ReadChain { organization_id, after: verifier.head().0 }).await?;
        for entry in &entries {
            if let Err(finding) = verifier.add(entry) {
                return report(verifier.entries(), Some(finding));
            }
        }
        if entries.is_empty() {
            // The entries are compared with an end that was the same before and after they were read. Otherwise entries
            // that are sealed while it reads would be findings.
            let now = read(executor, &ShowChain(organization_id)).await?.map(|chain| (chain.sequence, chain.hash));
            match now.filter(|now| *now != end) {
                Some(now) => end = now,
                None => break,
            }
        }
    }
    let entries = verifier.entries();
    report(entries, verifier.finish(Some((end.0, &end.1))).err())
}

async fn read<Q: Query>(executor: &Arc<Executor>, query: &Q) -> Result<Q::Out> {
    executor.query(&Caller::anonymous(), query).await.result
}

/// The chain of an organization, if it has one.
#[derive(Debug)]
struct ShowChain(i64);

impl Query for ShowChain {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<Chain>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<Chain>> {
        Ok(cx.tx.optional(sql::CHAIN, (self.0,)).await?)
    }
}

/// Lists chains after an organization, in the order of their numbers.
#[derive(Debug)]
pub struct ListChains {
    /// -1 for the first ones.
    pub after: i64,
}

impl Query for ListChains {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<Chain>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Chain>> {
        Ok(cx.tx.all(sql::CHAINS_AFTER, (self.after, BATCH_SIZE)).await?)
    }
}

/// Lists organizations that have entries or checkpoints but no chain.
#[derive(Debug)]
pub struct ListMissingChains;

impl Query for ListMissingChains {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<MissingChain>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<MissingChain>> {
        Ok(cx.tx.all(sql::MISSING_CHAINS, (BATCH_SIZE,)).await?)
    }
}

/// Reads the entries of a chain after a number.
#[derive(Debug)]
struct ReadChain {
    organization_id: i64,
    after: i64,
}

impl Query for ReadChain {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<Entry>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Entry>> {
        Ok(cx.tx.all(sql::SEALED_AFTER, (self.organization_id, self.after, BATCH_SIZE)).await?)
    }
}

/// Reads the checkpoints of a chain from a number on.
#[derive(Debug)]
struct ReadCheckpoints {
    organization_id: i64,
    from: i64,
}

impl Query for ReadCheckpoints {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<Checkpoint>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Checkpoint>> {
        let mut checkpoints = Vec::new();
        let mut after = self.from - 1;
        loop {
            let rows = cx.tx.all(sql::CHECKPOINTS_OF, (self.organization_id, after, BATCH_SIZE)).await?;
            let Some(last) = rows.last().map(|row| row.sequence) else { return Ok(checkpoints) };
            after = last;
            for row in rows {
                checkpoints.push(Checkpoint::try_from(row)?);
            }
        }
    }
}

/// Counts the entries that are not sealed yet.
#[derive(Debug)]
pub struct CountUnsealed;

impl Query for CountUnsealed {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = i64;

    async fn run(&self, cx: &mut Context<'_>) -> Result<i64> {
        Ok(cx.tx.one(sql::COUNT_UNSEALED, ()).await?.0)
    }
}
