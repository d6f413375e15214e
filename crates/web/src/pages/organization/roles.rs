//! The roles tab: list, create and remove.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::id::RoleId;
use vestibule_core::names::RoleName;
use vestibule_core::organization::{CreateRole, ListRoles, RemoveRole};
use vestibule_core::permission::{PermissionSet, RequiredPermission};

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::layout::Layout;
use super::{OrganizationPage, load_organization, page_or_response, parse_id, run_and_redirect};

struct RoleView {
    id: RoleId,
    name: String,
    permissions: String,
    is_shared: bool,
}

#[derive(Template)]
#[template(path = "organization/roles.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    roles: Vec<RoleView>,
    can_manage: bool,
    name: String,
    permissions: String,
}

pub(super) async fn list(cx: PageContext, Path(organization): Path<String>) -> Response {
    page_or_response(page(&cx, &organization, None, None).await)
}

async fn page(
    cx: &PageContext,
    organization: &str,
    error: Option<&Problem>,
    form: Option<&Form>,
) -> PageResult<Response> {
    let org = load_organization(cx, parse_id(cx, organization)?, "roles").await?;
    let roles = cx.query(ListRoles { organization: org.id }).await?;
    let value = |name: &str| form.map_or(String::new(), |form| form.text(name).to_owned());
    let page = Page {
        layout: cx.layout(format!("{} · {}", cx.words.roles(), org.name), true).with_error(error),
        roles: roles
            .into_iter()
            .map(|role| RoleView {
                id: role.id,
                is_shared: role.organization_id.is_none(),
                permissions: role.permissions.iter().collect::<Vec<_>>().join(", "),
                name: role.name,
            })
            .collect(),
        can_manage: org.has_permission(RequiredPermission::ManageRoles),
        name: value("name"),
        permissions: value("permissions"),
        org,
    };
    Ok(cx.render_with_error(error, &page))
}

pub(super) async fn create(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    let id = match parse_id(&cx, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let lines = form.text("permissions").lines().map(str::trim).filter(|line| !line.is_empty());
    let permissions = PermissionSet::parse("permissions", lines.map(str::to_owned).collect());
    let command = RoleName::parse("name", form.text("name"))
        .and_then(|name| Ok(CreateRole { organization: id, name, permissions: permissions? }));
    let created = match command {
        Ok(command) => run_and_redirect(&cx, command, &format!("/organizations/{id}/-/roles"), "created").await,
        Err(problem) => Err(problem),
    };
    match created {
        Ok(response) => response,
        Err(problem) => page_or_response(page(&cx, &organization, Some(&problem), Some(&form)).await),
    }
}

pub(super) async fn remove(
    cx: PageContext,
    Path((organization, role)): Path<(String, String)>,
    form: Form,
) -> Response {
    let (id, role) = match (parse_id(&cx, &organization), parse_id(&cx, &role)) {
        (Ok(id), Ok(role)) => (id, role),
        (Err(response), _) | (_, Err(response)) => return response,
    };
    let removed = match form.optional_id("replacement") {
        Ok(replacement) => {
            let remove = RemoveRole { organization: id, role, replacement };
            run_and_redirect(&cx, remove, &format!("/organizations/{id}/-/roles"), "removed").await
        }
        Err(problem) => Err(problem),
    };
    match removed {
        Ok(response) => response,
        Err(problem) => page_or_response(page(&cx, &organization, Some(&problem), None).await),
    }
}
