//! Exporting the audit log of an organization, in the order of the chain.

use super::chain_number;
use super::list::Filter;
use super::sql::{self, Entry};
use crate::access;
use crate::error::{Code, Result};
use crate::event::AuditLogExported;
use crate::execution::{Command, Context, Query};
use crate::id::OrganizationId;
use crate::permission::{RequiredPermission, Requirement};

/// Entries in a batch.
const BATCH_SIZE: i64 = 500;

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// For spreadsheets.
    Csv,
    /// One JSON object in each line, with all that is needed to verify the chain.
    JsonLines,
}

vestibule_db::text_enum!(ExportFormat: Csv = "csv", JsonLines = "jsonl");

/// Records that the caller exports the audit log, which is an entry of it. Returns the end of the chain: the export ends
/// there.
///
/// # Errors
/// `FORBIDDEN` without `organization:view_audit_log`.
#[derive(Debug)]
pub struct StartExport {
    pub organization: OrganizationId,
    pub format: ExportFormat,
}

impl Command for StartExport {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ViewAuditLog);
    const ERRORS: &'static [Code] = &[];
    type Out = i64;

    async fn run(&self, cx: &mut Context<'_>) -> Result<i64> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ViewAuditLog).await?;
        let organization = grant.organization();
        cx.emit(AuditLogExported { organization_id: organization, format: self.format.as_str().to_owned() });
        let chain = cx.tx.optional(sql::CHAIN, (chain_number(Some(organization)),)).await?;
        Ok(chain.map_or(0, |chain| chain.sequence))
    }
}

/// Reads the next sealed entries of an export, up to 500.
///
/// # Errors
/// `FORBIDDEN` without `organization:view_audit_log`.
#[derive(Clone, Debug)]
pub struct Export {
    pub organization: OrganizationId,
    pub filter: Filter,
    /// The number in the chain of the last entry that was read.
    pub after: i64,
    /// The last number in the chain.
    pub until: i64,
}

/// A batch of entries.
#[derive(Debug)]
pub struct ExportBatch {
    /// With the hash that each continues.
    pub entries: Vec<(Entry, Vec<u8>)>,
    /// [`Export::after`] of the next batch. `None` after the last one.
    pub next: Option<i64>,
}

impl Query for Export {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ViewAuditLog);
    const ERRORS: &'static [Code] = &[];
    type Out = ExportBatch;

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<ExportBatch> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ViewAuditLog).await?;
        let organization = chain_number(Some(grant.organization()));
        let Some(chain) = cx.tx.optional(sql::CHAIN, (organization,)).await? else {
            return Ok(ExportBatch { entries: Vec::new(), next: None });
        };
        let after = self.after.max(chain.first_sequence);
        let mut previous = if after == chain.first_sequence {
            chain.first_hash
        } else {
            let last = cx.tx.all(sql::SEALED_AFTER, (organization, after - 1, 1)).await?;
            last.into_iter().next().and_then(|entry| entry.hash).unwrap_or_default()
        };
        let read = cx.tx.all(sql::SEALED_AFTER, (organization, after, BATCH_SIZE)).await?;
        let is_full = i64::try_from(read.len()).is_ok_and(|count| count == BATCH_SIZE);
        let last = read.last().and_then(|entry| entry.sequence);
        let mut entries = Vec::new();
        for entry in read.into_iter().take_while(|entry| entry.sequence.is_some_and(|number| number <= self.until)) {
            let continues = std::mem::replace(&mut previous, entry.hash.clone().unwrap_or_default());
            if self.filter.finds(&entry) {
                entries.push((entry, continues));
            }
        }
        let next = last.filter(|last| is_full && *last < self.until);
        Ok(ExportBatch { entries, next })
    }
}
