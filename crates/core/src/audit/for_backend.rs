//! Reading the audit log with an API key: newest entries first, or in the order of the chain, to follow it.

use super::list::{Filter, read_page};
use super::sql::{self, Entry};
use super::{INSTALLATION, chain_number};
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::{AuditEntryId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};

/// The entries that a filtered page in the order of the chain looks through.
const MAX_SCANNED: i64 = 1000;

/// The order of a page, and where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageStart {
    /// Newest first, after this entry.
    Newest(Option<AuditEntryId>),
    /// In the order of the chain, after this number of it. Only sealed entries: none appears before one that was read.
    Oldest(i64),
}

/// A page of the audit log.
#[derive(Debug)]
pub struct EntriesPage {
    pub entries: Vec<Entry>,
    /// The position of the next page: the id of an entry, or the number in the chain.
    pub next: Option<i64>,
}

/// Lists a page of the audit log of an organization.
///
/// # Errors
/// `FORBIDDEN` without `organization:view_audit_log`.
#[derive(Clone, Debug)]
pub struct ListOrganizationEntries {
    pub organization: OrganizationId,
    pub filter: Filter,
    pub start: PageStart,
    pub limit: u16,
}

impl Query for ListOrganizationEntries {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ViewAuditLog);
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::AuditLogRead);
    type Out = EntriesPage;

    async fn run(&self, cx: &mut Context<'_>) -> Result<EntriesPage> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ViewAuditLog).await?;
        read(cx, chain_number(Some(grant.organization())), &self.filter, (self.start, self.limit)).await
    }
}

/// Lists a page of the audit log of the installation.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`.
#[derive(Clone, Debug)]
pub struct ListInstallationEntries {
    pub filter: Filter,
    pub start: PageStart,
    pub limit: u16,
}

impl Query for ListInstallationEntries {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::AuditLogRead);
    type Out = EntriesPage;

    async fn run(&self, cx: &mut Context<'_>) -> Result<EntriesPage> {
        access::require_unbound_key(cx)?;
        read(cx, INSTALLATION, &self.filter, (self.start, self.limit)).await
    }
}

async fn read(
    cx: &mut Context<'_>,
    organization: i64,
    filter: &Filter,
    (start, limit): (PageStart, u16),
) -> Result<EntriesPage> {
    match start {
        PageStart::Newest(after) => {
            let page = read_page(cx, organization, filter, (after, limit)).await?;
            Ok(EntriesPage { entries: page.entries, next: page.next.map(AuditEntryId::get) })
        }
        PageStart::Oldest(after) => read_chain(cx, organization, filter, (after, limit)).await,
    }
}

/// Reads the sealed entries after a number of the chain.
async fn read_chain(
    cx: &mut Context<'_>,
    organization: i64,
    filter: &Filter,
    (after, limit): (i64, u16),
) -> Result<EntriesPage> {
    let scanned = if *filter == Filter::default() { i64::from(limit) } else { MAX_SCANNED };
    // One more shows that there is another page.
    let rows = cx.tx.all(sql::SEALED_AFTER, (organization, after, scanned + 1)).await?;
    let count = rows.len();
    let (mut entries, mut last, mut read) = (Vec::new(), None, 0);
    for row in rows.into_iter().take(usize::try_from(scanned).unwrap_or(usize::MAX)) {
        if entries.len() == usize::from(limit) {
            break;
        }
        (last, read) = (row.sequence, read + 1);
        if filter.finds(&row) {
            entries.push(row);
        }
    }
    Ok(EntriesPage { entries, next: last.filter(|_| read < count) })
}
