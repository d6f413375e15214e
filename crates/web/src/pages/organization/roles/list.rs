//! The list of roles.

use askama::Template;
use axum::response::Response;

use super::super::super::context::{PageContext, PageResult};
use super::super::super::layout::Layout;
use super::super::{OrganizationPage, page_or_response};
use super::catalogue::summarize;
use super::scope::{PathIds, RoleRecord, Scope};

/// The most roles whose members are counted.
const MAX_COUNTED: usize = 30;

struct RoleView {
    id: i64,
    name: String,
    is_shared: bool,
    /// Whether the caller may change it.
    is_editable: bool,
    /// What it allows: in words, and the permissions of the application.
    words: String,
    others: Vec<String>,
    members: Option<i64>,
    /// The list of the members who have it.
    members_url: String,
}

#[derive(Template)]
#[template(path = "organization/roles.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    workspace: Option<String>,
    path: String,
    roles: Vec<RoleView>,
    can_manage: bool,
}

pub(super) async fn list(cx: PageContext, ids: PathIds) -> Response {
    page_or_response(page(&cx, &ids).await)
}

async fn page(cx: &PageContext, ids: &PathIds) -> PageResult<Response> {
    let scope = Scope::load(cx, &ids.0).await?;
    let mut roles = Vec::new();
    for (index, role) in scope.list(cx).await?.into_iter().enumerate() {
        let is_counted = scope.can_manage && index < MAX_COUNTED;
        let members = if is_counted { Some(scope.show(cx, role.id).await?.1.members) } else { None };
        roles.push(view(cx, &scope, &role, members));
    }
    let title = scope.workspace.as_ref().unwrap_or(&scope.org.name);
    let page = Page {
        layout: cx.layout(format!("{} · {title}", cx.words.roles()), true),
        path: scope.path(),
        workspace: scope.workspace.clone(),
        can_manage: scope.can_manage,
        roles,
        org: scope.org,
    };
    Ok(cx.render_with_error(None, &page))
}

fn view(cx: &PageContext, scope: &Scope, role: &RoleRecord, members: Option<i64>) -> RoleView {
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
        members,
        members_url,
    }
}
