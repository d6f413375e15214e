//! The state of the list of invitations: its filter, order and position, which the URL has.

use std::time::Duration;

use vestibule_core::id::{MembershipId, OrganizationId, RoleId, WorkspaceId};
use vestibule_core::invitation::{Delivery, Filter, InvitationPosition, List, Sort, Status, StatusFilter};
use vestibule_core::listing::Position;
use vestibule_core::search::SearchTerm;
use vestibule_core::time::Timestamp;

use super::super::super::context::PageContext;
use super::super::list_url::list_url;

const DAY: Duration = Duration::from_hours(24);

/// When an invitation was sent: the value in the URL, and the days that it means.
pub(super) const SENT_WITHIN: [(&str, u32); 3] = [("7d", 7), ("30d", 30), ("90d", 90)];
/// The value for invitations that were sent more than 30 days ago.
pub(super) const SENT_BEFORE: &str = "older";
const SENT_BEFORE_DAYS: u32 = 30;
/// The value of `inviter` that opens the picker of members.
pub(super) const PICK_INVITER: &str = "pick";

/// The tabs of the list, as the URL names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Show {
    /// Invitations that can be accepted.
    #[default]
    Pending,
    Expired,
    Accepted,
    Declined,
    Revoked,
    All,
}

impl Show {
    pub(super) const ALL: [Self; 6] =
        [Self::Pending, Self::Expired, Self::Accepted, Self::Declined, Self::Revoked, Self::All];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "",
            Self::Expired => "expired",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Revoked => "discarded",
            Self::All => "all",
        }
    }

    /// Whether its invitations can be resent and revoked.
    pub(super) const fn is_pending(self) -> bool {
        matches!(self, Self::Pending | Self::Expired)
    }

    const fn status(self) -> (StatusFilter, Option<bool>) {
        match self {
            Self::Pending => (StatusFilter::Only(Status::Pending), Some(false)),
            Self::Expired => (StatusFilter::Only(Status::Pending), Some(true)),
            Self::Accepted => (StatusFilter::Only(Status::Accepted), None),
            Self::Declined => (StatusFilter::Only(Status::Declined), None),
            Self::Revoked => (StatusFilter::Only(Status::Discarded), None),
            Self::All => (StatusFilter::All, None),
        }
    }

    fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|show| show.as_str() == text).unwrap_or_default()
    }
}

/// An unknown or empty parameter has no effect.
#[derive(Clone, Debug, Default)]
pub(super) struct ListState {
    pub(super) show: Show,
    pub(super) search: String,
    pub(super) role: Option<RoleId>,
    pub(super) workspace: Option<WorkspaceId>,
    pub(super) delivery: Option<Delivery>,
    pub(super) inviter: Option<MembershipId>,
    /// Whether the page shows the picker of inviters.
    pub(super) picks_inviter: bool,
    /// What the picker searches for.
    pub(super) picked: String,
    /// A value of [`SENT_WITHIN`], [`SENT_BEFORE`], or empty.
    pub(super) sent: String,
    pub(super) sort: Sort,
    position: InvitationPosition,
}

impl ListState {
    pub(super) fn from_query(cx: &PageContext) -> Self {
        Self::from_parameters(|name| cx.query_param(name))
    }

