//! Workspaces: the rooms inside, and who is in each.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::{OrganizationId, WorkspaceId, WorkspaceMembershipId};
use vestibule_core::names::{Description, WorkspaceName};
use vestibule_core::workspace::{AddMember, Create, Delete, Leave, ListMembers, Mine, RemoveMember, Update};
use vestibule_core::{Problem, images};

use super::super::asked::{Answered, Asked, see_other};
use super::super::form::Form;
use super::super::frame::Frame;
use super::confirm::{Confirm, unless_sure};
use super::{House, done, either, house, id};

struct Workspace {
    id: WorkspaceId,
    name: String,
    roles: String,
    members: i64,
}

#[derive(Template)]
#[template(path = "organization/workspaces.html")]
struct Page {
    frame: Frame,
    house: House,
    workspaces: Vec<Workspace>,
}

struct Member {
    id: WorkspaceMembershipId,
    name: String,
    email: String,
    roles: String,
}

#[derive(Template)]
#[template(path = "organization/workspace.html")]
struct One {
    frame: Frame,
    house: House,
    name: String,
    members: Vec<Member>,
    total: i64,
    here: String,
}

pub(super) async fn list(asked: Asked, Path(organization): Path<String>) -> Response {
    either(page(&asked, &organization, None).await)
}

async fn page(asked: &Asked, organization: &str, trouble: Option<&Problem>) -> Answered<Response> {
    let house = house(asked, id(asked, organization)?, "workspaces").await?;
    let mine = asked.ask(Mine { organization: Some(house.id) }).await?;
    let workspaces = mine.into_iter().map(|one| Workspace {
        id: one.workspace.id,
        name: one.workspace.name,
        roles: one.roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>().join(", "),
        members: one.workspace.member_count,
    });
    let page = Page {
        frame: asked.frame(format!("{} · {}", asked.words.workspaces(), house.name), true).troubled(trouble),
        workspaces: workspaces.collect(),
        house,
    };
    Ok(asked.page_with(trouble, &page))
}

