//! The workspaces tab: list and create workspaces; members, name and deletion of one.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::{OrganizationId, WorkspaceId, WorkspaceMembershipId};
use vestibule_core::names::{Description, WorkspaceName, full_name};
use vestibule_core::workspace::{AddMember, Create, Delete, Leave, ListMembers, ListOwn, RemoveMember, Update};
use vestibule_core::{Problem, images};

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::layout::Layout;
use super::confirm::Confirmation;
use super::{OrganizationPage, load_organization, page_or_response, parse_id, run_and_redirect};

struct WorkspaceView {
    id: WorkspaceId,
    name: String,
    roles: String,
    members: i64,
}

#[derive(Template)]
#[template(path = "organization/workspaces.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    workspaces: Vec<WorkspaceView>,
}

struct MemberView {
    id: WorkspaceMembershipId,
    name: String,
    email: String,
    is_verified: bool,
    roles: String,
}

#[derive(Template)]
#[template(path = "organization/workspace.html")]
struct WorkspacePage {
    layout: Layout,
    org: OrganizationPage,
    name: String,
    members: Vec<MemberView>,
    total: i64,
    path: String,
}

pub(super) async fn list(cx: PageContext, Path(organization): Path<String>) -> Response {
    page_or_response(page(&cx, &organization, None).await)
}

async fn page(cx: &PageContext, organization: &str, error: Option<&Problem>) -> PageResult<Response> {
    let org = load_organization(cx, parse_id(cx, organization)?, "workspaces").await?;
    let workspaces = cx.query(ListOwn { organization: Some(org.id) }).await?;
    let workspaces = workspaces.into_iter().map(|own| WorkspaceView {
        id: own.workspace.id,
        name: own.workspace.name,
        roles: own.roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>().join(", "),
        members: own.workspace.member_count,
    });
    let page = Page {
        layout: cx.layout(format!("{} · {}", cx.words.workspaces(), org.name), true).with_error(error),
        workspaces: workspaces.collect(),
        org,
    };
    Ok(cx.render_with_error(error, &page))
}

