//! The list of members: filters, order, pages, the role of each row, and the bar of bulk actions.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::assurance::SecondFactors;
use vestibule_core::id::{MembershipId, RoleId, WorkspaceId};
use vestibule_core::listing::{ListSort, Position, Total};
use vestibule_core::membership::{ListMembers, MemberDetails, MembershipRole, ShowRemovalEffects};
use vestibule_core::workspace;

use super::super::super::context::{PageContext, PageResult};
use super::super::super::layout::Layout;
use super::super::super::words::Words;
use super::super::list_url::SortHeading;
use super::super::person::Person;
use super::super::{OrganizationPage, load_organization, page_or_response, parse_id};
use super::filter::{ListState, MfaState};
use super::roles::{self, RoleOption, RoleOptions};

/// Members per page.
const PAGE_SIZE: u32 = 50;
/// With more roles the page would be too large: rows show the role, and the member's page has the choice.
const MAX_ROLES_IN_ROW: usize = 6;
/// The most workspaces to choose from.
const MAX_WORKSPACES: usize = 100;

/// An option of a `<select>`: value, label, and whether it is selected.
type SelectOption = (String, String, bool);

struct Row {
    id: MembershipId,
    person: Person,
    is_self: bool,
    roles: Vec<RowRole>,
    /// Whether the role can be exchanged in the row.
    has_select: bool,
    /// Why the role cannot be changed, or the member not removed.
    reason: Option<String>,
    can_remove: bool,
    joined: String,
    /// For those who manage members; empty without any.
    factors: Vec<String>,
}

struct RowRole {
    id: RoleId,
    name: String,
}

impl Row {
    fn has_role(&self, role: &RoleOption) -> bool {
        self.roles.iter().any(|own| own.id == role.id)
    }
}

#[derive(Template)]
#[template(path = "organization/members.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    state: ListState,
    rows: Vec<Row>,
    total: String,
    seats: Option<String>,
    roles: Vec<SelectOption>,
    workspaces: Vec<SelectOption>,
    joined: Vec<SelectOption>,
    /// For those who manage members; empty otherwise.
    mfa_states: Vec<SelectOption>,
    assignable: Vec<RoleOption>,
    name_heading: SortHeading,
    joined_heading: SortHeading,
    previous: Option<String>,
    next: Option<String>,
    export_url: String,
}

pub(super) async fn list(cx: PageContext, Path(organization): Path<String>) -> Response {
    page_or_response(page(&cx, &organization, None, None).await)
}

/// `message` is the text of the error; `error` sets the status.
pub(super) async fn page(
    cx: &PageContext,
    organization: &str,
    message: Option<String>,
    error: Option<&Problem>,
) -> PageResult<Response> {
    let org = load_organization(cx, parse_id(cx, organization)?, "members").await?;
    let (t, mut state, path) = (cx.words, ListState::from_query(cx), org.path("members"));
    if !org.can_manage_members {
        // The query would refuse it.
        state.mfa = None;
    }
    let query = ListMembers {
        organization: org.id,
        filter: state.filter(cx.now()),
        sort: state.sort,
        position: state.position.clone(),
        limit: PAGE_SIZE,
    };
    let found = cx.query(query).await?;
    let options = RoleOptions::load(cx, &org).await?;
    let layout = cx.layout(format!("{} · {}", t.members(), org.name), true);
    let mut layout = roles::with_role_flash(cx, org.id, layout, &cx.path_and_query).await?;
    if message.is_some() {
        (layout.flash, layout.error) = (None, message);
    }
    let workspaces = workspaces(cx, &org, state.workspace).await?;
    let page = Page {
        layout,
        rows: rows(cx, &org, &options, found.members).await?,
        total: match found.total {
            Total { count, is_exact: true } => t.members_count(count),
            Total { count, is_exact: false } if state.search.is_empty() => t.members_more_than(count),
            Total { count, is_exact: false } => t.newest_matches(count),
        },
        seats: found.seats.map(|seats| t.seats(seats.used, seats.reserved, seats.free)),
        roles: options
            .0
            .iter()
            .map(|role| (role.id.to_string(), role.name.clone(), state.role == Some(role.id)))
            .collect(),
        workspaces,
        joined: joined_options(cx, &state),
        mfa_states: if org.can_manage_members { mfa_options(cx, &state) } else { Vec::new() },
        name_heading: heading(&state, &path, t.name(), (ListSort::Name, ListSort::NameDescending)),
        joined_heading: heading(&state, &path, t.since(), (ListSort::Oldest, ListSort::Newest)),
        previous: found.previous.map(|cursor| state.page_url(&path, Position::Before(cursor))),
        next: found.next.map(|cursor| state.page_url(&path, Position::After(cursor))),
        assignable: options.assignable().cloned().collect(),
        export_url: state.export_url(org.id, cx.now()),
        state,
        org,
    };
    Ok(cx.render_with_error(error, &page))
}

