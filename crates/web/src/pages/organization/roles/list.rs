//! The list of roles.

use std::collections::HashMap;

use askama::Template;
use axum::response::Response;
use vestibule_core::listing::{ListSort, NameCursor, Position, Slice, Total};
use vestibule_core::search::{SearchTerm, fold};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::layout::Layout;
use super::super::list_url::{NameList, SortHeading};
use super::super::{OrganizationPage, page_or_response};
use super::catalogue::summarize;
use super::scope::{PathIds, RoleRecord, Scope};

/// Roles per page.
const PAGE_SIZE: u32 = 50;

struct RoleView {
    id: i64,
    name: String,
    is_shared: bool,
    /// Whether the caller may change it.
    is_editable: bool,
    /// What it allows: in words, and the permissions of the application.
    words: String,
    others: Vec<String>,
    members: Option<RoleMembers>,
    /// The list of the members who have it.
    members_url: String,
}

struct RoleMembers {
    count: i64,
    text: String,
}

#[derive(Template)]
#[template(path = "organization/roles.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    workspace: Option<String>,
    path: String,
    search: String,
    sort: ListSort,
    roles: Vec<RoleView>,
    total: String,
    name_heading: SortHeading,
    previous: Option<String>,
    next: Option<String>,
    can_manage: bool,
}

pub(super) async fn list(cx: PageContext, ids: PathIds) -> Response {
    page_or_response(page(&cx, &ids).await)
}

async fn page(cx: &PageContext, ids: &PathIds) -> PageResult<Response> {
    let scope = Scope::load(cx, &ids.0).await?;
    let (t, path) = (cx.words, scope.path());
    let state: NameList<NameCursor<i64>> = NameList::from_query(cx);
    let (slice, total) = find(cx, &scope, &state).await?;
    let counts = if scope.can_manage { scope.count_members(cx).await? } else { HashMap::new() };
    let (previous, next) = slice.cursors(|(name, role)| NameCursor::new(state.sort, name, role.id));
    let roles = slice.rows.iter().map(|(_, role)| view(cx, &scope, role, counts.get(&role.id))).collect();
    let title = scope.workspace.as_ref().unwrap_or(&scope.org.name);
    let page = Page {
        layout: cx.layout(format!("{} · {title}", t.roles()), true),
        workspace: scope.workspace.clone(),
        can_manage: scope.can_manage,
        roles,
        total: t.roles_count(total),
        name_heading: state.heading(&path, t.role(), (ListSort::Name, ListSort::NameDescending)),
        previous: previous.map(|cursor| state.page_url(&path, Position::Before(cursor))),
        next: next.map(|cursor| state.page_url(&path, Position::After(cursor))),
        search: state.search,
        sort: state.sort,
        path,
        org: scope.org,
    };
    Ok(cx.render_with_error(None, &page))
}

/// The number of roles is limited, so all of them are read: the oldest first, unless they are sorted by name.
async fn find(
    cx: &PageContext,
    scope: &Scope,
    state: &NameList<NameCursor<i64>>,
) -> PageResult<(Slice<(String, RoleRecord)>, usize)> {
    let sort = if state.sort.is_by_name() { state.sort } else { ListSort::Oldest };
    let term = SearchTerm::new(&state.search);
    let roles = scope.list(cx).await?.into_iter().map(|role| (cx.words.role_name(&role.name, role.is_shared), role));
    let mut found: Vec<_> =
        roles.filter(|(name, _)| term.is_in(name)).map(|(name, role)| (fold(&name), role)).collect();
    found.sort_by(|(name, role), (other_name, other)| sort.compare((name, role.id), (other_name, other.id)));
    let total = found.len();
    let slice = Slice::from_all(found, &state.position, PAGE_SIZE, |(name, role), cursor: &NameCursor<i64>| {
        cursor.compare(sort, (name, role.id))
    });
    Ok((slice, total))
}

fn view(cx: &PageContext, scope: &Scope, role: &RoleRecord, members: Option<&Total>) -> RoleView {
    let (words, others) = summarize(cx.words, &role.permissions);
    let members_url = if scope.is_workspace() {
        scope.path().trim_end_matches("/roles").to_owned()
    } else {
        format!("{}?role={}", scope.org.path("members"), role.id)
    };
    RoleView {
        id: role.id,
        is_editable: scope.can_manage && !role.is_shared && scope.covers(&role.permissions),
        name: cx.words.role_name(&role.name, role.is_shared),
        is_shared: role.is_shared,
        words: words.join(" · "),
        others,
        members: members.map(|total| RoleMembers {
            count: total.count,
            text: format!("{}{}", total.count, if total.is_exact { "" } else { "+" }),
        }),
        members_url,
    }
}
