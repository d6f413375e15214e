//! Reading the audit log, newest entries first.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use super::sql::{self, Entry, FilteredPage, NameRow};
use super::{INSTALLATION, chain_number};
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::{AuditEntryId, OrganizationId};
use crate::listing::{MAX_PACKED, pack_ids};
use crate::names::full_name;
use crate::permission::{RequiredPermission, Requirement};
use crate::time::Timestamp;

/// The entries of an organization that the sealer may be behind for a list to have all of them.
const MAX_UNSEALED: i64 = 1000;
/// The entries of a user or target that a page looks through for another filter. An index finds those of a user, and those
/// with an action, but not both: without a limit, a page of few would cost as much as all entries of a user.
const MAX_SCANNED: i64 = 2000;

/// Which entries. Each part that is `None` applies to all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The id of the user or API key.
    pub actor: Option<i64>,
    /// The name of the event.
    pub action: Option<String>,
    /// The id of whom or what the entry is about.
    pub target: Option<i64>,
    /// Inclusive.
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub to: Option<Timestamp>,
}

impl Filter {
    /// Whether it finds the entry.
    pub fn finds(&self, entry: &Entry) -> bool {
        self.actor.is_none_or(|actor| entry.actor_id == Some(actor))
            && self.action.as_ref().is_none_or(|action| *action == entry.action)
            && self.target.is_none_or(|target| entry.target_id == target)
            && self.from.is_none_or(|from| entry.created_at >= from)
            && self.to.is_none_or(|to| entry.created_at < to)
    }

    /// The ids of the period: the first one, and the one after the last.
    fn ids(&self) -> (AuditEntryId, AuditEntryId) {
        let first = self.from.map_or_else(|| 0.into(), AuditEntryId::first_at);
        (first, self.to.map_or_else(|| i64::MAX.into(), AuditEntryId::first_at))
    }
}

/// Lists a page of the audit log of an organization.
///
/// # Errors
/// `FORBIDDEN` without `organization:view_audit_log`.
#[derive(Clone, Debug)]
pub struct ListEntries {
    pub organization: OrganizationId,
    pub filter: Filter,
    /// The last entry of the previous page.
    pub after: Option<AuditEntryId>,
    pub limit: u16,
    /// Whether to look up the names of the users.
    pub with_names: bool,
}

/// A page of the audit log.
#[derive(Debug)]
pub struct AuditLogPage {
    /// With several filters there can be fewer than the limit, or none, although there is a next page.
    pub entries: Vec<Entry>,
    /// The cursor of the next page.
    pub next: Option<AuditEntryId>,
    /// The names of users who are actors or targets, by id, if they are asked for.
    pub names: HashMap<i64, String>,
}

impl Query for ListEntries {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ViewAuditLog);
    const ERRORS: &'static [Code] = &[];
    type Out = AuditLogPage;

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<AuditLogPage> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ViewAuditLog).await?;
        let organization = chain_number(Some(grant.organization()));
        let mut page = read_page(cx, organization, &self.filter, (self.after, self.limit)).await?;
        if self.with_names {
            page.names = load_names(cx, &page.entries, &self.filter).await?;
        }
        Ok(page)
    }
}

/// Lists a page of the entries about the caller's account: sign-ins, passwords, addresses and the like, whoever caused
/// them. Not for an impersonator, who would see where the user signs in.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Clone, Debug)]
pub struct ListOwnEntries {
    pub action: Option<String>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub after: Option<AuditEntryId>,
    pub limit: u16,
}

impl Query for ListOwnEntries {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = AuditLogPage;

    async fn run(&self, cx: &mut Context<'_>) -> Result<AuditLogPage> {
        let target = Some(cx.user()?.get());
        let filter = Filter { actor: None, action: self.action.clone(), target, from: self.from, to: self.to };
        read_page(cx, INSTALLATION, &filter, (self.after, self.limit)).await
    }
}

