//! The list of invitations: tabs by state, filters, order, pages and rows.

use vestibule_core::id::{InvitationId, OrganizationId};
use vestibule_core::invitation::{CountByState, Delivery, InvitationDetails, Sort, StateCounts, Status};
use vestibule_core::listing::{Position, Total};
use vestibule_core::names::full_name;

use super::super::super::context::{PageContext, PageResult};
use super::super::super::words::{Words, invited_roles};
use super::super::OrganizationPage;
use super::super::list_url::SortHeading;
use super::compose::{Choices, SelectOption};
use super::filter::{ListState, SENT_BEFORE, SENT_WITHIN, Show};
use super::inviters::{self, InviterPicker};

/// Invitations per page.
const PAGE_SIZE: u16 = 50;
/// The characters of a delivery's reason in a row. The page of the invitation has all of it.
const MAX_REASON: usize = 32;

const DELIVERIES: [Delivery; 6] =
    [Delivery::Queued, Delivery::Sent, Delivery::Deferred, Delivery::Failed, Delivery::Bounced, Delivery::NotSent];

/// The label and the CSS class of a badge.
type Badge = (String, &'static str);

/// A row of the list.
pub(super) struct Row {
    pub(super) id: InvitationId,
    pub(super) email: String,
    pub(super) role: String,
    pub(super) status: Badge,
    pub(super) delivery: Badge,
    pub(super) delivery_reason: String,
    pub(super) next_attempt: Option<String>,
    /// Who sent it: `by Nora Lindgren`.
    pub(super) sent_by: String,
    pub(super) sent: String,
    /// Empty unless it is pending.
    pub(super) expires: String,
    pub(super) is_pending: bool,
}

impl Row {
    pub(super) fn short_reason(&self) -> String {
        let mut short: String = self.delivery_reason.chars().take(MAX_REASON).collect();
        if short.len() < self.delivery_reason.len() {
            short.push('…');
        }
        short
    }
}

pub(super) struct Tab {
    pub(super) label: String,
    pub(super) url: String,
    pub(super) count: String,
    pub(super) is_current: bool,
}

pub(in super::super) struct Table {
    pub(super) state: ListState,
    /// The URL of this page of the list.
    pub(super) url: String,
    /// The start of the URLs of invitations.
    pub(super) row_path: String,
    pub(super) tabs: Vec<Tab>,
    pub(super) rows: Vec<Row>,
    pub(super) total: String,
    pub(super) seats: Option<String>,
    pub(super) roles: Vec<SelectOption>,
    pub(super) workspaces: Vec<SelectOption>,
    pub(super) deliveries: Vec<SelectOption>,
    pub(super) inviters: Vec<SelectOption>,
    pub(super) picker: Option<InviterPicker>,
    pub(super) sent: Vec<SelectOption>,
    pub(super) sent_heading: SortHeading,
    /// Only a list of pending invitations can be sorted by expiry.
    pub(super) expires_heading: Option<SortHeading>,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
    pub(super) unfiltered_url: String,
    pub(super) export_url: String,
}

impl Table {
    pub(super) async fn load(cx: &PageContext, org: &OrganizationPage, choices: &Choices) -> PageResult<Self> {
        let (t, state, path) = (cx.words, ListState::from_query(cx), org.path("invitations"));
        let found = cx.query(state.list(org.id, cx.now(), PAGE_SIZE)).await?;
        let counts = cx.query(CountByState { organization: org.id }).await?;
        let sent_labels = SENT_WITHIN.into_iter().map(|(value, days)| (value, t.sent_last_days(days)));
        let sent = sent_labels.chain([(SENT_BEFORE, t.sent_earlier())]);
        let delivery = |delivery: Delivery| {
            SelectOption::new(delivery, self::delivery(t, delivery).0, state.delivery == Some(delivery))
        };
        Ok(Self {
            row_path: row_path(cx, &path),
            tabs: tabs(t, &state, &path, &counts),
            rows: found.invitations.into_iter().map(|details| row(cx, details)).collect(),
            total: found.total.map(|total| self::total(t, &state, total)).unwrap_or_default(),
            seats: found.seats.map(|seats| t.seats(seats.used, seats.reserved, seats.free)),
            roles: choices.all_roles().map(|(id, name)| SelectOption::new(id, name, state.role == Some(id))).collect(),
            workspaces: choices.workspace_options(state.workspace),
            deliveries: DELIVERIES.map(delivery).into(),
            inviters: inviters::options(cx, org, &state).await?,
            picker: inviters::picker(cx, org, &state, &path).await?,
            sent: sent.map(|(value, label)| SelectOption::new(value, label, state.sent == value)).collect(),
            sent_heading: heading(
                &state,
                &path,
                t.sent_at(),
                [(Sort::Oldest, "ascending"), (Sort::Newest, "descending")],
            ),
            expires_heading: state
                .show
                .is_pending()
                .then(|| heading(&state, &path, t.expires(), [(Sort::Expiry, "ascending"), (Sort::Newest, "")])),
            previous: found.previous.map(|cursor| state.page_url(&path, Position::Before(cursor))),
            next: found.next.map(|cursor| state.page_url(&path, Position::After(cursor))),
            unfiltered_url: state.unfiltered_url(&path),
            export_url: state.export_url(org.id, cx.now()),
            url: state.url(&path),
            state,
        })
    }

    /// Whether the organization has never invited anybody.
    pub(super) fn is_unused(&self) -> bool {
        self.rows.is_empty() && self.tabs.iter().all(|tab| tab.count.is_empty() || tab.count == "0")
    }

    pub(super) fn show(&self) -> &'static str {
        self.state.show.as_str()
    }

    pub(super) fn sort(&self) -> String {
        self.state.sort_value()
    }

    pub(super) fn has_pending(&self) -> bool {
        self.rows.iter().any(|row| row.is_pending)
    }
}

