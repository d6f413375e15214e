//! Finding the invitations of a page: which index a filter reads.

use super::Delivery;
use super::filter::{Cursor, Filter, InvitationPosition, Sort, StatusFilter};
use super::list::List;
use super::search;
use super::sql::{self, InvitationRow, lists};
use crate::error::Result;
use crate::execution::Context;
use crate::id::{InvitationId, MembershipId, OrganizationId, RoleId, WorkspaceId};
use crate::listing::{MAX_COUNTED, MAX_FOUND, MAX_PACKED, Position, Slice, Total};
use crate::time::Timestamp;

/// The invitations of a page, and the number of all that the filter admits, if that is asked for.
pub(super) async fn find(
    cx: &mut Context<'_>,
    list: &List,
    limit: u32,
) -> Result<(Slice<InvitationRow>, Option<Total>)> {
    let (organization, filter) = (list.organization, &list.filter);
    let sort = list.sort.in_status(filter.status);
    if let Some(term) = filter.search.as_ref().filter(|term| !term.is_empty()) {
        let range = sent_between(filter);
        let matches = search::search(cx, organization, filter, range, (term, MAX_FOUND)).await?;
        let (total, mut rows) = (matches.total(), matches.rows);
        rows.sort_by(|row, other| sort.compare(&Cursor::new(sort, row), &Cursor::new(sort, other)));
        let compare = |row: &InvitationRow, cursor: &Cursor| sort.compare(&Cursor::new(sort, row), cursor);
        return Ok((Slice::from_all(rows, &list.position, limit, compare), Some(total)));
    }
    let total = if list.counts { Some(count(cx, organization, filter).await?) } else { None };
    let Some(position) = &start(cx, list, sort).await? else {
        return Ok((Slice { rows: Vec::new(), has_previous: false, has_next: false }, total));
    };
    let bounds = Bounds::new(filter, sort, position);
    let rows = i64::from(limit) + 1;
    let rows = match filter.status {
        StatusFilter::Only(status) if filter.is_by_status_only() && bounds.is_descending && sort == Sort::Newest => {
            cx.tx.all(sql::PAGE, (organization, status, bounds.before, rows)).await?
        }
        _ if sort == Sort::Expiry => read_by_expiry(cx, organization, filter, position, rows).await?,
        status => {
            let arguments = arguments(cx.now, organization, filter, (bounds.after, bounds.before), rows);
            let statement = match (status, bounds.is_descending) {
                (StatusFilter::Only(_), true) => lists::NEWEST,
                (StatusFilter::Only(_), false) => lists::OLDEST,
                (StatusFilter::All, true) => lists::NEWEST_IN_ANY_STATUS,
                (StatusFilter::All, false) => lists::OLDEST_IN_ANY_STATUS,
            };
            cx.tx.all(statement, arguments).await?
        }
    };
    Ok((Slice::from_read(rows, position, limit), total))
}

/// The position of a list, by a cursor if it leaves out rows. `None` if it leaves out all.
async fn start(cx: &mut Context<'_>, list: &List, sort: Sort) -> Result<Option<InvitationPosition>> {
    let Position::Offset(offset @ 1..) = list.position else {
        return Ok(Some(list.position.clone()));
    };
    let (organization, filter) = (list.organization, &list.filter);
    let arguments = arguments(cx.now, organization, filter, sent_between(filter), i64::from(offset) - 1);
    let statement = match (filter.status, sort == Sort::Newest) {
        (StatusFilter::Only(_), true) => lists::NTH_NEWEST,
        (StatusFilter::Only(_), false) => lists::NTH_OLDEST,
        (StatusFilter::All, true) => lists::NTH_NEWEST_IN_ANY_STATUS,
        (StatusFilter::All, false) => lists::NTH_OLDEST_IN_ANY_STATUS,
    };
    let found = cx.tx.optional(statement, arguments).await?;
    Ok(found.map(|(id,)| Position::After(Cursor { id, expires_at: None })))
}

/// The ids around what is read, exclusive, and the direction.
struct Bounds {
    after: InvitationId,
    before: InvitationId,
    is_descending: bool,
}

impl Bounds {
    fn new(filter: &Filter, sort: Sort, position: &InvitationPosition) -> Self {
        let (after, before) = sent_between(filter);
        let is_newest = sort == Sort::Newest;
        match position {
            Position::Page(_) | Position::Offset(_) => Self { after, before, is_descending: is_newest },
            Position::After(cursor) if is_newest => Self { after, before: before.min(cursor.id), is_descending: true },
            Position::Before(cursor) if !is_newest => {
                Self { after, before: before.min(cursor.id), is_descending: true }
            }
            Position::After(cursor) | Position::Before(cursor) => {
                Self { after: after.max(cursor.id), before, is_descending: false }
            }
        }
    }
}

/// The ids around the invitations that were sent within the period, exclusive.
fn sent_between(filter: &Filter) -> (InvitationId, InvitationId) {
    let after = filter.sent_after.map_or(0, |time| InvitationId::first_at(time).get() - 1);
    (after.into(), filter.sent_before.map_or_else(|| i64::MAX.into(), InvitationId::first_at))
}