pub(super) async fn create(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    let id = match parse_id(&cx, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let create = WorkspaceName::parse("name", form.text("name")).and_then(|name| {
        let description = Description::parse("description", "")?;
        Ok(Create { organization: id, name, description, image: images::Change::Keep })
    });
    let created = match create {
        Ok(create) => run_and_redirect(&cx, create, &format!("/organizations/{id}/-/workspaces"), "created").await,
        Err(problem) => Err(problem),
    };
    match created {
        Ok(response) => response,
        Err(problem) => page_or_response(page(&cx, &organization, Some(&problem)).await),
    }
}

/// The organization and the workspace of a path.
type PathIds = Path<(String, String)>;

pub(super) async fn show(cx: PageContext, Path((organization, workspace)): PathIds) -> Response {
    page_or_response(workspace_page(&cx, (&organization, &workspace), None).await)
}

async fn workspace_page(
    cx: &PageContext,
    (organization, workspace): (&str, &str),
    error: Option<&Problem>,
) -> PageResult<Response> {
    let org = load_organization(cx, parse_id(cx, organization)?, "workspaces").await?;
    let workspace = parse_id(cx, workspace)?;
    let found = cx.query(ListMembers { workspace, page: 1, limit: 500, search: None }).await?;
    let members = found.members.into_iter().map(|member| MemberView {
        id: member.membership.id,
        name: full_name(&member.user.first_name, &member.user.last_name),
        is_verified: member.user.email_verified_at.is_some(),
        email: member.user.email.unwrap_or_default(),
        roles: member.roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>().join(", "),
    });
    let page = WorkspacePage {
        layout: cx.layout(found.workspace.name.clone(), true).with_error(error),
        path: format!("{}/{workspace}", org.path("workspaces")),
        name: found.workspace.name,
        members: members.collect(),
        total: found.total,
        org,
    };
    Ok(cx.render_with_error(error, &page))
}

/// Parses the ids of a path. Returns the workspace, the path of its page and the path of the list.
fn parse_path(cx: &PageContext, (organization, workspace): (&str, &str)) -> PageResult<(WorkspaceId, String, String)> {
    let (organization, workspace): (OrganizationId, WorkspaceId) =
        (parse_id(cx, organization)?, parse_id(cx, workspace)?);
    let list = format!("/organizations/{organization}/-/workspaces");
    Ok((workspace, format!("{list}/{workspace}"), list))
}

async fn or_page_with_error(cx: &PageContext, ids: (&str, &str), result: Result<Response, Problem>) -> Response {
    match result {
        Ok(response) => response,
        Err(problem) => page_or_response(workspace_page(cx, ids, Some(&problem)).await),
    }
}

pub(super) async fn add_member(cx: PageContext, Path((organization, workspace)): PathIds, form: Form) -> Response {
    let ids = (organization.as_str(), workspace.as_str());
    let (workspace, path, _) = match parse_path(&cx, ids) {
        Ok(parsed) => parsed,
        Err(response) => return response,
    };
    let added = match EmailAddress::parse(form.text("email").trim()) {
        Ok(email) => run_and_redirect(&cx, AddMember { workspace, email, role: None }, &path, "saved").await,
        Err(error) => Err(error.into()),
    };
    or_page_with_error(&cx, ids, added).await
}

pub(super) async fn remove_member(cx: PageContext, Path((organization, workspace)): PathIds, form: Form) -> Response {
    let ids = (organization.as_str(), workspace.as_str());
    let (workspace, path, _) = match parse_path(&cx, ids) {
        Ok(parsed) => parsed,
        Err(response) => return response,
    };
    let confirmation = Confirmation::new(cx.words.remove(), cx.words.remove(), format!("{path}/remove-member"), &path)
        .paragraph(cx.words.remove_workspace_member_warning())
        .hidden_field("member", form.text("member"));
    if let Err(response) = confirmation.require(&cx, &form) {
        return response;
    }
    let removed = match form.id("member") {
        Ok(member) => run_and_redirect(&cx, RemoveMember { workspace, member }, &path, "removed").await,
        Err(problem) => Err(problem),
    };
    or_page_with_error(&cx, ids, removed).await
}

pub(super) async fn rename(cx: PageContext, Path((organization, workspace)): PathIds, form: Form) -> Response {
    let ids = (organization.as_str(), workspace.as_str());
    let (workspace, path, _) = match parse_path(&cx, ids) {
        Ok(parsed) => parsed,
        Err(response) => return response,
    };
    let renamed = match WorkspaceName::parse("name", form.text("name")) {
        Ok(name) => {
            let update = Update {
                workspace,
                name: Some(name),
                description: None,
                image: images::Change::Keep,
                addresses: None,
                restricts_addresses: None,
                enforce_mfa: None,
            };
            run_and_redirect(&cx, update, &path, "saved").await
        }
        Err(problem) => Err(problem),
    };
    or_page_with_error(&cx, ids, renamed).await
}

pub(super) async fn leave(cx: PageContext, Path((organization, workspace)): PathIds, form: Form) -> Response {
    let ids = (organization.as_str(), workspace.as_str());
    let (workspace, path, list) = match parse_path(&cx, ids) {
        Ok(parsed) => parsed,
        Err(response) => return response,
    };
    let confirmation = Confirmation::new(cx.words.leave(), cx.words.leave(), format!("{path}/leave"), &path)
        .paragraph(cx.words.leave_workspace_warning());
    if let Err(response) = confirmation.require(&cx, &form) {
        return response;
    }
    match cx.run(Leave { workspace }).await {
        Ok(()) => cx.redirect_with_flash(&list, "left"),
        Err(problem) => page_or_response(workspace_page(&cx, ids, Some(&problem)).await),
    }
}

pub(super) async fn delete(cx: PageContext, Path((organization, workspace)): PathIds, form: Form) -> Response {
    let ids = (organization.as_str(), workspace.as_str());
    let (workspace, path, list) = match parse_path(&cx, ids) {
        Ok(parsed) => parsed,
        Err(response) => return response,
    };
    let confirmation =
        Confirmation::new(cx.words.delete_workspace(), cx.words.delete_workspace(), format!("{path}/delete"), &path)
            .paragraph(cx.words.delete_workspace_warning());
    if let Err(response) = confirmation.require(&cx, &form) {
        return response;
    }
    let deleted = run_and_redirect(&cx, Delete { workspace }, &list, "removed").await;
    or_page_with_error(&cx, ids, deleted).await
}
