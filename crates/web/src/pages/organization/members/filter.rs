//! The state of the list of members: its filter, order and position, which the URL has.

use std::time::Duration;

use vestibule_core::id::{OrganizationId, RoleId, WorkspaceId};
use vestibule_core::listing::{ListSort, Position};
use vestibule_core::membership::{MemberCursor, MemberFilter, SecondFactorFilter};
use vestibule_core::search::SearchTerm;
use vestibule_core::time::Timestamp;

use super::super::super::context::PageContext;
use super::super::list_url::list_url;

const DAY: Duration = Duration::from_hours(24);

/// When a member joined: the value in the URL, and the days that it means.
const JOINED_WITHIN: [(&str, u32); 3] = [("7d", 7), ("30d", 30), ("90d", 90)];
/// The value for members who joined more than a year ago.
const JOINED_BEFORE_A_YEAR: &str = "year";

/// Which second factors a member has: a value of the parameter `mfa`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum MfaState {
    SetUp,
    Missing,
    Passkey,
}

impl MfaState {
    pub(super) const ALL: [Self; 3] = [Self::SetUp, Self::Missing, Self::Passkey];

    pub(in super::super) const fn value(self) -> &'static str {
        match self {
            Self::SetUp => "set-up",
            Self::Missing => "missing",
            Self::Passkey => "passkey",
        }
    }

    fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.value() == value)
    }

    const fn filter(self) -> SecondFactorFilter {
        match self {
            Self::SetUp => SecondFactorFilter::Any,
            Self::Missing => SecondFactorFilter::None,
            Self::Passkey => SecondFactorFilter::Passkey,
        }
    }
}

/// An unknown or empty parameter has no effect.
#[derive(Clone, Debug, Default)]
pub(super) struct ListState {
    pub(super) search: String,
    pub(super) role: Option<RoleId>,
    pub(super) workspace: Option<WorkspaceId>,
    /// One of [`ListState::joined_values`]; empty for any time.
    pub(super) joined: String,
    pub(super) mfa: Option<MfaState>,
    pub(super) sort: ListSort,
    pub(super) position: Position<MemberCursor>,
}

impl ListState {
    pub(super) fn from_query(cx: &PageContext) -> Self {
        let joined = cx.query_param("joined");
        Self {
            search: cx.query_param("search").trim().to_owned(),
            role: cx.query_param("role").parse().ok(),
            workspace: cx.query_param("workspace").parse().ok(),
            mfa: MfaState::parse(&cx.query_param("mfa")),
            joined: if Self::joined_values().any(|value| value == joined) { joined } else { String::new() },
            sort: cx.query_param("sort").parse().unwrap_or_default(),
            position: Position::from_cursors(
                cx.query_param("after").parse().ok(),
                cx.query_param("before").parse().ok(),
                1,
            ),
        }
    }

    pub(super) fn joined_values() -> impl Iterator<Item = &'static str> {
        JOINED_WITHIN.into_iter().map(|(value, _)| value).chain([JOINED_BEFORE_A_YEAR])
    }

    pub(super) fn filter(&self, now: Timestamp) -> MemberFilter {
        let within = JOINED_WITHIN.into_iter().find(|(value, _)| *value == self.joined);
        MemberFilter {
            search: Some(self.search.as_str()).filter(|search| !search.is_empty()).map(SearchTerm::new),
            role: self.role,
            workspace: self.workspace,
            joined_after: within.map(|(_, days)| now.minus(DAY * days)),
            joined_before: (self.joined == JOINED_BEFORE_A_YEAR).then(|| now.minus(DAY * 365)),
            second_factor: self.mfa.map(MfaState::filter),
        }
    }

    pub(super) fn is_filtered(&self) -> bool {
        !self.search.is_empty()
            || self.role.is_some()
            || self.workspace.is_some()
            || !self.joined.is_empty()
            || self.mfa.is_some()
    }

    /// Returns the URL of the first page in another order.
    pub(super) fn sorted_url(&self, path: &str, sort: ListSort) -> String {
        Self { sort, position: Position::default(), ..self.clone() }.url(path)
    }

    /// Returns the URL of another page.
    pub(super) fn page_url(&self, path: &str, position: Position<MemberCursor>) -> String {
        Self { position, ..self.clone() }.url(path)
    }

    /// Returns the URL of the API call that exports the list, with the same filter. Its order is its own: newest first.
    pub(super) fn export_url(&self, organization: OrganizationId, now: Timestamp) -> String {
        let filter = self.filter(now);
        let text = |value: Option<String>| value.unwrap_or_default();
        list_url(
            &format!("/organizations/{organization}/members.csv"),
            &[
                ("search", self.search.clone()),
                ("role_id", text(filter.role.map(|role| role.to_string()))),
                ("workspace_id", text(filter.workspace.map(|workspace| workspace.to_string()))),
                ("joined_after", text(filter.joined_after.map(|time| time.to_string()))),
                ("joined_before", text(filter.joined_before.map(|time| time.to_string()))),
                ("second_factor", text(filter.second_factor.map(|factor| factor.as_str().to_owned()))),
            ],
        )
    }

    fn url(&self, path: &str) -> String {
        let text = |value: Option<String>| value.unwrap_or_default();
        let is_default_sort = self.sort == ListSort::default();
        let (after, before) = match &self.position {
            Position::Page(_) | Position::Offset(_) => (String::new(), String::new()),
            Position::After(cursor) => (cursor.to_string(), String::new()),
            Position::Before(cursor) => (String::new(), cursor.to_string()),
        };
        list_url(
            path,
            &[
                ("search", self.search.clone()),
                ("role", text(self.role.map(|role| role.to_string()))),
                ("workspace", text(self.workspace.map(|workspace| workspace.to_string()))),
                ("joined", self.joined.clone()),
                ("mfa", text(self.mfa.map(|state| state.value().to_owned()))),
                ("sort", if is_default_sort { String::new() } else { self.sort.to_string() }),
                ("after", after),
                ("before", before),
            ],
        )
    }
}
