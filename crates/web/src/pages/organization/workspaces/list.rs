//! The list of the caller's workspaces.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::id::{OrganizationId, WorkspaceId};
use vestibule_core::names::{Description, WorkspaceName};
use vestibule_core::search::SearchTerm;
use vestibule_core::workspace::{Create, ListOwn, OwnWorkspaceMembership, WorkspaceMembershipRole};
use vestibule_core::{Problem, images};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::frame::initials;
use super::super::super::layout::Layout;
use super::super::list_url::list_url;
use super::super::{OrganizationPage, load_organization, page_or_response, parse_id};

/// Workspaces per page.
const PAGE_SIZE: usize = 50;

struct Row {
    id: WorkspaceId,
    name: String,
    initials: String,
    description: String,
    roles: String,
    members: i64,
}

#[derive(Template)]
#[template(path = "organization/workspaces.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    search: String,
    rows: Vec<Row>,
    total: usize,
    previous: Option<String>,
    next: Option<String>,
    /// The name that was refused.
    name: String,
}

pub(super) async fn list(cx: PageContext, Path(organization): Path<String>) -> Response {
    page_or_response(page(&cx, &organization, "", None).await)
}

async fn page(cx: &PageContext, organization: &str, name: &str, error: Option<&Problem>) -> PageResult<Response> {
    let org = load_organization(cx, parse_id(cx, organization)?, "workspaces").await?;
    let search = cx.query_param("search").trim().to_owned();
    let number = cx.query_params().number_within("page", 1..=10_000_usize).ok().flatten().unwrap_or(1);
    let mut own = cx.query(ListOwn { organization: Some(org.id) }).await?;
    let term = SearchTerm::new(&search);
    own.retain(|own| term.is_in(&own.workspace.name));
    let (total, path) = (own.len(), org.path("workspaces"));
    let page_url = |number: usize| list_url(&path, &[("search", search.clone()), ("page", number.to_string())]);
    let page = Page {
        layout: cx.layout(format!("{} · {}", cx.words.workspaces(), org.name), true).with_error(error),
        previous: (number > 1).then(|| page_url(number - 1)),
        next: (number * PAGE_SIZE < total).then(|| page_url(number + 1)),
        rows: own.into_iter().skip((number - 1) * PAGE_SIZE).take(PAGE_SIZE).map(|own| row(cx, own)).collect(),
        total,
        name: name.to_owned(),
        search,
        org,
    };
    Ok(cx.render_with_error(error, &page))
}

fn row(cx: &PageContext, own: OwnWorkspaceMembership) -> Row {
    let role_name = |role: &WorkspaceMembershipRole| cx.words.role_name(&role.name, role.workspace_id.is_none());
    Row {
        id: own.workspace.id,
        initials: initials(&own.workspace.name),
        name: own.workspace.name,
        description: own.workspace.description,
        roles: own.roles.iter().map(role_name).collect::<Vec<_>>().join(", "),
        members: own.workspace.member_count,
    }
}

pub(super) async fn create(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    page_or_response(create_in(&cx, &organization, &form).await)
}

async fn create_in(cx: &PageContext, organization: &str, form: &Form) -> PageResult<Response> {
    let id: OrganizationId = parse_id(cx, organization)?;
    let name = form.text("name");
    let create = WorkspaceName::parse("name", name).and_then(|name| {
        let description = Description::parse("description", "")?;
        Ok(Create { organization: id, name, description, image: images::Change::Keep })
    });
    let created = match create {
        Ok(create) => cx.run(create).await,
        Err(problem) => Err(problem),
    };
    match created {
        Ok(created) => {
            let path = format!("/organizations/{id}/-/workspaces/{}", created.workspace.id);
            Ok(cx.redirect_with_flash(&path, "workspace_created"))
        }
        Err(problem) => page(cx, organization, name, Some(&problem)).await,
    }
}
