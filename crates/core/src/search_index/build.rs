//! Adding a segment to the index.

use std::collections::BTreeMap;

use super::postings::Postings;
use super::{SEGMENT_SIZE, sql};
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context};
use crate::id::OrganizationId;
use crate::names::full_name;
use crate::permission::Requirement;
use crate::search::{SearchedRows, grams};

/// Indexes the oldest rows that are in no segment, and returns whether there were enough of them.
///
/// The transaction is serializable: a row that is changed or added concurrently makes it fail, and it is retried.
#[derive(Debug)]
pub(super) struct IndexSegment {
    pub(super) organization: OrganizationId,
    pub(super) rows: SearchedRows,
}

impl Command for IndexSegment {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = bool;

    async fn run(&self, cx: &mut Context<'_>) -> Result<bool> {
        let (organization, kind) = (self.organization, self.rows);
        let limit = i64::try_from(SEGMENT_SIZE).map_err(Problem::internal)?;
        let rows: Vec<(i64, Vec<String>)> = match kind {
            SearchedRows::Members => {
                let rows = cx.tx.all(sql::UNINDEXED_MEMBERS, (organization, limit)).await?;
                rows.into_iter().map(|row| (row.id, row.into_texts())).collect()
            }
            SearchedRows::Invitations => {
                let rows = cx.tx.all(sql::UNINDEXED_INVITATIONS, (organization, limit)).await?;
                rows.into_iter().map(|row| (row.id, vec![row.email])).collect()
            }
        };
        let (Some((first, _)), Some((last, _)), true) = (rows.first(), rows.last(), rows.len() == SEGMENT_SIZE) else {
            return Ok(false);
        };
        let segment: i64 = cx.id();
        let mut postings: BTreeMap<String, Postings> = BTreeMap::new();
        for (position, (_, texts)) in rows.iter().enumerate() {
            for gram in texts.iter().flat_map(|text| grams(text)) {
                postings.entry(gram).or_default().insert(position);
            }
        }
        let row_ids: Vec<u8> = rows.iter().flat_map(|(id, _)| id.to_be_bytes()).collect();
        cx.tx.execute(sql::INSERT_SEGMENT, (organization, kind, segment, row_ids.as_slice())).await?;
        let postings: Vec<_> = postings.into_iter().map(|(gram, positions)| (gram, positions.encode())).collect();
        let arguments: Vec<_> = postings
            .iter()
            .map(|(gram, positions)| (organization, kind, gram.as_str(), segment, positions.as_slice()))
            .collect();
        cx.tx.execute_each(sql::INSERT_POSTING, &arguments).await?;
        let mark = match kind {
            SearchedRows::Members => sql::MARK_MEMBERS,
            SearchedRows::Invitations => sql::MARK_INVITATIONS,
        };
        cx.tx.execute(mark, (organization, segment, *first, *last)).await?;
        Ok(true)
    }
}

impl sql::UnindexedMember {
    /// The texts that a search of members compares.
    fn into_texts(self) -> Vec<String> {
        let (first, last) = (self.first_name.as_str(), self.last_name.as_str());
        let names = [full_name(first, last), full_name(last, first)];
        names.into_iter().chain(self.username).chain(self.email).collect()
    }
}
