//! The list of an organization's invitations. It takes the same number of statements for one invitation as for a full
//! page.

use super::details::InvitationDetails;
use super::filter::{Cursor, Filter, InvitationPosition, Sort, StatusFilter};
use super::find;
use super::references::References;
use crate::access;
use crate::cache::Revision;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::OrganizationId;
use crate::listing::{Position, Total};
use crate::organization::{self, SeatCount};
use crate::permission::{RequiredPermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};
use crate::time::Timestamp;

/// The maximum and default number of invitations on a page.
pub const MAX_PAGE_SIZE: u16 = 500;

/// Lists the invitations of an organization.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    pub organization: OrganizationId,
    pub filter: Filter,
    pub sort: Sort,
    /// No offset with [`Sort::Expiry`].
    pub position: InvitationPosition,
    /// 1 to [`MAX_PAGE_SIZE`], which is also the default.
    pub limit: Option<u16>,
    /// Whether the page has the total.
    pub counts: bool,
}

impl List {
    /// The default list: pending invitations, newest first.
    pub fn new(organization: OrganizationId) -> Self {
        let (filter, sort, position) = (Filter::default(), Sort::default(), Position::default());
        Self { organization, filter, sort, position, limit: None, counts: false }
    }
}

#[derive(Debug)]
pub struct Page {
    pub invitations: Vec<InvitationDetails>,
    /// If [`List::counts`] asks for it, and for a search.
    pub total: Option<Total>,
    pub previous: Option<Cursor>,
    pub next: Option<Cursor>,
    /// `None` if the number of seats is unlimited.
    pub seats: Option<SeatCount>,
    /// How long this page can be cached; `None` for a page that is not the default one.
    pub validity: Option<ListValidity>,
}

/// How long a page is valid: while the organization's revision is unchanged and the time is within an interval. The
/// interval ends when the next invitation expires, which changes no row. It begins when the last one expired, in case
/// the clock is set back.
#[derive(Clone, Copy, Debug)]
pub struct ListValidity {
    /// The organization's revision when the page was read.
    pub revision: Revision,
    valid_from: Timestamp,
    expires_at: Timestamp,
}

impl ListValidity {
    fn new(revision: Revision, now: Timestamp, invitations: &[InvitationDetails]) -> Self {
        let expiries = || invitations.iter().map(|invitation| invitation.row.expires_at);
        let valid_from = expiries().filter(|expiry| *expiry <= now).max().unwrap_or(Timestamp::EARLIEST);
        let expires_at = expiries().filter(|expiry| *expiry > now).min().unwrap_or(Timestamp::LATEST);
        Self { revision, valid_from, expires_at }
    }

    /// The end of the interval, exclusive.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    pub fn is_valid(&self, revision: Revision, now: Timestamp) -> bool {
        self.revision == revision && self.valid_from <= now && now < self.expires_at
    }
}

impl Query for List {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::InvitationsRead);
    type Out = Page;

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Page> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let limit = self.limit.unwrap_or(MAX_PAGE_SIZE).clamp(1, MAX_PAGE_SIZE);
        let revision = cx.revision(grant.organization()).await?;
        let (slice, total) = find::find(cx, self, u32::from(limit)).await?;
        let sort = self.sort.in_status(self.filter.status);
        let (previous, next) = slice.cursors(|row| Cursor::new(sort, row));
        let seats = organization::seats(cx, grant.organization()).await?;
        let range = match self.filter.status {
            StatusFilter::Only(status) if self.filter.is_by_status_only() && sort != Sort::Expiry => Some(status),
            _ => None,
        };
        let references = References::for_page(cx, &grant, range, &slice.rows, revision).await?;
        let invitations = InvitationDetails::from_rows(cx, slice.rows, &references)?;
        let is_default = *self == Self::new(self.organization);
        let validity = is_default.then(|| ListValidity::new(revision, cx.now, &invitations));
        Ok(Page { invitations, total, previous, next, seats, validity })
    }
}
