//! The workspaces tab: the list, and each workspace with its members, a picker of new ones, its name, the
//! two-factor authentication that it requires, and its deletion.

mod list;
mod members;
mod mfa;
mod roles;
mod show;

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::assurance::MfaChange;
use vestibule_core::id::{OrganizationId, WorkspaceId};
use vestibule_core::names::WorkspaceName;
use vestibule_core::workspace::{Delete, Leave, Show, Update, WorkspaceDetails};
use vestibule_core::{Code, Problem, images};

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::reauthentication::{Action, protected};
use super::confirm::Confirmation;
use super::{page_or_response, parse_id};
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    const WORKSPACE: &str = "/organizations/{id}/-/workspaces/{workspace}";
    Routes::default()
        .get("/organizations/{id}/-/workspaces", list::list)
        .post("/organizations/{id}/-/workspaces", list::create)
        .get(WORKSPACE, show::show)
        .post(WORKSPACE, members::act)
        .post(&format!("{WORKSPACE}/members/{{member}}/roles"), roles::replace_roles)
        .post(&format!("{WORKSPACE}/rename"), rename)
        .post(&format!("{WORKSPACE}/mfa"), protected(Action::RequireMfa, mfa::update))
        .post(&format!("{WORKSPACE}/leave"), leave)
        .post(&format!("{WORKSPACE}/delete"), protected(Action::DeleteWorkspace, delete))
}

/// The organization and the workspace of a path.
type PathIds = Path<(String, String)>;

#[derive(Clone, Copy)]
struct Ids {
    organization: OrganizationId,
    workspace: WorkspaceId,
}

impl Ids {
    fn parse(cx: &PageContext, organization: &str, workspace: &str) -> PageResult<Self> {
        Ok(Self { organization: parse_id(cx, organization)?, workspace: parse_id(cx, workspace)? })
    }

    fn list_path(self) -> String {
        format!("/organizations/{}/-/workspaces", self.organization)
    }

    fn path(self) -> String {
        format!("{}/{}", self.list_path(), self.workspace)
    }
}

/// Finds a workspace of the organization. Error page: `WORKSPACE_NOT_FOUND`, also for one of another organization.
pub(super) async fn find(
    cx: &PageContext,
    organization: OrganizationId,
    workspace: WorkspaceId,
) -> PageResult<WorkspaceDetails> {
    let found = cx.query(Show { workspace }).await?;
    if found.workspace.organization_id != organization {
        return Err(cx.error_page(&Code::WorkspaceNotFound.into()));
    }
    Ok(found)
}

/// Returns the response of a command, or the page of the workspace with its error.
async fn or_page_with_error(cx: &PageContext, ids: Ids, result: Result<Response, Problem>) -> PageResult<Response> {
    match result {
        Ok(response) => Ok(response),
        Err(problem) => show::page(cx, ids, Some(&problem)).await,
    }
}

async fn rename(cx: PageContext, Path((organization, workspace)): PathIds, form: Form) -> Response {
    page_or_response(rename_to(&cx, (&organization, &workspace), &form).await)
}

async fn rename_to(cx: &PageContext, (organization, workspace): (&str, &str), form: &Form) -> PageResult<Response> {
    let ids = Ids::parse(cx, organization, workspace)?;
    let renamed = match WorkspaceName::parse("name", form.text("name")) {
        Ok(name) => {
            let update = Update {
                workspace: ids.workspace,
                name: Some(name),
                description: None,
                image: images::Change::Keep,
                addresses: None,
                restricts_addresses: None,
                mfa: MfaChange::KEEP,
                public_metadata: None,
                private_metadata: None,
            };
            cx.run(update).await.map(|_| cx.redirect_with_flash(&ids.path(), "saved"))
        }
        Err(problem) => Err(problem),
    };
    or_page_with_error(cx, ids, renamed).await
}

async fn leave(cx: PageContext, Path((organization, workspace)): PathIds, form: Form) -> Response {
    page_or_response(leave_it(&cx, (&organization, &workspace), &form).await)
}

async fn leave_it(cx: &PageContext, (organization, workspace): (&str, &str), form: &Form) -> PageResult<Response> {
    let ids = Ids::parse(cx, organization, workspace)?;
    let name = find(cx, ids.organization, ids.workspace).await?.workspace.name;
    let (t, path) = (cx.words, ids.path());
    Confirmation::new(t.leave_workspace_title(&name), t.leave_workspace(&name), format!("{path}/leave"), &path)
        .paragraph(t.leave_workspace_warning())
        .require(cx, form)?;
    let left = cx.run(Leave { workspace: ids.workspace }).await;
    or_page_with_error(cx, ids, left.map(|()| cx.redirect_with_flash(&ids.list_path(), "workspace_left"))).await
}

async fn delete(cx: PageContext, Path((organization, workspace)): PathIds, form: Form) -> Response {
    page_or_response(delete_it(&cx, (&organization, &workspace), &form).await)
}

async fn delete_it(cx: &PageContext, (organization, workspace): (&str, &str), form: &Form) -> PageResult<Response> {
    let ids = Ids::parse(cx, organization, workspace)?;
    let found = find(cx, ids.organization, ids.workspace).await?.workspace;
    let (t, path, name) = (cx.words, ids.path(), &found.name);
    Confirmation::new(t.delete_workspace_title(name), t.delete_workspace_named(name), format!("{path}/delete"), &path)
        .paragraph(t.delete_workspace_members(found.member_count))
        .paragraph(t.delete_workspace_warning())
        .require(cx, form)?;
    let deleted = cx.run(Delete { workspace: ids.workspace }).await;
    or_page_with_error(cx, ids, deleted.map(|()| cx.redirect_with_flash(&ids.list_path(), "workspace_deleted"))).await
}
