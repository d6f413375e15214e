//! The list that everything else exists for: who is invited to an organization, as what, by whom.
//!
//! It takes the same number of statements for one invitation as for a full page: the page itself, the roles of those who
//! sent it, and what they may do in the workspaces they invited into.

use std::collections::HashMap;
use std::sync::Arc;

use super::Status;
use super::authority::{self, Suspension};
use super::sql::{self, InviterWorkspaceRole, Listed};
use crate::access::{self, Grant, Need, PermissionSet};
use crate::context::{Context, Query};
use crate::email_address::EmailAddress;
use crate::error::Result;
use crate::id::{InvitationId, MembershipId, OrganizationId, RoleId, WorkspaceId, WorkspaceRoleId};
use crate::membership::MembershipRole;
use crate::organization::{self, SeatCount};
use crate::revision::{self, Revision};
use crate::secret::InvitationToken;
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
    pub invitations: Vec<Shown>,
    /// Where the next page begins, if there is one.
    pub next: Option<InvitationId>,
    /// The organization's seats, when it has a bound on them.
    pub seats: Option<SeatCount>,
    /// As long as what holds this page is right; nothing for one that was narrowed.
    pub holds: Option<Holds>,
}

/// How long a page stays right: while the organization is at this revision and the time within these bounds, since an
/// invitation runs out without anybody writing anything, and a clock may be set back.
#[derive(Clone, Copy, Debug)]
pub struct Holds {
    /// The revision it was read at.
    pub revision: Revision,
    from: Timestamp,
    until: Timestamp,
}