pub(super) fn arguments(
    now: Timestamp,
    organization: OrganizationId,
    filter: &Filter,
    (after, before): (InvitationId, InvitationId),
    limit: i64,
) -> lists::FilteredInvitations<'_> {
    let (expires_after, expires_until) = match filter.expired {
        None => (Timestamp::EARLIEST, Timestamp::LATEST),
        Some(true) => (Timestamp::EARLIEST, now),
        Some(false) => (now, Timestamp::LATEST),
    };
    let exactly = |id: Option<i64>| id.map_or((0, i64::MAX), |id| (id, id));
    let (min_workspace, max_workspace) = exactly(filter.workspace.map(WorkspaceId::get));
    let (min_role, max_role) = exactly(filter.role.map(RoleId::get));
    let (min_inviter, max_inviter) = exactly(filter.inviter.map(MembershipId::get));
    // Address keys are printable ASCII and sorted by their bytes, so U+007F sorts after all of them.
    let (min_email, max_email) = filter.email.as_ref().map_or(("", "\u{7f}"), |email| (email.key(), email.key()));
    let status = match filter.status {
        StatusFilter::Only(status) => status.as_str(),
        StatusFilter::All => "",
    };
    lists::FilteredInvitations {
        organization,
        status,
        after,
        before,
        expires_after,
        expires_until,
        min_workspace,
        max_workspace,
        min_email,
        max_email,
        min_role,
        max_role,
        min_inviter,
        max_inviter,
        delivery: filter.delivery.map_or("", Delivery::as_str),
        limit,
    }
}

/// Reads the index of the expiries of pending invitations.
async fn read_by_expiry(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    filter: &Filter,
    position: &InvitationPosition,
    limit: i64,
) -> Result<Vec<InvitationRow>> {
    let is_descending = matches!(position, Position::Before(_));
    let (expires_at, id) = match position {
        Position::After(cursor) | Position::Before(cursor) => {
            (cursor.expires_at.unwrap_or(Timestamp::EARLIEST), cursor.id)
        }
        Position::Page(_) | Position::Offset(_) => (Timestamp::EARLIEST, 0.into()),
    };
    let all = arguments(cx.now, organization, filter, sent_between(filter), limit);
    let page = lists::ExpiringInvitations {
        organization,
        status: all.status,
        after: all.after,
        before: all.before,
        expires_after: all.expires_after,
        expires_until: all.expires_until,
        min_workspace: all.min_workspace,
        max_workspace: all.max_workspace,
        min_email: all.min_email,
        max_email: all.max_email,
        min_role: all.min_role,
        max_role: all.max_role,
        min_inviter: all.min_inviter,
        max_inviter: all.max_inviter,
        delivery: all.delivery,
        limit,
        expires_at,
        id,
    };
    Ok(cx.tx.all(if is_descending { lists::BY_EXPIRY_DESCENDING } else { lists::BY_EXPIRY }, page).await?)
}

async fn count(cx: &mut Context<'_>, organization: OrganizationId, filter: &Filter) -> Result<Total> {
    let limit = MAX_COUNTED + 1;
    let (count,) = match filter.status {
        StatusFilter::Only(status) if filter.is_by_status_only() => {
            cx.tx.one(lists::COUNT_STATUS, (organization, status.as_str(), limit)).await?
        }
        status => {
            let arguments = arguments(cx.now, organization, filter, sent_between(filter), limit);
            let is_any = status == StatusFilter::All;
            cx.tx.one(if is_any { lists::COUNT_IN_ANY_STATUS } else { lists::COUNT }, arguments).await?
        }
    };
    Ok(Total::bounded(count, MAX_COUNTED))
}

/// Finds the newest invitations before `before`, up to [`MAX_PACKED`], and returns where the next batch begins if they
/// are not the last ones.
pub(super) async fn find_batch(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    filter: &Filter,
    before: Option<InvitationId>,
) -> Result<(Vec<InvitationRow>, Option<InvitationId>)> {
    let (after, until) = sent_between(filter);
    let until = before.map_or(until, |before| until.min(before));
    if let Some(term) = filter.search.as_ref().filter(|term| !term.is_empty()) {
        let max_found = usize::from(MAX_PACKED);
        let matches = search::search(cx, organization, filter, (after, until), (term, max_found)).await?;
        return Ok((matches.rows, matches.next.map(InvitationId::from)));
    }
    let arguments = arguments(cx.now, organization, filter, (after, until), i64::from(MAX_PACKED));
    let is_any = filter.status == StatusFilter::All;
    let rows = cx.tx.all(if is_any { lists::NEWEST_IN_ANY_STATUS } else { lists::NEWEST }, arguments).await?;
    let next = rows.last().map(|row| row.id).filter(|_| rows.len() == usize::from(MAX_PACKED));
    Ok((rows, next))
}