async fn workspaces(
    cx: &PageContext,
    org: &OrganizationPage,
    selected: Option<WorkspaceId>,
) -> PageResult<Vec<SelectOption>> {
    let own = cx.query(workspace::ListOwn { organization: Some(org.id) }).await?;
    let options = own
        .into_iter()
        .take(MAX_WORKSPACES)
        .map(|own| (own.workspace.id.to_string(), own.workspace.name, selected == Some(own.membership.workspace_id)));
    Ok(options.collect())
}

fn joined_options(cx: &PageContext, state: &ListState) -> Vec<SelectOption> {
    let t = cx.words;
    let labels = [t.joined_last_days(7), t.joined_last_days(30), t.joined_last_days(90), t.joined_over_a_year_ago()];
    let options = ListState::joined_values().zip(labels);
    options.map(|(value, label)| (value.to_owned(), label, state.joined == value)).collect()
}

fn mfa_options(cx: &PageContext, state: &ListState) -> Vec<SelectOption> {
    let t = cx.words;
    let label = |option| match option {
        MfaState::SetUp => t.mfa_is_set_up(),
        MfaState::Missing => t.mfa_is_missing(),
        MfaState::Passkey => t.mfa_has_passkey(),
    };
    let option = |option: MfaState| (option.value().to_owned(), label(option), state.mfa == Some(option));
    MfaState::ALL.into_iter().map(option).collect()
}

fn heading(state: &ListState, path: &str, label: String, (ascending, descending): (ListSort, ListSort)) -> SortHeading {
    let orders = [(ascending, "ascending"), (descending, "descending")];
    SortHeading::new(label, state.sort, orders, |sort| state.sorted_url(path, sort))
}

async fn rows(
    cx: &PageContext,
    org: &OrganizationPage,
    options: &RoleOptions,
    members: Vec<MemberDetails>,
) -> PageResult<Vec<Row>> {
    let last_admin = if org.can_manage_members { last_admin(cx, org, &members).await? } else { None };
    let can_select = org.can_manage_members && options.assignable().count() <= MAX_ROLES_IN_ROW;
    let rows = members.into_iter().map(|MemberDetails { member, roles, second_factors }| {
        let is_last_admin = last_admin == Some(member.id);
        let is_covered = roles.iter().all(|role| org.permissions().covers(&role.permissions));
        let is_self = member.id == org.membership;
        let is_assignable = |id: RoleId| options.get(id).is_some_and(|role| role.is_assignable);
        Row {
            id: member.id,
            person: Person::from_member(cx, &member),
            is_self,
            has_select: can_select
                && !is_last_admin
                && roles.len() <= 1
                && roles.iter().all(|role| is_assignable(role.id)),
            reason: (org.can_manage_members && is_last_admin).then(|| cx.words.only_admin()),
            can_remove: org.can_manage_members && is_covered && !is_last_admin && !is_self,
            roles: roles.into_iter().map(|role| row_role(cx, &role)).collect(),
            joined: cx.words.short_date(member.created_at, cx.now()),
            factors: second_factors.map(|factors| factor_names(cx.words, factors)).unwrap_or_default(),
        }
    });
    Ok(rows.collect())
}

/// Returns the names of the factors that can be required.
pub(super) fn factor_names(t: Words, factors: SecondFactors) -> Vec<String> {
    let all = [(factors.authenticator, t.mfa_authenticator()), (factors.passkey, t.mfa_passkey())];
    all.into_iter().filter_map(|(is_set_up, name)| is_set_up.then_some(name)).collect()
}

/// Returns the only admin of the organization, if they are on the page. Two admins on the page say that there is none.
async fn last_admin(
    cx: &PageContext,
    org: &OrganizationPage,
    members: &[MemberDetails],
) -> PageResult<Option<MembershipId>> {
    let is_admin = |member: &&MemberDetails| roles::is_admin(member.roles.iter().map(|role| &role.permissions));
    let mut admins = members.iter().filter(is_admin).map(|member| member.member.id);
    let (Some(admin), None) = (admins.next(), admins.next()) else {
        return Ok(None);
    };
    let effects = cx.query(ShowRemovalEffects { organization: org.id, member: admin.get().into() }).await?;
    Ok(effects.is_last_admin.then_some(admin))
}

fn row_role(cx: &PageContext, role: &MembershipRole) -> RowRole {
    RowRole { id: role.id, name: cx.words.role_name(&role.name, role.organization_id.is_none()) }
}
