//! The list of workspaces: all of the organization for those who manage them, otherwise the caller's own.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::id::{OrganizationId, WorkspaceId};
use vestibule_core::listing::{ListSort, Position};
use vestibule_core::names::{Description, WorkspaceName};
use vestibule_core::search::SearchTerm;
use vestibule_core::workspace::{Create, List, ListedWorkspace, OwnRole, WorkspaceCursor};
use vestibule_core::{Problem, images};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::frame::initials;
use super::super::super::layout::Layout;
use super::super::list_url::{NameList, SortHeading};
use super::super::{OrganizationPage, load_organization, page_or_response, parse_id};

/// The characters of a description in a row, which is one line.
const MAX_DESCRIPTION: usize = 100;
/// Workspaces per page.
const PAGE_SIZE: u32 = 50;

struct Row {
    id: WorkspaceId,
    name: String,
    initials: String,
    description: String,
    roles: String,
    members: i64,
    created: String,
}

#[derive(Template)]
#[template(path = "organization/workspaces.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    search: String,
    sort: ListSort,
    rows: Vec<Row>,
    total: String,
    name_heading: SortHeading,
    created_heading: SortHeading,
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
    let state: NameList<WorkspaceCursor> = NameList::from_query(cx);
    let query = List {
        organization: org.id,
        search: SearchTerm::new(&state.search),
        sort: state.sort,
        position: state.position.clone(),
        limit: PAGE_SIZE,
    };
    let found = cx.query(query).await?;
    let (t, path) = (cx.words, org.path("workspaces"));
    let page = Page {
        layout: cx.layout(format!("{} · {}", t.workspaces(), org.name), true).with_error(error),
        previous: found.previous.map(|cursor| state.page_url(&path, Position::Before(cursor))),
        next: found.next.map(|cursor| state.page_url(&path, Position::After(cursor))),
        rows: found.workspaces.into_iter().map(|listed| row(cx, listed)).collect(),
        total: if found.total.is_exact {
            t.workspaces_count(found.total.count)
        } else {
            t.workspaces_more_than(found.total.count)
        },
        name_heading: state.heading(&path, t.name(), (ListSort::Name, ListSort::NameDescending)),
        created_heading: state.heading(&path, t.created(), (ListSort::Oldest, ListSort::Newest)),
        name: name.to_owned(),
        search: state.search,
        sort: state.sort,
        org,
    };
    Ok(cx.render_with_error(error, &page))
}

fn row(cx: &PageContext, ListedWorkspace { workspace, roles }: ListedWorkspace) -> Row {
    let role_name = |role: &OwnRole| cx.words.role_name(&role.name, role.workspace_id.is_none());
    Row {
        id: workspace.id,
        initials: initials(&workspace.name),
        name: workspace.name,
        description: workspace.description.chars().take(MAX_DESCRIPTION).collect(),
        roles: roles.iter().map(role_name).collect::<Vec<_>>().join(", "),
        members: workspace.member_count,
        created: cx.words.short_date(workspace.created_at, cx.now()),
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
        let image = images::Change::Keep;
        Ok(Create { organization: id, name, description, image, public_metadata: None, private_metadata: None })
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