/// Relative to the list, which keeps 50 rows small. The response of an action has another URL.
fn row_path(cx: &PageContext, path: &str) -> String {
    let url = cx.path_and_query.split('?').next().unwrap_or_default();
    if url == path { "invitations/".to_owned() } else { format!("{path}/") }
}

fn total(t: Words, state: &ListState, total: Total) -> String {
    match total {
        Total { count, is_exact: true } => t.invitations_count(count),
        Total { count, is_exact: false } if state.search.is_empty() => t.invitations_more_than(count),
        Total { count, is_exact: false } => t.newest_matches(count),
    }
}

fn tabs(t: Words, state: &ListState, path: &str, counts: &StateCounts) -> Vec<Tab> {
    let count = |total: Total| if total.is_exact { total.count.to_string() } else { format!("{}+", total.count) };
    let tab = |show: Show| {
        let (label, count) = match show {
            Show::Pending => (t.status_pending(), count(counts.open)),
            Show::Expired => (t.status_expired(), count(counts.expired)),
            Show::Accepted => (t.status_accepted(), count(counts.accepted)),
            Show::Declined => (t.status_declined(), count(counts.declined)),
            Show::Revoked => (t.status_discarded(), count(counts.discarded)),
            Show::All => (t.status_all(), String::new()),
        };
        Tab { label, url: state.tab_url(path, show), count, is_current: state.show == show }
    };
    Show::ALL.map(tab).into()
}

fn heading(state: &ListState, path: &str, label: String, orders: [(Sort, &'static str); 2]) -> SortHeading {
    SortHeading::new(label, state.sort, orders, |sort| state.sorted_url(path, sort))
}

pub(super) fn row(cx: &PageContext, details: InvitationDetails) -> Row {
    let (t, now) = (cx.words, cx.now());
    let sent_by = if details.row.is_by_api_key { t.via_api() } else { t.by_inviter(inviter_name(t, &details)) };
    let in_organization = t.role_name(&details.role.name, details.role.organization_id.is_none());
    let in_workspace = details.workspace_role.as_ref().map(|role| t.role_name(&role.name, role.workspace_id.is_none()));
    let workspace = details.workspace.as_ref().map(|workspace| workspace.name.as_str());
    let role = invited_roles(&in_organization, workspace.zip(in_workspace.as_deref()));
    let InvitationDetails { row, expired, suspension, .. } = details;
    let status = match row.status {
        Status::Accepted => (t.status_accepted(), "good"),
        Status::Declined => (t.status_declined(), "bad"),
        Status::Discarded => (t.status_discarded(), ""),
        Status::Pending if expired => (t.status_expired(), "bad"),
        Status::Pending if suspension.is_some() => (t.status_suspended(), "warn"),
        Status::Pending => (t.status_pending(), "info"),
    };
    let is_pending = row.status == Status::Pending;
    Row {
        id: row.id,
        role,
        status,
        delivery: delivery(t, row.delivery),
        delivery_reason: row.delivery_reason,
        next_attempt: row.next_delivery_at.map(|next| t.time_html(next, now)),
        sent_by,
        sent: t.short_date(row.created_at, now),
        expires: if is_pending { t.time_html(row.expires_at, now) } else { String::new() },
        is_pending,
        email: row.email_key,
    }
}

fn inviter_name(t: Words, details: &InvitationDetails) -> String {
    let Some(inviter) = &details.inviter else {
        return t.former_member();
    };
    let name = full_name(&inviter.first_name, &inviter.last_name);
    let names = [Some(name), inviter.username.clone(), inviter.email.clone()];
    names.into_iter().flatten().find(|name| !name.is_empty()).unwrap_or_else(|| t.invited_by_member())
}

fn delivery(t: Words, delivery: Delivery) -> Badge {
    match delivery {
        Delivery::Queued => (t.delivery_queued(), ""),
        Delivery::Sent => (t.delivery_sent(), "good"),
        Delivery::Deferred => (t.delivery_deferred(), "warn"),
        Delivery::Failed => (t.delivery_failed(), "bad"),
        Delivery::Bounced => (t.delivery_bounced(), "bad"),
        Delivery::NotSent => (t.delivery_not_sent(), "warn"),
    }
}

/// Returns the pending invitations of the list at a URL.
pub(super) async fn find_pending(
    cx: &PageContext,
    organization: OrganizationId,
    url: &str,
    max: usize,
) -> PageResult<Vec<InvitationId>> {
    let state = ListState::from_url(url).first_page();
    let limit = u16::try_from(max).unwrap_or(u16::MAX);
    let found = cx.query(state.list(organization, cx.now(), limit)).await?;
    let pending = found.invitations.into_iter().filter(|details| details.row.status == Status::Pending);
    Ok(pending.map(|details| details.row.id).collect())
}
