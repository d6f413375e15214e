//! Making checkpoints, and sending them elsewhere: to a file, and to endpoints of webhooks.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use vestibule_db::TransactionMode;

use super::checkpoint::{Checkpoint, CheckpointKey};
use super::seal::to_hash;
use super::sql;
use crate::error::{Code, Problem, Result};
use crate::event::{self, CHECKPOINT_CREATED, Deliveries, name_in_filter};
use crate::execution::{Caller, Command, Context, Executor, Query};
use crate::permission::Requirement;
use crate::settings::Settings;
use crate::time::Timestamp;

/// Chains per transaction, and checkpoints that are appended to the file at a time.
const BATCH_SIZE: i64 = 200;
/// The end of the file, in which its last checkpoint is looked for: more than a hundred lines.
const TAIL_BYTES: u64 = 64 << 10;

/// Signs the ends of all chains that have grown, if the last checkpoints are old enough, and returns their number. Then
/// appends to the file of the settings what it does not have yet.
pub async fn make_checkpoints(executor: &Arc<Executor>) -> Result<usize> {
    if !executor.run(&Caller::anonymous(), Begin).await.result? {
        return Ok(0);
    }
    let (mut made, mut after) = (0, -1);
    while let Some(batch) = executor.run(&Caller::anonymous(), SignChains { after }).await.result? {
        made += batch.made;
        after = batch.last;
    }
    if let Some(file) = &executor.settings.audit.checkpoint_file {
        append(executor, file).await?;
    }
    Ok(made)
}

/// Begins a run, unless one has begun within the interval of the settings.
#[derive(Debug)]
struct Begin;

impl Command for Begin {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = bool;

    /// One statement, with its condition.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<bool> {
        let due = cx.now.minus(cx.executor.settings.audit.checkpoint_interval);
        Ok(cx.tx.optional(sql::BEGIN_CHECKPOINTS, (cx.now, due)).await?.is_some())
    }
}

/// Signs the next chains after an organization.
#[derive(Debug)]
struct SignChains {
    after: i64,
}

#[derive(Debug)]
struct SignedChains {
    made: usize,
    last: i64,
}

impl Command for SignChains {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<SignedChains>;

    /// What it signs was true when it was read, whatever a sealer appends meanwhile.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<SignedChains>> {
        let chains = cx.tx.all(sql::CHAINS_AFTER, (self.after, BATCH_SIZE)).await?;
        let Some(last) = chains.last().map(|chain| chain.organization_id) else { return Ok(None) };
        let key = CheckpointKey::new(&cx.executor.keys)?;
        let mut made = Vec::new();
        for chain in chains.iter().filter(|chain| chain.sequence > chain.checkpoint_sequence) {
            made.push(key.sign(Checkpoint {
                organization_id: chain.organization_id,
                sequence: chain.sequence,
                hash: to_hash(&chain.hash)?,
                created_at: cx.now,
                signature: Vec::new(),
            }));
        }
        let rows: Vec<_> = made
            .iter()
            .map(|one| {
                (one.organization_id, one.sequence, one.hash.as_slice(), one.created_at, one.signature.as_slice())
            })
            .collect();
        cx.tx.execute_each(sql::INSERT_CHECKPOINT, &rows).await?;
        let numbers: Vec<_> = made.iter().map(|one| (one.organization_id, one.sequence)).collect();
        cx.tx.execute_each(sql::SET_CHECKPOINT_SEQUENCE, &numbers).await?;
        deliver(cx, &made).await?;
        Ok(Some(SignedChains { made: made.len(), last }))
    }
}

/// Stores a delivery of each checkpoint for the endpoints that name the event. Nothing is emitted: an entry of the log would
/// make its chain grow.
async fn deliver(cx: &mut Context<'_>, made: &[Checkpoint]) -> Result<()> {
    let name = name_in_filter(CHECKPOINT_CREATED);
    if made.is_empty() || cx.tx.optional(event::sql::SUBSCRIBER, (name.as_str(),)).await?.is_none() {
        return Ok(());
    }
    let deliveries: Vec<_> = made
        .iter()
        .map(|one| Deliveries::of_checkpoint(cx.id(), one.organization_id, cx.now, &one.to_webhook_data()))
        .collect();
    let rows: Vec<_> = deliveries.iter().map(|delivery| delivery.arguments(cx.now)).collect();
    cx.tx.execute_each(event::sql::FAN_OUT_BY_NAME, &rows).await?;
    cx.after_commit.on_success(|executor| executor.webhook_requests.wake());
    Ok(())
}

/// The checkpoints that were made after one.
#[derive(Debug)]
struct ReadAfter {
    position: (Timestamp, i64, i64),
}

impl Query for ReadAfter {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<Checkpoint>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Checkpoint>> {
        let (time, organization, sequence) = self.position;
        let rows = cx.tx.all(sql::CHECKPOINTS_AFTER, (time, organization, sequence, BATCH_SIZE)).await?;
        rows.into_iter().map(Checkpoint::try_from).collect()
    }
}

/// Appends the checkpoints after the last one of the file. What a process that was killed did not write, the next one
/// writes.
async fn append(executor: &Arc<Executor>, file: &Path) -> Result<()> {
    let mut position = last_position(file).map_err(|error| unwritable(file, &error))?;
    loop {
        let checkpoints = executor.query(&Caller::anonymous(), &ReadAfter { position }).await.result?;
        let Some(last) = checkpoints.last() else { return Ok(()) };
        position = (last.created_at, last.organization_id, last.sequence);
        let lines: String = checkpoints.iter().map(Checkpoint::to_line).collect();
        write(file, &lines).map_err(|error| unwritable(file, &error))?;
    }
}

/// The position of the file's last checkpoint; before everything for a new file. An incomplete last line does not count.
fn last_position(file: &Path) -> std::io::Result<(Timestamp, i64, i64)> {
    let mut tail = Vec::new();
    match std::fs::File::open(file) {
        Ok(mut open) => {
            let length = open.seek(SeekFrom::End(0))?;
            open.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
            open.take(TAIL_BYTES).read_to_end(&mut tail)?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let last = String::from_utf8_lossy(&tail).lines().rev().find_map(|line| Checkpoint::from_line(line).ok());
    Ok(match last {
        Some(checkpoint) => (checkpoint.created_at, checkpoint.organization_id, checkpoint.sequence),
        None => (Timestamp::from_microseconds(0), -1, 0),
    })
}

fn write(file: &Path, lines: &str) -> std::io::Result<()> {
    let mut open = vestibule_db::private_file_options().read(true).append(true).create(true).open(file)?;
    // Half a line of a process that was killed must not spoil the next one.
    let start = if ends_with_line(&mut open)? { "" } else { "\n" };
    open.write_all(format!("{start}{lines}").as_bytes())?;
    open.sync_data()
}

fn ends_with_line(open: &mut std::fs::File) -> std::io::Result<bool> {
    if open.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    let mut last = [0];
    open.seek(SeekFrom::End(-1))?;
    open.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

fn unwritable(file: &Path, error: &std::io::Error) -> Problem {
    Problem::internal(format!("cannot write {}: {error}", file.display()))
}