    /// Reads the state of a list from the query of its URL.
    pub(super) fn from_url(url: &str) -> Self {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let find = |name: &str| form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name);
        Self::from_parameters(|name| find(name).map(|(_, value)| value.into_owned()).unwrap_or_default())
    }

    fn from_parameters(parameter: impl Fn(&str) -> String) -> Self {
        let sent = parameter("sent");
        let is_known = SENT_WITHIN.iter().any(|(value, _)| *value == sent) || sent == SENT_BEFORE;
        Self {
            show: Show::parse(&parameter("show")),
            search: parameter("search").trim().to_owned(),
            role: parameter("role").parse().ok(),
            workspace: parameter("workspace").parse().ok(),
            delivery: parameter("delivery").parse().ok(),
            inviter: parameter("inviter").parse().ok(),
            picks_inviter: parameter("inviter") == PICK_INVITER,
            picked: parameter("pick").trim().to_owned(),
            sent: if is_known { sent } else { String::new() },
            sort: parameter("sort").parse().unwrap_or_default(),
            position: Position::from_cursors(parameter("after").parse().ok(), parameter("before").parse().ok(), 1),
        }
    }

    pub(super) fn list(&self, organization: OrganizationId, now: Timestamp, limit: u16) -> List {
        let (status, expired) = self.show.status();
        let within = SENT_WITHIN.into_iter().find(|(value, _)| *value == self.sent);
        let search = Some(self.search.as_str()).filter(|search| !search.is_empty());
        let filter = Filter {
            status,
            expired,
            workspace: self.workspace,
            email: None,
            search: search.map(SearchTerm::new),
            role: self.role,
            inviter: self.inviter,
            delivery: self.delivery,
            sent_after: within.map(|(_, days)| now.minus(DAY * days)),
            sent_before: (self.sent == SENT_BEFORE).then(|| now.minus(DAY * SENT_BEFORE_DAYS)),
        };
        let position = self.position.clone();
        List { filter, sort: self.sort, position, limit: Some(limit), counts: true, ..List::new(organization) }
    }

    pub(super) fn is_filtered(&self) -> bool {
        self.filter_parameters().iter().any(|(name, value)| !value.is_empty() && *name != "pick")
    }

    /// Returns the URL of a tab, with the same filters.
    pub(super) fn tab_url(&self, path: &str, show: Show) -> String {
        Self { show, position: Position::default(), ..self.clone() }.url(path)
    }

    /// Returns the URL of the invitations of an inviter, with the other filters.
    pub(super) fn inviter_url(&self, path: &str, inviter: MembershipId) -> String {
        let inviter = Some(inviter);
        Self { inviter, picks_inviter: false, picked: String::new(), ..self.clone() }.first_page().url(path)
    }

    /// Returns what the form of the picker carries: the tab, the order and the other filters.
    pub(super) fn hidden_fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![("show", self.show.as_str().to_owned()), ("sort", self.sort_value())];
        fields.extend(self.filter_parameters().into_iter().filter(|(name, _)| *name != "pick"));
        fields.retain(|(_, value)| !value.is_empty());
        fields
    }

    pub(super) fn sort_value(&self) -> String {
        if self.sort == Sort::default() { String::new() } else { self.sort.to_string() }
    }

    /// Returns the URL of the first page in another order.
    pub(super) fn sorted_url(&self, path: &str, sort: Sort) -> String {
        Self { sort, position: Position::default(), ..self.clone() }.url(path)
    }

    pub(super) fn page_url(&self, path: &str, position: InvitationPosition) -> String {
        Self { position, ..self.clone() }.url(path)
    }

    pub(super) fn first_page(self) -> Self {
        Self { position: Position::default(), ..self }
    }

    /// Returns the URL without filters.
    pub(super) fn unfiltered_url(&self, path: &str) -> String {
        Self { show: self.show, sort: self.sort, ..Self::default() }.url(path)
    }

    /// Returns the URL of the file with this list, from the API.
    pub(super) fn export_url(&self, organization: OrganizationId, now: Timestamp) -> String {
        let list = self.list(organization, now, 1);
        let text = |value: Option<String>| value.unwrap_or_default();
        let status = match list.filter.status {
            StatusFilter::All => "all".to_owned(),
            StatusFilter::Only(status) => status.to_string(),
        };
        let parameters = [
            ("status", status),
            ("expired", text(list.filter.expired.map(|expired| expired.to_string()))),
            ("search", self.search.clone()),
            ("role_id", text(self.role.map(|id| id.to_string()))),
            ("workspace_id", text(self.workspace.map(|id| id.to_string()))),
            ("delivery", text(self.delivery.map(|delivery| delivery.to_string()))),
            ("inviter_id", text(self.inviter.map(|id| id.to_string()))),
            ("sent_after", text(list.filter.sent_after.map(|time| time.to_string()))),
            ("sent_before", text(list.filter.sent_before.map(|time| time.to_string()))),
        ];
        list_url(&format!("/organizations/{organization}/invitations.csv"), &parameters)
    }

    fn filter_parameters(&self) -> [(&'static str, String); 7] {
        let text = |value: Option<String>| value.unwrap_or_default();
        let pick = self.picks_inviter.then(|| PICK_INVITER.to_owned());
        [
            ("search", self.search.clone()),
            ("role", text(self.role.map(|id| id.to_string()))),
            ("workspace", text(self.workspace.map(|id| id.to_string()))),
            ("delivery", text(self.delivery.map(|delivery| delivery.to_string()))),
            ("inviter", text(self.inviter.map(|id| id.to_string()).or(pick))),
            ("pick", self.picked.clone()),
            ("sent", self.sent.clone()),
        ]
    }

    pub(super) fn url(&self, path: &str) -> String {
        let mut parameters = vec![("show", self.show.as_str().to_owned())];
        parameters.extend(self.filter_parameters());
        parameters.push(("sort", self.sort_value()));
        match &self.position {
            Position::Page(_) | Position::Offset(_) => {}
            Position::After(cursor) => parameters.push(("after", cursor.to_string())),
            Position::Before(cursor) => parameters.push(("before", cursor.to_string())),
        }
        list_url(path, &parameters)
    }
}
