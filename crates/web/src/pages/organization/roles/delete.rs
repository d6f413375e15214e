//! Deleting a role: its members get another one.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::organization::RoleUsage;

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::page_or_response;
use super::super::role_values::is_archived;
use super::scope::{PathIds, RoleRecord, Scope, parse_role};

#[derive(Template)]
#[template(path = "organization/role_delete.html")]
struct Page {
    layout: Layout,
    name: String,
    action: String,
    list_path: String,
    usage: String,
    is_used: bool,
    /// The roles that members can get instead. Empty in a workspace, where a role in use cannot be deleted.
    replacements: Vec<(i64, String)>,
    can_delete: bool,
}

/// Deletes the role if the form is that of the confirmation page, and shows that page otherwise.
pub(super) async fn delete(cx: PageContext, ids: PathIds, form: Form) -> Response {
    page_or_response(delete_in(&cx, &ids, &form).await)
}

async fn delete_in(cx: &PageContext, ids: &PathIds, form: &Form) -> PageResult<Response> {
    let scope = Scope::load(cx, &ids.0).await?;
    let id = parse_role(cx, &ids.0)?;
    let (role, usage) = scope.show(cx, id).await?;
    if form.text("sure") != "yes" {
        return page(cx, scope, (role, usage), None).await;
    }
    let replacement = form.non_empty("replacement").and_then(|replacement| replacement.parse().ok());
    match scope.remove(cx, id, replacement).await {
        Ok(()) => Ok(cx.redirect_with_flash(&scope.path(), "role_deleted")),
        Err(problem) => page(cx, scope, (role, usage), Some(&problem)).await,
    }
}

async fn page(
    cx: &PageContext,
    scope: Scope,
    (role, usage): (RoleRecord, RoleUsage),
    error: Option<&Problem>,
) -> PageResult<Response> {
    let t = cx.words;
    let is_used = usage.members > 0 || usage.invitations > 0;
    let replacements = if is_used && !scope.is_workspace() {
        let is_assignable = |other: &RoleRecord| {
            scope.covers(&other.permissions) && !is_archived(cx.app.settings(), &other.permissions)
        };
        let others = scope.list(cx).await?.into_iter().filter(|other| other.id != role.id && is_assignable(other));
        others.map(|other| (other.id, t.role_name(&other.name, other.is_shared))).collect()
    } else {
        Vec::new()
    };
    let page = Page {
        layout: cx.layout(t.delete_role_title(&role.name), true).with_error(error),
        action: format!("{}/{}/delete", scope.path(), role.id),
        list_path: scope.path(),
        usage: t.role_usage(t.members_count(usage.members), t.pending_invitations(usage.invitations)),
        is_used,
        can_delete: !is_used || !replacements.is_empty(),
        replacements,
        name: role.name,
    };
    let status = error.and_then(|problem| StatusCode::from_u16(problem.code().status()).ok());
    Ok(cx.render(status.unwrap_or(StatusCode::OK), &page))
}
