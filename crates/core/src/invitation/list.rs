//! The list of an organization's invitations. It takes the same number of statements for one invitation as for a full
//! page.

use super::Status;
use super::details::InvitationDetails;
use super::references::References;
use super::sql::{self, InvitationRow};
use crate::access::{self, Grant};
use crate::cache::Revision;
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::{InvitationId, OrganizationId, WorkspaceId};
use crate::organization::{self, SeatCount};
use crate::permission::{RequiredPermission, Requirement};
use crate::time::Timestamp;

/// The maximum and default number of invitations on a page.
pub const MAX_PAGE_SIZE: u16 = 500;

/// Lists the invitations of an organization, newest first.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`.
#[derive(Debug)]
pub struct List {
    pub organization: OrganizationId,
    pub filter: Filter,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub status: StatusFilter,
    /// Only invitations that have expired, or only those that have not.
    pub expired: Option<bool>,
    pub workspace: Option<WorkspaceId>,
    pub email: Option<EmailAddress>,
    /// The cursor: only invitations older than this one, which is the last one of the previous page.
    pub before: Option<InvitationId>,
    /// 1 to [`MAX_PAGE_SIZE`], which is also the default.
    pub limit: Option<u16>,
}

impl Filter {
    fn is_by_status_only(&self) -> bool {
        self.expired.is_none() && self.workspace.is_none() && self.email.is_none()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    All,
    Only(Status),
}

impl Default for StatusFilter {
    /// Pending invitations, including expired ones: an admin has to see those to resend them.
    fn default() -> Self {
        Self::Only(Status::Pending)
    }
}

#[derive(Debug)]
pub struct Page {
    pub invitations: Vec<InvitationDetails>,
    /// The cursor of the next page, if there is one.
    pub next: Option<InvitationId>,
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
    type Out = Page;

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Page> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let limit = self.filter.limit.unwrap_or(MAX_PAGE_SIZE).clamp(1, MAX_PAGE_SIZE);
        let revision = cx.revision(grant.organization()).await?;
        // One row more than the page has shows whether there is a next page.
        let mut rows = load_rows(cx, &grant, &self.filter, i64::from(limit) + 1).await?;
        let has_next = rows.len() > usize::from(limit);
        rows.truncate(usize::from(limit));
        let next = rows.last().map(|last| last.id).filter(|_| has_next);
        let seats = organization::seats(cx, grant.organization()).await?;
        let references = References::for_page(cx, &grant, self.filter.status, &rows, revision).await?;
        let invitations = InvitationDetails::from_rows(cx, rows, &references)?;
        let is_default = self.filter == Filter::default();
        let validity = is_default.then(|| ListValidity::new(revision, cx.now, &invitations));
        Ok(Page { invitations, next, seats, validity })
    }
}

async fn load_rows(cx: &mut Context<'_>, grant: &Grant, filter: &Filter, limit: i64) -> Result<Vec<InvitationRow>> {
    let before = filter.before.unwrap_or_else(|| i64::MAX.into());
    let (expires_after, expires_until) = match filter.expired {
        None => (Timestamp::EARLIEST, Timestamp::LATEST),
        Some(true) => (Timestamp::EARLIEST, cx.now),
        Some(false) => (cx.now, Timestamp::LATEST),
    };
    let (min_workspace, max_workspace) =
        filter.workspace.map_or((0, i64::MAX), |workspace| (workspace.get(), workspace.get()));
    // Address keys are printable ASCII, so U+007F sorts after all of them.
    let (min_email, max_email) = filter.email.as_ref().map_or(("", "\u{7f}"), |email| (email.key(), email.key()));
    let organization = grant.organization();
    Ok(match filter.status {
        StatusFilter::Only(status) if filter.is_by_status_only() => {
            cx.tx.all(sql::PAGE, (organization, status, before, limit)).await?
        }
        StatusFilter::Only(status) => {
            let page = sql::FilteredPage {
                organization,
                status,
                before,
                expires_after,
                expires_until,
                min_workspace,
                max_workspace,
                min_email,
                max_email,
                limit,
            };
            cx.tx.all(sql::PAGE_FILTERED, page).await?
        }
        StatusFilter::All => {
            let page = sql::PageAnyStatus {
                organization,
                before,
                expires_after,
                expires_until,
                min_workspace,
                max_workspace,
                min_email,
                max_email,
                limit,
            };
            cx.tx.all(sql::PAGE_ANY_STATUS, page).await?
        }
    })
}