pub(crate) async fn read_page(
    cx: &mut Context<'_>,
    organization: i64,
    filter: &Filter,
    (after, limit): (Option<AuditEntryId>, u16),
) -> Result<AuditLogPage> {
    let (from, end) = filter.ids();
    let before = after.map_or(end, |after| after.min(end));
    let read = i64::from(limit) + 1;
    let is_filtered = filter.actor.is_some() || filter.action.is_some() || filter.target.is_some();
    let scan_end = scan_end(cx, organization, filter, (from, before)).await?;
    let from = scan_end.unwrap_or(from);
    let mut entries = cx.tx.all(sql::UNSEALED_PAGE, (organization, from, before, MAX_UNSEALED)).await?;
    entries.retain(|entry| filter.finds(entry));
    let sealed = if is_filtered {
        read_filtered(cx, organization, filter, (from, before, read)).await?
    } else {
        cx.tx.all(sql::PAGE, (organization, from, before, read)).await?
    };
    // Where each statement sees a state of its own, an entry may be sealed between the two.
    entries.retain(|entry| sealed.iter().all(|sealed| sealed.id != entry.id));
    entries.extend(sealed);
    entries.sort_unstable_by_key(|entry| Reverse(entry.id));
    let has_more = entries.len() > usize::from(limit);
    entries.truncate(usize::from(limit));
    let next = if has_more { entries.last().map(|last| last.id) } else { scan_end };
    Ok(AuditLogPage { entries, next, names: HashMap::new() })
}

/// Where the entries begin that a page looks through, if there are more than it may.
async fn scan_end(
    cx: &mut Context<'_>,
    organization: i64,
    filter: &Filter,
    (from, before): (AuditEntryId, AuditEntryId),
) -> Result<Option<AuditEntryId>> {
    let (statement, subject) = match (filter.target, filter.actor) {
        (Some(target), actor) if actor.is_some() || filter.action.is_some() => (sql::NTH_OF_TARGET, target),
        (None, Some(actor)) if filter.action.is_some() => (sql::NTH_OF_ACTOR, actor),
        _ => return Ok(None),
    };
    let beyond = cx.tx.optional(statement, (organization, subject, from, before, MAX_SCANNED)).await?;
    Ok(beyond.map(|(id,)| AuditEntryId::from(id.get().saturating_add(1))))
}

/// The names of the users in these entries, and of those that the filter names if there is an entry.
async fn load_names(cx: &mut Context<'_>, entries: &[Entry], filter: &Filter) -> Result<HashMap<i64, String>> {
    let ids = entries.iter().flat_map(|entry| [entry.actor_id, entry.impersonator_id, Some(entry.target_id)]);
    let filtered = [filter.actor, filter.target].into_iter().filter(|_| !entries.is_empty());
    let ids: BTreeSet<i64> = ids.chain(filtered).flatten().filter(|id| *id > 0).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let mut names = HashMap::new();
    for chunk in ids.chunks(usize::from(MAX_PACKED)) {
        let packed = pack_ids(chunk.iter().copied());
        for NameRow { id, first_name, last_name, username } in cx.tx.all(sql::NAMES, (packed.as_str(),)).await? {
            let name = Some(full_name(&first_name, &last_name)).filter(|name| !name.is_empty());
            names.extend(name.or(username).map(|name| (id.get(), name)));
        }
    }
    Ok(names)
}

async fn read_filtered(
    cx: &mut Context<'_>,
    organization: i64,
    filter: &Filter,
    (from, before, limit): (AuditEntryId, AuditEntryId, i64),
) -> Result<Vec<Entry>> {
    let page = FilteredPage {
        organization,
        target: filter.target.unwrap_or(0),
        from,
        before,
        actor: filter.actor.unwrap_or(0),
        action: filter.action.as_deref().unwrap_or_default(),
        limit,
    };
    let statement = match (filter.target, filter.actor) {
        (Some(_), _) => sql::BY_TARGET,
        (None, Some(_)) => sql::BY_ACTOR,
        (None, None) => sql::BY_ACTION,
    };
    Ok(cx.tx.all(statement, page).await?)
}
