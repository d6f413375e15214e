//! Roles: which there are, one more, one less.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::access::{Need, PermissionSet};
use vestibule_core::id::RoleId;
use vestibule_core::names::RoleName;
use vestibule_core::organization::{DefineRole, ListRoles, RemoveRole};

use super::super::asked::{Answered, Asked};
use super::super::form::Form;
use super::super::frame::Frame;
use super::{House, done, either, house, id};

struct Role {
    id: RoleId,
    name: String,
    permissions: String,
    is_shared: bool,
}

#[derive(Template)]
#[template(path = "organization/roles.html")]
struct Page {
    frame: Frame,
    house: House,
    roles: Vec<Role>,
    may_define: bool,
    typed_name: String,
    typed_permissions: String,
}

pub(super) async fn list(asked: Asked, Path(organization): Path<String>) -> Response {
    either(page(&asked, &organization, None, None).await)
}

async fn page(
    asked: &Asked,
    organization: &str,
    trouble: Option<&Problem>,
    typed: Option<&Form>,
) -> Answered<Response> {
    let house = house(asked, id(asked, organization)?, "roles").await?;
    let roles = asked.ask(ListRoles { organization: house.id }).await?;
    let typed = |name: &str| typed.map_or(String::new(), |form| form.text(name).to_owned());
    let page = Page {
        frame: asked.frame(format!("{} · {}", asked.words.roles(), house.name), true).troubled(trouble),
        roles: roles
            .into_iter()
            .map(|role| Role {
                id: role.id,
                is_shared: role.organization_id.is_none(),
                permissions: role.permissions.as_slice().join(", "),
                name: role.name,
            })
            .collect(),
        may_define: house.may(Need::ManageRoles),
        typed_name: typed("name"),
        typed_permissions: typed("permissions"),
        house,
    };
    Ok(asked.page_with(trouble, &page))
}

pub(super) async fn define(asked: Asked, Path(organization): Path<String>, form: Form) -> Response {
    let id = match id(&asked, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let lines = form.text("permissions").lines().map(str::trim).filter(|line| !line.is_empty());
    let permissions = PermissionSet::parse("permissions", lines.map(str::to_owned).collect());
    let define = RoleName::parse("name", form.text("name"))
        .and_then(|name| Ok(DefineRole { organization: id, name, permissions: permissions? }));
    let defined = match define {
        Ok(define) => done(&asked, define, &format!("/organizations/{id}/-/roles"), "created").await,
        Err(problem) => Err(problem),
    };
    match defined {
        Ok(response) => response,
        Err(problem) => either(page(&asked, &organization, Some(&problem), Some(&form)).await),
    }
}

pub(super) async fn remove(asked: Asked, Path((organization, role)): Path<(String, String)>, form: Form) -> Response {
    let (id, role) = match (id(&asked, &organization), id(&asked, &role)) {
        (Ok(id), Ok(role)) => (id, role),
        (Err(response), _) | (_, Err(response)) => return response,
    };
    let removed = match form.maybe_id("replacement") {
        Ok(replacement) => {
            let remove = RemoveRole { organization: id, role, replacement };
            done(&asked, remove, &format!("/organizations/{id}/-/roles"), "removed").await
        }
        Err(problem) => Err(problem),
    };
    match removed {
        Ok(response) => response,
        Err(problem) => either(page(&asked, &organization, Some(&problem), None).await),
    }
}