impl Holds {
    fn new(revision: Revision, now: Timestamp, invitations: &[Shown]) -> Self {
        let ends = || invitations.iter().map(|shown| shown.listed.expires_at);
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

/// An invitation as those who manage members see it.
#[derive(Debug)]
pub struct Shown {
    /// Everything that stands in one row.
    pub listed: Listed,
    /// It names the invitation and proves nothing (decision 12).
    pub token: InvitationToken,
    /// Whether it had run out when it was looked up.
    pub expired: bool,
    /// Why it cannot be accepted although it has not run out.
    pub suspension: Option<Suspension>,
    /// The inviter's roles, oldest first; none when they have left.
    pub inviter_roles: Arc<[MembershipRole]>,
}

impl Query for List {
    type Out = Page;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Page> {
        let grant = access::authorize(cx, self.organization, Need::ManageMembers).await?;
        let limit = self.filter.limit.unwrap_or(LARGEST_PAGE).clamp(1, LARGEST_PAGE);
        let mut rows = rows(cx, &grant, &self.filter, i64::from(limit) + 1).await?;
        // One more than the page holds was asked for, to know whether there is another page.
        let more = rows.len() > usize::from(limit);
        rows.truncate(usize::from(limit));
        let next = rows.last().map(|last| last.id).filter(|_| more);
        let seats = organization::seats(cx, grant.organization()).await?;
        let revision = if self.filter == Filter::default() {
            Some(revision::current(cx, grant.organization()).await?)
        } else {
            None
        };
        let invitations = shown(cx, &grant, self.filter.status, rows).await?;
        let holds = revision.map(|revision| Holds::new(revision, cx.now, &invitations));
        Ok(Page { invitations, next, seats, holds })
    }
}

/// One invitation as the list would show it, for commands that have just changed it.
pub(super) async fn one(cx: &mut Context<'_>, grant: &Grant, id: InvitationId) -> Result<Shown> {
    let row = cx.tx.one(sql::ONE, (grant.organization(), id)).await?;
    let mut shown = shown(cx, grant, StatusFilter::All, vec![row]).await?;
    shown.pop().ok_or_else(|| crate::Problem::internal("the invitation is gone"))
}

async fn rows(cx: &mut Context<'_>, grant: &Grant, filter: &Filter, most: i64) -> Result<Vec<Listed>> {
    let before = filter.before.unwrap_or_else(|| i64::MAX.into());
    let (after, until) = match filter.expired {
        None => (Timestamp::EARLIEST, Timestamp::LATEST),
        Some(true) => (Timestamp::EARLIEST, cx.now),
        Some(false) => (cx.now, Timestamp::LATEST),
    };
    let (first, last) = filter.workspace.map_or((0, i64::MAX), |workspace| (workspace.get(), workspace.get()));
    // Keys are printable ASCII, so the character behind the last of those comes behind them all.
    let (from, to) = filter.email.as_ref().map_or(("", "\u{7f}"), |email| (email.key(), email.key()));
    let organization = grant.organization();
    match filter.status {
        StatusFilter::Only(status) if filter.is_by_status_alone() => {
            cx.tx.all(sql::PAGE, (organization, status, before, most)).await
        }
        StatusFilter::Only(status) => {
            let given = (organization, status, before, after, until, first, last, from, to, most);
            cx.tx.all(sql::PAGE_NARROWED, given).await
        }
        StatusFilter::All => {
            let given = (organization, before, after, until, first, last, from, to, most);
            cx.tx.all(sql::PAGE_OF_ALL, given).await
        }
    }
}

async fn shown(cx: &mut Context<'_>, grant: &Grant, status: StatusFilter, rows: Vec<Listed>) -> Result<Vec<Shown>> {
    let (Some(newest), Some(oldest)) = (rows.first().map(|row| row.id), rows.last().map(|row| row.id)) else {
        return Ok(Vec::new());
    };
    let organization = grant.organization();
    let (roles, workspace_roles) = match status {
        StatusFilter::Only(status) => {
            let given = (organization, oldest, newest, status);
            (cx.tx.all(sql::INVITER_ROLES, given).await?, cx.tx.all(sql::INVITER_WORKSPACE_ROLES, given).await?)
        }
        StatusFilter::All => {
            let given = (organization, oldest, newest);
            (
                cx.tx.all(sql::INVITER_ROLES_OF_ALL, given).await?,
                cx.tx.all(sql::INVITER_WORKSPACE_ROLES_OF_ALL, given).await?,
            )
        }
    };
    let (now, keys) = (cx.now, &cx.service.keys);
    let mut roles_of: HashMap<MembershipId, Vec<MembershipRole>> = HashMap::new();
    roles.into_iter().for_each(|role| roles_of.entry(role.membership_id).or_default().push(role));
    let roles_of: HashMap<MembershipId, Arc<[MembershipRole]>> =
        roles_of.into_iter().map(|(membership, roles)| (membership, roles.into())).collect();
    let none: Arc<[MembershipRole]> = Arc::new([]);
    // A page has few inviters who give few roles, so most invitations stand as one before them does.
    let mut known: HashMap<Gift, Option<Suspension>> = HashMap::new();
    let mut show = |listed: Listed| {
        let inviter_roles = listed.inviter_membership_id.and_then(|inviter| roles_of.get(&inviter));
        let inviter_roles = Arc::clone(inviter_roles.unwrap_or(&none));
        let suspension = match gift(&listed) {
            _ if listed.status != Status::Pending => None,
            None => listed.left_suspended.then_some(Suspension::InviterHasLeft),
            Some(gift) => {
                *known.entry(gift).or_insert_with(|| suspension(&listed, gift.0, &inviter_roles, &workspace_roles))
            }
        };
        Shown {
            token: keys.invitation_token(listed.id, listed.generation),
            expired: listed.expires_at <= now,
            suspension,
            inviter_roles,
            listed,
        }
    };
    Ok(rows.into_iter().map(&mut show).collect())
}

/// Who gives what: all that a suspension depends on.
type Gift = (MembershipId, RoleId, Option<WorkspaceId>, Option<WorkspaceRoleId>);

/// Nothing when the inviter has left.
fn gift(listed: &Listed) -> Option<Gift> {
    listed.inviter_membership_id.map(|inviter| (inviter, listed.role_id, listed.workspace_id, listed.workspace_role_id))
}

/// The same question that [`authority::suspended`] asks when somebody accepts, from what the page has fetched already.
fn suspension(
    listed: &Listed,
    inviter: MembershipId,
    roles: &[MembershipRole],
    workspace_roles: &[InviterWorkspaceRole],
) -> Option<Suspension> {
    let held = PermissionSet::union(roles.iter().map(|role| role.permissions.clone()));
    let there: Vec<_> = workspace_roles
        .iter()
        .filter(|role| role.membership_id == inviter && Some(role.workspace_id) == listed.workspace_id)
        .collect();
    let held_there = PermissionSet::union(there.iter().filter_map(|role| role.permissions.clone()));
    let given = (&listed.role_permissions, listed.workspace_role_permissions.as_ref());
    authority::suspension(&held, (!there.is_empty()).then_some(&held_there), given)
}
