//! The search index: which members and invitations of an organization contain three letters in succession.
//!
//! A small organization has no index: a search reads its rows. When a search has read [`SEGMENT_SIZE`] rows or more that
//! are not in the index, it asks the worker to index them, in segments of that many rows. A change of a name or address
//! takes a row out of its segment: the next searches read the row itself. So no command writes to the index, and joining
//! costs what it did without one.
//!
//! The index finds candidates. The list compares each of them with the term, so a segment may have outdated entries.

mod build;
mod find;
mod postings;
pub(crate) mod sql;

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{Either, FusedFuture, select};

use crate::error::Result;
use crate::execution::{Caller, Context, Executor};
use crate::id::OrganizationId;
use crate::listing::{MAX_PACKED, pack_ids};
use crate::search::{SearchTerm, SearchedRows};

use build::IndexSegment;
pub(crate) use find::{IdRange, Matches, SearchedList, search};
use postings::Postings;

/// Rows in a segment.
pub const SEGMENT_SIZE: usize = 1000;

/// The most trigrams of a term that a search looks up. More make no difference for names.
const MAX_GRAMS: usize = 16;

/// Returns the ids of rows that may contain the term, newest first. Rows that are in no segment are missing.
async fn candidates(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    rows: SearchedRows,
    term: &SearchTerm,
    range: IdRange,
) -> Result<Vec<i64>> {
    let mut grams: Vec<String> = term.grams().into_iter().collect();
    grams.truncate(MAX_GRAMS);
    let packed: String = grams.concat();
    let mut found: HashMap<i64, (usize, Postings)> = HashMap::new();
    for row in cx.tx.all(sql::POSTINGS, (organization, rows, packed.as_str())).await? {
        let postings = Postings::decode(&row.positions);
        found
            .entry(row.segment)
            .and_modify(|(count, common)| {
                *count += 1;
                common.intersect(&postings);
            })
            .or_insert((1, postings));
    }
    // A segment without one of the trigrams has no candidate.
    found.retain(|_, (count, common)| *count == grams.len() && !common.is_empty());
    let segments: Vec<i64> = found.keys().copied().collect();
    let mut ids = Vec::new();
    for chunk in segments.chunks(usize::from(MAX_PACKED)) {
        let packed = pack_ids(chunk.iter().copied());
        for segment in cx.tx.all(sql::SEGMENTS, (organization, rows, packed.as_str())).await? {
            if let Some((_, positions)) = found.get(&segment.segment) {
                ids.extend(positions.select(&segment.row_ids).filter(|id| range.contains(*id)));
            }
        }
    }
    ids.sort_unstable_by(|id, other| other.cmp(id));
    ids.dedup();
    Ok(ids)
}

/// Requests that the worker indexes these rows, if a search has read so many that are not in the index.
fn request(cx: &mut Context<'_>, organization: OrganizationId, rows: SearchedRows, unindexed: usize) {
    if unindexed >= SEGMENT_SIZE {
        cx.after_commit.on_end(move |executor| executor.index_requests.add(organization, rows));
    }
}

/// Indexes what searches have requested, and returns the number of new segments. Each is a transaction of its own.
///
/// # Errors
/// The last error, after the requests of the other organizations.
pub async fn index_requested(executor: &Arc<Executor>) -> Result<usize> {
    index_until(executor, || false).await
}

async fn index_until(executor: &Arc<Executor>, mut is_stopped: impl FnMut() -> bool) -> Result<usize> {
    let (mut segments, mut failure) = (0, None);
    while let Some((organization, rows)) = executor.index_requests.take() {
        loop {
            if is_stopped() {
                return Ok(segments);
            }
            match executor.run(&Caller::anonymous(), IndexSegment { organization, rows }).await.result {
                Ok(true) => segments += 1,
                Ok(false) => break,
                Err(problem) => {
                    let cause = problem.cause();
                    tracing::warn!(%organization, cause, "could not index rows for searches");
                    failure = Some(problem);
                    break;
                }
            }
        }
    }
    failure.map_or(Ok(segments), Err)
}

/// Indexes what searches request until `stop` completes. A segment that was begun is finished.
pub async fn run_worker(executor: &Arc<Executor>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop.fuse());
    loop {
        // Errors are logged where they occur. The next search requests the rest again.
        if let Ok(segments @ 1..) = index_until(executor, || (&mut stop).now_or_never().is_some()).await {
            tracing::info!(segments, "indexed rows for searches");
        }
        if stop.is_terminated() {
            return;
        }
        let requested = std::pin::pin!(executor.index_requests.added.notified());
        if matches!(select(stop.as_mut(), requested).await, Either::Left(_)) {
            return;
        }
    }
}
