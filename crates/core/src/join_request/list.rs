//! The requests of an organization in one state, for a page.

use super::sql::{self, JoinRequest, RequestPage, RequestStatus};
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::{JoinRequestId, OrganizationId};
use crate::listing::{ListSort, MAX_COUNTED, Position, Slice, Total};
use crate::names::full_name;
use crate::permission::{RequiredPermission, Requirement};
use crate::search::SearchTerm;

/// Lists the requests in one state in the order of time; an order by name is the newest first.
///
/// The pending ones are at most 1,000. A search compares the newest 10,000 of those that have been answered.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`.
#[derive(Debug)]
pub struct ListByStatus {
    pub organization: OrganizationId,
    pub status: RequestStatus,
    /// A part of the name or the address.
    pub search: SearchTerm,
    pub sort: ListSort,
    pub position: Position<JoinRequestId>,
    pub limit: u32,
}

#[derive(Debug)]
pub struct RequestsPage {
    pub requests: Vec<JoinRequest>,
    pub total: Total,
    pub previous: Option<JoinRequestId>,
    pub next: Option<JoinRequestId>,
}

impl Query for ListByStatus {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[];
    type Out = RequestsPage;

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<RequestsPage> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let (slice, total) = if self.search.is_empty() {
            self.read_page(cx, grant.organization()).await?
        } else {
            self.search(cx, grant.organization()).await?
        };
        let (previous, next) = slice.cursors(|request| request.id);
        Ok(RequestsPage { requests: slice.rows, total, previous, next })
    }
}

impl ListByStatus {
    fn is_oldest_first(&self) -> bool {
        self.sort == ListSort::Oldest
    }

    async fn read_page(
        &self,
        cx: &mut Context<'_>,
        organization: OrganizationId,
    ) -> Result<(Slice<JoinRequest>, Total)> {
        let (count,) = cx.tx.one(sql::COUNT, (organization, self.status, MAX_COUNTED + 1)).await?;
        let (is_descending, after, before) = self.position.id_range(!self.is_oldest_first(), |id| *id);
        let limit = i64::from(self.limit) + 1;
        let page = RequestPage { organization, status: self.status, after, before, limit };
        let rows = cx.tx.all(if is_descending { sql::NEWEST } else { sql::OLDEST }, page).await?;
        Ok((Slice::from_read(rows, &self.position, self.limit), Total::bounded(count, MAX_COUNTED)))
    }

    async fn search(&self, cx: &mut Context<'_>, organization: OrganizationId) -> Result<(Slice<JoinRequest>, Total)> {
        let (after, before, limit) = (0.into(), i64::MAX.into(), MAX_COUNTED);
        let all = RequestPage { organization, status: self.status, after, before, limit };
        let mut found = cx.tx.all(sql::NEWEST, all).await?;
        let has_all = i64::try_from(found.len()).is_ok_and(|read| read < MAX_COUNTED);
        found.retain(|request| self.finds(request));
        if self.is_oldest_first() {
            found.reverse();
        }
        let total = Total { count: i64::try_from(found.len()).unwrap_or(i64::MAX), is_exact: has_all };
        let slice = Slice::from_all(found, &self.position, self.limit, |request, id| {
            if self.is_oldest_first() { request.id.cmp(id) } else { id.cmp(&request.id) }
        });
        Ok((slice, total))
    }

    fn finds(&self, request: &JoinRequest) -> bool {
        let first = request.first_name.as_deref().unwrap_or_default();
        let last = request.last_name.as_deref().unwrap_or_default();
        [full_name(first, last), full_name(last, first)].iter().any(|name| self.search.is_in(name))
            || self.search.is_in(&request.email_key)
    }
}