pub(super) async fn create(asked: Asked, Path(organization): Path<String>, form: Form) -> Response {
    let id = match id(&asked, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let create = WorkspaceName::parse("name", form.text("name")).and_then(|name| {
        let description = Description::parse("description", "")?;
        Ok(Create { organization: id, name, description, image: images::Change::Keep })
    });
    let created = match create {
        Ok(create) => done(&asked, create, &format!("/organizations/{id}/-/workspaces"), "created").await,
        Err(problem) => Err(problem),
    };
    match created {
        Ok(response) => response,
        Err(problem) => either(page(&asked, &organization, Some(&problem)).await),
    }
}

/// The ids of a workspace's path.
type Ids = Path<(String, String)>;

pub(super) async fn show(asked: Asked, Path((organization, workspace)): Ids) -> Response {
    either(one(&asked, (&organization, &workspace), None).await)
}

async fn one(asked: &Asked, (organization, workspace): (&str, &str), trouble: Option<&Problem>) -> Answered<Response> {
    let house = house(asked, id(asked, organization)?, "workspaces").await?;
    let workspace = id(asked, workspace)?;
    let found = asked.ask(ListMembers { workspace, page: 1, limit: 500, search: None }).await?;
    let members = found.members.into_iter().map(|one| Member {
        id: one.membership.id,
        name: format!("{} {}", one.user.first_name, one.user.last_name).trim().to_owned(),
        email: one.user.email.unwrap_or_default(),
        roles: one.roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>().join(", "),
    });
    let page = One {
        frame: asked.frame(found.workspace.name.clone(), true).troubled(trouble),
        here: format!("{}/{workspace}", house.path("workspaces")),
        name: found.workspace.name,
        members: members.collect(),
        total: found.total,
        house,
    };
    Ok(asked.page_with(trouble, &page))
}

/// A workspace of a path, and the path.
fn place(asked: &Asked, (organization, workspace): (&str, &str)) -> Answered<(WorkspaceId, String, String)> {
    let (organization, workspace): (OrganizationId, WorkspaceId) = (id(asked, organization)?, id(asked, workspace)?);
    let all = format!("/organizations/{organization}/-/workspaces");
    Ok((workspace, format!("{all}/{workspace}"), all))
}

async fn answered(asked: &Asked, ids: (&str, &str), done: Result<Response, Problem>) -> Response {
    match done {
        Ok(response) => response,
        Err(problem) => either(one(asked, ids, Some(&problem)).await),
    }
}

pub(super) async fn add_member(asked: Asked, Path((organization, workspace)): Ids, form: Form) -> Response {
    let ids = (organization.as_str(), workspace.as_str());
    let (workspace, here, _) = match place(&asked, ids) {
        Ok(place) => place,
        Err(response) => return response,
    };
    let added = match EmailAddress::parse(form.text("email").trim()) {
        Ok(email) => done(&asked, AddMember { workspace, email, role: None }, &here, "saved").await,
        Err(error) => Err(error.into()),
    };
    answered(&asked, ids, added).await
}

pub(super) async fn remove_member(asked: Asked, Path((organization, workspace)): Ids, form: Form) -> Response {
    let ids = (organization.as_str(), workspace.as_str());
    let (workspace, here, _) = match place(&asked, ids) {
        Ok(place) => place,
        Err(response) => return response,
    };
    let confirm = Confirm {
        label: asked.words.remove(),
        words: asked.words.remove_roommate_words(),
        action: &format!("{here}/remove-member"),
        hidden: vec![("member", form.text("member").to_owned())],
        back: &here,
    };
    if let Err(response) = unless_sure(&asked, &form, confirm) {
        return response;
    }
    let removed = match form.id("member") {
        Ok(member) => done(&asked, RemoveMember { workspace, member }, &here, "removed").await,
        Err(problem) => Err(problem),
    };
    answered(&asked, ids, removed).await
}

pub(super) async fn rename(asked: Asked, Path((organization, workspace)): Ids, form: Form) -> Response {
    let ids = (organization.as_str(), workspace.as_str());
    let (workspace, here, _) = match place(&asked, ids) {
        Ok(place) => place,
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
                demands_mfa: None,
            };
            done(&asked, update, &here, "saved").await
        }
        Err(problem) => Err(problem),
    };
    answered(&asked, ids, renamed).await
}

pub(super) async fn leave(asked: Asked, Path((organization, workspace)): Ids, form: Form) -> Response {
    let ids = (organization.as_str(), workspace.as_str());
    let (workspace, here, all) = match place(&asked, ids) {
        Ok(place) => place,
        Err(response) => return response,
    };
    let confirm = Confirm {
        label: asked.words.leave(),
        words: asked.words.leave_workspace_words(),
        action: &format!("{here}/leave"),
        hidden: Vec::new(),
        back: &here,
    };
    if let Err(response) = unless_sure(&asked, &form, confirm) {
        return response;
    }
    match asked.run(Leave { workspace }).await {
        Ok(()) => see_other(&format!("{all}?done=left")),
        Err(problem) => either(one(&asked, ids, Some(&problem)).await),
    }
}

pub(super) async fn delete(asked: Asked, Path((organization, workspace)): Ids, form: Form) -> Response {
    let ids = (organization.as_str(), workspace.as_str());
    let (workspace, here, all) = match place(&asked, ids) {
        Ok(place) => place,
        Err(response) => return response,
    };
    let confirm = Confirm {
        label: asked.words.delete_workspace(),
        words: asked.words.delete_workspace_words(),
        action: &format!("{here}/delete"),
        hidden: Vec::new(),
        back: &here,
    };
    if let Err(response) = unless_sure(&asked, &form, confirm) {
        return response;
    }
    let deleted = done(&asked, Delete { workspace }, &all, "removed").await;
    answered(&asked, ids, deleted).await
}
