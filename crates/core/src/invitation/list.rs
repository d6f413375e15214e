//! The list that everything else exists for: who is invited to an organization, as what, by whom.
//!
//! It takes the same number of statements for one invitation as for a full page.

use super::Status;
use super::details::{InvitationDetails, shown};
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

/// The most invitations a page may hold, and how many it holds when nobody says.
pub const LARGEST_PAGE: u16 = 500;

/// Shows the invitations of an organization, the newest first.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage members.
#[derive(Debug)]
pub struct List {
    /// Which organization's.
    pub organization: OrganizationId,
    /// What it is narrowed to.
    pub filter: Filter,
}

/// What a list is narrowed to (decision 10).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In which state.
    pub status: StatusFilter,
    /// Only those that have expired, or only those that have not.
    pub expired: Option<bool>,
    /// Only those into this workspace.
    pub workspace: Option<WorkspaceId>,
    /// Only those for this address.
    pub email: Option<EmailAddress>,
    /// Only those older than this one: where the page before ended.
    pub before: Option<InvitationId>,
    /// How many at the most: 1 to [`LARGEST_PAGE`], which is also the default.
    pub limit: Option<u16>,
}

impl Filter {
    fn is_by_status_alone(&self) -> bool {
        self.expired.is_none() && self.workspace.is_none() && self.email.is_none()
    }
}

/// In which state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// In any.
    All,
    /// In this one.
    Only(Status),
}

impl Default for StatusFilter {
    /// Pending ones, the expired among them: an admin must see what ran out.
    fn default() -> Self {
        Self::Only(Status::Pending)
    }
}

/// A page of invitations.
#[derive(Debug)]
pub struct Page {
    /// The newest first.
    pub invitations: Vec<InvitationDetails>,
    /// Where the next page begins, if there is one.
    pub next: Option<InvitationId>,
    /// The organization's seats, when it has a bound on them.
    pub seats: Option<SeatCount>,
    /// As long as what holds this page is right; nothing for one that was narrowed.
    pub holds: Option<ListValidity>,
}

/// How long a page stays right: while the organization is at this revision and the time within these bounds, since an
/// invitation runs out without anybody writing anything, and a clock may be set back.
#[derive(Clone, Copy, Debug)]
pub struct ListValidity {
    /// The revision it was read at.
    pub revision: Revision,
    from: Timestamp,
    until: Timestamp,
}

impl ListValidity {
    fn new(revision: Revision, now: Timestamp, invitations: &[InvitationDetails]) -> Self {
        let ends = || invitations.iter().map(|shown| shown.entry.expires_at);
        let from = ends().filter(|end| *end <= now).max().unwrap_or(Timestamp::EARLIEST);
        let until = ends().filter(|end| *end > now).min().unwrap_or(Timestamp::LATEST);
        Self { revision, from, until }
    }

    /// From this instant on it is not right any more.
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// Whether it is still right.
    pub fn at(&self, revision: Revision, now: Timestamp) -> bool {
        self.revision == revision && self.from <= now && now < self.until
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
        let limit = self.filter.limit.unwrap_or(LARGEST_PAGE).clamp(1, LARGEST_PAGE);
        let revision = cx.revision(grant.organization()).await?;
        let mut entries = entries(cx, &grant, &self.filter, i64::from(limit) + 1).await?;
        // One more than the page holds was asked for, to know whether there is another page.
        let more = entries.len() > usize::from(limit);
        entries.truncate(usize::from(limit));
        let next = entries.last().map(|last| last.id).filter(|_| more);
        let seats = organization::seats(cx, grant.organization()).await?;
        let surroundings = References::of_page(cx, &grant, self.filter.status, &entries, revision).await?;
        let invitations = shown(cx, entries, &surroundings)?;
        let is_whole = self.filter == Filter::default();
        let holds = is_whole.then(|| ListValidity::new(revision, cx.now, &invitations));
        Ok(Page { invitations, next, seats, holds })
    }
}

/// The page's own rows.
async fn entries(cx: &mut Context<'_>, grant: &Grant, filter: &Filter, limit: i64) -> Result<Vec<InvitationRow>> {
    let before = filter.before.unwrap_or_else(|| i64::MAX.into());
    let (expires_after, expires_until) = match filter.expired {
        None => (Timestamp::EARLIEST, Timestamp::LATEST),
        Some(true) => (Timestamp::EARLIEST, cx.now),
        Some(false) => (cx.now, Timestamp::LATEST),
    };
    let (min_workspace, max_workspace) =
        filter.workspace.map_or((0, i64::MAX), |workspace| (workspace.get(), workspace.get()));
    // Keys are printable ASCII, so the character behind the last of those comes behind them all.
    let (min_email, max_email) = filter.email.as_ref().map_or(("", "\u{7f}"), |email| (email.key(), email.key()));
    let organization = grant.organization();
    Ok(match filter.status {
        StatusFilter::Only(status) if filter.is_by_status_alone() => {
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
            let page = sql::PageOfAll {
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
            cx.tx.all(sql::PAGE_OF_ALL, page).await?
        }
    })
}
